"""What the figures mean for the split, the model and the data, by rules that are said."""

from __future__ import annotations

from matinee.exploring import of_data, of_models, of_splits
from matinee.exploring.records import Finding, Overview

ABOUT = {"split": "For the split", "model": "For the model", "data": "About the data"}
"""Headings of the findings, in order."""


def findings(found: Overview) -> tuple[Finding, ...]:
    """All that the rules have to say of these figures: of the split, of models, of the data."""
    rules = (*of_splits.RULES, *of_models.RULES, *of_data.RULES)
    return tuple(said for rule in rules if (said := rule(found)) is not None)
