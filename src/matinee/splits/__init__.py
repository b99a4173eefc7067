"""Ways to hold ratings out, and the protocol that says completely which one was used.

`evaluation.protocols.parts` makes any of them by name.
"""

from matinee.splits.again import again
from matinee.splits.by_time import leave_last_out, rolling_windows, time_split
from matinee.splits.newcomers import given_and_rest, new_items, new_users, strong_generalization
from matinee.splits.protocol import NEW_ITEMS, NEW_USERS, Protocol
from matinee.splits.rows import k_folds, random_split, user_holdout
from matinee.splits.split import Split

__all__ = [
    "NEW_ITEMS",
    "NEW_USERS",
    "Protocol",
    "Split",
    "again",
    "given_and_rest",
    "k_folds",
    "leave_last_out",
    "new_items",
    "new_users",
    "random_split",
    "rolling_windows",
    "strong_generalization",
    "time_split",
    "user_holdout",
]
