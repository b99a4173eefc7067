"""People and items of whom training knows nothing."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.errors import InvalidParameter
from matinee.interactions import Bool, Int64, Interactions
from matinee.splits.protocol import NEW_ITEMS, NEW_USERS, STRONG, Protocol
from matinee.splits.rows import check_fraction, share_of
from matinee.splits.split import Split, checked, parted, places


def strong_generalization(
    ratings: Interactions,
    fraction: float = 0.1,
    seed: int = 42,
    *,
    minimum: int = 5,
    given: float = 0.8,
    liked: float | None = None,
) -> Split:
    """Hold out ``floor(people * fraction)`` people; of each a share is given, the rest is to find.

    The generator draws a permutation of the users with `minimum` or more rows that take part (with
    `liked`: rated that high, without values), and then one key for each such row, in file
    order. The first people of the permutation are held out, and nothing of them is trained on;
    who has fewer rows is always trained on. Rows of theirs of items that training lacks are
    dropped. Of each who still has `minimum` or more, ``floor((1 - given) * count)`` rows with the
    smallest keys are test; the others are given, to be folded in.

    `validation` holds out other people, of the training part. So people who are trained on, who
    tune and who are tested have nobody in common, as in Liang et al. 2018 (Variational Autoencoders
    for Collaborative Filtering, section 4.1), who also drop users with fewer than 5 altogether.

    Raises
    ------
    InvalidParameter
        `fraction` or `given` is not between 0 and 1.
    InvalidInput
        A part would be empty.
    """
    check_fraction(fraction)
    if not 0 < given < 1:
        raise InvalidParameter(f"`given` must be a share between 0 and 1, got {given}.")
    taking_part = ratings if liked is None else ratings.liked(liked)
    users, items = taking_part.user_index, taking_part.item_index
    generator = np.random.default_rng(seed)
    counts = np.bincount(users, minlength=ratings.n_users)
    people = generator.permutation(np.flatnonzero(counts >= max(minimum, 1)))
    held = np.zeros(ratings.n_users, bool)
    held[people[: share_of(len(people), fraction)]] = True
    keys = generator.random(len(taking_part))
    train = ~held[users]
    trained = np.zeros(ratings.n_items, bool)
    trained[items[train]] = True
    theirs = np.flatnonzero(~train & trained[items])
    order = theirs[np.lexsort((keys[theirs], users[theirs]))]
    left = np.bincount(users[theirs], minlength=ratings.n_users)
    to_find = np.where(left >= minimum, np.floor((1 - given) * left + 1e-9), 0)
    judged = order[to_find[users[order]] > 0]
    found = places(taking_part.take(judged)) < to_find[users[judged]]
    return checked(
        Split(
            taking_part.take(train),
            taking_part.take(np.sort(judged[found])),
            Protocol(STRONG, fraction, seed, minimum=minimum, liked=liked, given=given),
            taking_part.take(np.sort(judged[~found])),
        )
    )


def new_users(
    ratings: Interactions,
    fraction: float = 0.1,
    seed: int = 42,
    *,
    liked: float | None = None,
    minimum: int = 15,
    fold: int = 0,
) -> Split:
    """Hold out all that ``floor(people * fraction)`` people chose: nothing of them is trained on.

    The generator draws a permutation of those who have a row that takes part (with `liked`: rated
    that high, without values), and then one key for each such row, in file order. Block number
    `fold` of the permutation is held out. The test rows are those of held-out people with
    `minimum` or more, and stand person by person **in the order in which they are given** to a
    model: by key. Nothing is given yet; ``split.giving(k)`` gives the first k. Rows of held-out
    people with fewer are in neither part.

    Raises
    ------
    InvalidParameter
        `fraction` is not between 0 and 1, or there is no such fold.
    InvalidInput
        A part would be empty.
    """
    check_fraction(fraction)
    folds = int(1 / fraction + 1e-9)
    if not 0 <= fold < folds:
        raise InvalidParameter(f"`fold` must lie in 0..{folds - 1}, got {fold}.")
    taking_part = ratings if liked is None else ratings.liked(liked)
    generator = np.random.default_rng(seed)
    people = generator.permutation(np.unique(taking_part.user_index))
    size = share_of(len(people), fraction)
    held = np.zeros(ratings.n_users, bool)
    held[people[fold * size : (fold + 1) * size]] = True
    order = np.lexsort((generator.random(len(taking_part)), taking_part.user_index))
    enough = np.bincount(taking_part.user_index, minlength=ratings.n_users) >= minimum
    test = order[(held & enough)[taking_part.user_index[order]]]
    train = ~held[taking_part.user_index]
    which = None if fold == 0 else f"{fold + 1} of {folds}"
    protocol = Protocol(NEW_USERS, fraction, seed, which, minimum, liked=liked, given=0)
    nothing = taking_part.take(test[:0])
    return checked(Split(taking_part.take(train), taking_part.take(test), protocol, nothing))


def given_and_rest(held: Interactions, k: int) -> tuple[Int64, csr_array, csr_array]:
    """What is known of new people, and what is to be found, where k items of each are given.

    Parameters
    ----------
    held
        Test rows of `new_users`: person by person, in the order in which they are given.

    Returns
    -------
    people : user indices, ascending; given, rest : (people, n_items) CSR float32, ones
    """
    people = np.unique(held.user_index)
    row = np.searchsorted(people, held.user_index).astype(np.int32)

    def part(chosen: Bool) -> csr_array:
        kept = Interactions(
            row[chosen], held.item_index[chosen], n_users=len(people), n_items=held.n_items
        )
        return kept.matrix

    first = places(held) < k
    return people.astype(np.int64), part(first), part(~first)


def new_items(
    ratings: Interactions, fraction: float = 0.1, seed: int = 42, *, liked: float | None = None
) -> Split:
    """Hold out all choices of ``floor(items * fraction)`` items: nobody's rating of them is seen.

    They are the first of a permutation, by ``default_rng(seed)``, of the items that have a row
    that takes part (with `liked`: rated that high, without values).
    """
    check_fraction(fraction)
    taking_part = ratings if liked is None else ratings.liked(liked)
    items = np.random.default_rng(seed).permutation(np.unique(taking_part.item_index))
    hidden = np.zeros(ratings.n_items, bool)
    hidden[items[: share_of(len(items), fraction)]] = True
    protocol = Protocol(NEW_ITEMS, fraction, seed, liked=liked)
    return parted(taking_part, hidden[taking_part.item_index], protocol)
