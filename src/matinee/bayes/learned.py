"""What `models/bayes_fm.py` has learned, checked before kernels, which check nothing, read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_FLOAT32 = (
    "line_", "cuts_", "values_", "moods_", "items_", "item_weights_", "implicit_", "profile_",
    "precisions_", "centers_", "item_centers_", "average_", "average_profile_",
)  # fmt: skip


def shapes(learned: Mapping[str, Any], n_items: int) -> dict[str, tuple[int, ...]]:
    """The shapes that arrays must have, by name.

    Raises
    ------
    TypeError
        An array is not of finite float32, or holds numbers that no fit makes.
    AttributeError, IndexError
        One is no array, or has too few dimensions.
    """
    for name in _FLOAT32:
        if learned[name].dtype != np.float32 or not np.isfinite(learned[name]).all():
            raise TypeError(f"{name} must hold finite float32 numbers")
    kept, width = learned["centers_"].shape[0], learned["centers_"].shape[1]
    steps, moods = len(learned["values_"]), learned["moods_"]
    traits = learned["average_profile_"].shape[0]
    mooded = 3 if moods.shape[1] else 0
    if not (kept and width and steps != 1 and (np.diff(learned["values_"]) > 0).all()):
        raise TypeError("there are no draws, or values_ do not ascend")
    if not (learned["item_weights_"] > 0).all():
        raise TypeError("item_weights_ must be above zero")
    if mooded and not ((moods >= 0).all() and (moods[:, 0] < 1).all() and (moods[:, 1:] > 0).all()):
        raise TypeError("moods_ must be shares below one, and variances above zero")
    return {
        "line_": (kept, 2),
        "cuts_": (kept, max(steps - 1, 0)),
        "values_": (steps,),
        "moods_": (kept, mooded),
        "items_": (n_items, kept + 1, width),
        "item_weights_": (kept, n_items),
        "implicit_": (kept, n_items, width),
        "profile_": (kept, traits, width),
        "precisions_": (kept, width, width),
        "centers_": (kept, width),
        "item_centers_": (kept, width),
        "average_": (kept, width),
        "average_profile_": (traits,),
        "usual_count_": (),
    }
