"""Side-information tables -> feature matrices that models can learn from."""

from matinee.features.side import AGE_BANDS, check_profile, profile_row, side_information

__all__ = ["AGE_BANDS", "check_profile", "profile_row", "side_information"]
