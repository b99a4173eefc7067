"""Side-information tables -> feature matrices that models can learn from."""

from matinee.features.profiles import (
    AGE_BANDS,
    Understood,
    profile_row,
    readable,
    understood,
)
from matinee.features.side import side_information
from matinee.features.tags import known_tags

__all__ = [
    "AGE_BANDS",
    "Understood",
    "known_tags",
    "profile_row",
    "readable",
    "side_information",
    "understood",
]
