"""Matinee turns a table of ratings into recommendations that can be trusted, explained, served."""

from __future__ import annotations

__version__ = "0.1.0"
