"""Titles as text: how they are written and said, and finding one by what people type."""

from __future__ import annotations

from matinee.titles.index import TitleIndex
from matinee.titles.spelling import TitleParts, match_keys, parts, plain, spellings, spoken

__all__ = ["TitleIndex", "TitleParts", "match_keys", "parts", "plain", "spellings", "spoken"]
