"""The ways to hold ratings out, by name: what commands and comparisons choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions
from matinee.splits import (
    Split,
    k_folds,
    leave_last_out,
    new_items,
    new_users,
    random_split,
    rolling_windows,
    strong_generalization,
    time_split,
    user_holdout,
)

ASKS = {
    "random": "how well gaps are filled between what the same people rated at the same time",
    "per-user": "how well gaps are filled in what everybody rated or likes",
    "leave-last-out": "what each person takes next",
    "time": "what people do after a day on which training ends: the harder and the truer question",
    "rolling": "what people do after each of several days on which training ends",
    "k-fold": "how well gaps are filled, every rating asked for once",
    "strong": "how well people are served whom training never saw, by most of what they chose",
    "new-users": "how well people are served of whom little or nothing is known",
    "new-items": "who likes titles that nobody has rated",
}
"""What each protocol asks, by name."""
NAMES = tuple(ASKS)
GIVEN = (0, 1, 5, 10)
"""How many rows of new people are known, one split each."""


def parts(
    name: str,
    ratings: Interactions,
    task: str,
    *,
    liked: float | None = None,
    seed: int = 42,
    filters: Iterable[str] = (),
) -> list[Split]:
    """The split of that name, or the several that it consists of.

    One split; or five folds ("k-fold"), five windows, the earliest first ("rolling"), or one for
    each of `GIVEN` numbers of known rows ("new-users"), which share one training part: the same
    object, so that one fit serves all.

    "random" holds out a tenth of all ratings; for the task "ranking", where everybody who is judged
    needs something to be known by and something to find, it is "per-user": a fifth of what each
    person liked.

    Parameters
    ----------
    ratings
        As filtered.
    task
        "rating": parts have values. "ranking": they hold what was liked, without values.
    liked
        Ratings this high are likes; only for "ranking", and not needed if `ratings` are implicit.
    filters
        What the ratings went through before, in words and in order; said by the protocol.

    Raises
    ------
    InvalidParameter
        An unknown name or task, or no `liked` where there must be one.
    InvalidInput
        A rating task without values, a split by time without times, or an empty part.
    """
    if name not in ASKS:
        raise InvalidParameter(f"A split must be one of {', '.join(NAMES)}, got {name!r}.")
    _check(ratings, task, liked)
    of = liked if task == "ranking" else None
    said = tuple(filters)
    found = _made("per-user" if name == "random" and task == "ranking" else name, ratings, of, seed)
    return [replace(s, protocol=replace(s.protocol, filters=said)) for s in found]


def _check(ratings: Interactions, task: str, liked: float | None) -> None:
    if task not in ("rating", "ranking"):
        raise InvalidParameter(f"`task` must be rating or ranking, got {task!r}.")
    if task == "rating" and ratings.value is None:
        raise InvalidInput(
            "Rating models need ratings with values, got implicit feedback; take ranking models."
        )
    if task == "ranking" and ratings.value is not None and liked is None:
        raise InvalidParameter("`liked` must say from which rating on somebody likes, got None.")


def _made(name: str, ratings: Interactions, liked: float | None, seed: int) -> list[Split]:
    if name == "rolling":
        return list(rolling_windows(ratings, liked=liked))
    if name == "k-fold":
        return list(k_folds(ratings, seed=seed, liked=liked))
    if name == "new-users":
        held = new_users(ratings, seed=seed, liked=liked)
        return [held.giving(k) for k in GIVEN]
    if name == "random":
        return [random_split(ratings, seed=seed)]
    if name in ("leave-last-out", "time"):
        by_time = leave_last_out if name == "leave-last-out" else time_split
        return [by_time(ratings, liked=liked)]
    drawn = {
        "per-user": user_holdout,
        "strong": strong_generalization,
        "new-items": new_items,
    }
    return [drawn[name](ratings, seed=seed, liked=liked)]
