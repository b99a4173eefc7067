"""What a model is for and what it is not, in words, by rules on its card and nothing else.

Each rule says one sentence or nothing. Where it compares numbers, the constants below are the
bounds, so whoever doubts a sentence can do the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matinee.cards.record import Card, Judged
from matinee.splits.protocol import LAST_OUT, ROLLING, TIME

FEW_TITLES = 0.2
"""Share of the titles in anybody's first 10 below which a model recommends few."""
WORSE = {"rating": 0.05, "ranking": 0.2}
"""By which share the figures of light people, or of the tail, must be worse to be said."""
_MUST_AGREE = {"rating": ("rmse",), "ranking": ("ndcg@10", "recall@20")}
"""Who has more to be found has the higher NDCG and precision, and the lower recall, by that alone:
only where these agree is anybody served worse."""
FEW = {"rating": 1000, "ranking": 100}
"""Test ratings, or people, below which figures are of few."""
OFF = 0.03
"""How far the coverage of 90 % intervals may lie from 90 %."""
LIGHTEST = 10
"""If nobody in the data has fewer ratings than this, lighter people are unknown."""
MANY = 0.5
"""Share of the people of whom a profile must be known, if a model reads profiles."""

_BY_TIME = (TIME, ROLLING, LAST_OUT)
_COUNTED = {"rating": "test ratings", "ranking": "people"}


def use(card: Card) -> tuple[str, ...]:
    """What the model may be used for."""
    data = card.data
    scale = "" if data.scale is None else f" on {data.scale[0]:g} to {data.scale[1]:g}"
    like = "" if data.liked is None else f" (rate it {data.liked:g} or higher)"
    said = [
        f"To predict how high somebody would rate a title{scale}, and to recommend by that."
        if card.task == "rating"
        else f"To order titles by how likely somebody is to like one{like}. It predicts no ratings."
    ]
    if data.raters is not None and data.rated is not None and card.behavior.personal:
        said.append(
            f"For the {data.raters:,} people of its data, and for anybody else who has rated some "
            f"of the {data.rated:,} titles that it learned from: their ratings are folded in."
        )
    if card.behavior.knows_similar:
        said.append("To find titles that are alike.")
    return tuple(said)


def limits(card: Card) -> tuple[str, ...]:
    """What the model cannot do, and what is not known of it."""
    return tuple(sentence for rule in _RULES for sentence in rule(card))


# ---- figures ------------------------------------------------------------------------------


def _not_judged(card: Card) -> Iterator[str]:
    if card.judged is None:
        yield f"How good it is, is not known: {card.unjudged or 'no figures were noted'}."


def _never_by_time(card: Card) -> Iterator[str]:
    kind = None if card.judged is None else card.judged.protocol.get("kind")
    if kind is not None and kind not in _BY_TIME:
        yield (
            f"It was judged by one split ({kind}), which is no cut in time: that says how well "
            "gaps are filled, and nothing of how it does on what comes later, where figures are "
            "usually worse; matinee compare --split time asks that."
        )


def _warned(card: Card) -> Iterator[str]:
    if card.judged is not None:
        yield from card.judged.warnings
    if card.behavior.sees_pairs:
        yield (
            "It was told which pairs the test asks for, which nobody knows who serves: its "
            "figures cannot be had in use."
        )


def _against_baselines(card: Card) -> Iterator[str]:
    judged = card.judged
    if judged is None or not judged.figures or card.behavior.personal is None:
        return
    if not card.behavior.personal:
        yield "It knows nothing of taste: it is there to be beaten."
        return
    metric, figure = next(iter(judged.figures.items()))
    if not judged.beside:
        yield (
            "No baseline was judged beside it, so whether it beats one is not known; train one "
            "too, or see matinee compare."
        )
    for name, figures in judged.beside.items():
        if metric not in figures:
            continue
        gain = (figure.mean - figures[metric]) * (-1 if card.task == "rating" else 1)
        against = f"{metric} {figure.mean:.4f} against {figures[metric]:.4f}"
        if gain <= 0:
            yield f"It is no better than {name}, which knows nothing of taste: {against}."
        elif figure.low is not None and figure.low <= figures[metric] <= (figure.high or 0):
            yield (
                f"It is hardly better than {name}, which knows nothing of taste: {against}, "
                "within its own 95 % interval."
            )


def _few_judged(card: Card) -> Iterator[str]:
    counted = None if card.judged is None else card.judged.counted
    if counted is not None and counted < FEW[card.task]:
        yield (
            f"Its figures are of {counted:,} {_COUNTED[card.task]} only: other draws would give "
            "others; see the intervals."
        )


def _light_people(card: Card) -> Iterator[str]:
    for told in _worse(card, "light", "heavy"):
        yield f"People of whom little is known are served worse: {told}."


def _tail(card: Card) -> Iterator[str]:
    for told in _worse(card, "tail", "head"):
        what = "are further off" if card.task == "rating" else "are found more seldom"
        yield f"Titles outside the most rated fifth {what}: {told}."


def _worse(card: Card, these: str, those: str) -> Iterator[str]:
    """The figures of two segments, where the first is clearly worse by each of them."""
    metrics = _MUST_AGREE[card.task]
    for of in () if card.judged is None else card.judged.segments.values():
        first, second = of.get(these, {}), of.get(those, {})
        if all(m in first and m in second for m in metrics):
            gaps = [(second[m] - first[m]) / abs(second[m] or 1) for m in metrics]
            worst = min(-gap if card.task == "rating" else gap for gap in gaps)
            if worst >= WORSE[card.task]:
                yield "; ".join(
                    f"{m} {first[m]:.4f} for the {these}, {second[m]:.4f} for the {those}"
                    for m in metrics
                )


def _few_titles(card: Card) -> Iterator[str]:
    share = _mean(card.judged, "coverage@10") if card.task == "ranking" else None
    if share is not None and share < FEW_TITLES:
        yield (
            f"It recommends few titles: {share:.1%} of the catalogue are in anybody's first 10, "
            "the others are never seen there."
        )


def _intervals(card: Card) -> Iterator[str]:
    held = _mean(card.judged, "coverage@90%")
    if held is not None and abs(held - 0.9) > OFF:
        yield (
            f"Its 90 % intervals hold {held:.1%} of held-out ratings: they are too "
            f"{'narrow' if held < 0.9 else 'wide'}."
        )


def _mean(judged: Judged | None, name: str) -> float | None:
    figure = None if judged is None else judged.figures.get(name)
    return None if figure is None else figure.mean


# ---- what it does -------------------------------------------------------------------------


def _strangers(card: Card) -> Iterator[str]:
    does = card.behavior
    if does.orders_for_strangers is None:
        return
    if not does.orders_for_strangers:
        yield "Not for people without ratings: it has nothing to tell them one title from another."
    elif does.reads_profiles:
        yield (
            "People without ratings get what suits their age, gender, occupation or region, as "
            "far as these are stated; without them, what suits everybody."
        )
    else:
        yield "People without ratings all get the same: what suits everybody."


def _profiles(card: Card) -> Iterator[str]:
    if not card.behavior.reads_profiles or not card.data.profiles or not card.data.users:
        return
    kinds = ", ".join(card.data.profiles)
    yield f"What it recommends depends on profiles ({kinds}) where they are stated."
    known = max(card.data.profiles.values())
    if known < MANY * card.data.users:
        yield (
            f"It needs profiles, and they are known of {known:,} of {card.data.users:,} people "
            "only."
        )


def _times(card: Card) -> Iterator[str]:
    if card.behavior.reads_times:
        lack = "" if card.data.timed else " Its own data have none."
        yield (
            "It reads when ratings were given: histories without times get less of it than the "
            f"figures show.{lack}"
        )


def _new_titles(card: Card) -> Iterator[str]:
    data, does = card.data, card.behavior
    if data.items is None:
        return
    guess = does.predicts_unknown
    rated = "" if guess is None else f" A stranger's rating of it is predicted as {guess:.2f}."
    yield (
        f"It knows {data.items:,} titles. One that comes later is not recommended before the model "
        f"is trained anew.{rated}"
    )
    unrated = data.items - (data.rated or 0)
    if unrated and does.orders_unrated is not None:
        of = "likes" if card.task == "ranking" else "ratings"
        how = (
            "are ordered by what else is known of them, which nobody has judged here"
            if does.orders_unrated
            else "all score the same, so it cannot tell them apart"
        )
        yield f"{unrated:,} of these titles have no {of} in its data, and {how}."


def _age(card: Card) -> Iterator[str]:
    if card.data.last is not None:
        yield f"It knows nothing of what came after {card.data.last}, the day of its last rating."


def _lightest(card: Card) -> Iterator[str]:
    fewest = card.data.fewest
    if fewest is not None and fewest >= LIGHTEST:
        yield (
            f"Nobody in its data has fewer than {fewest} ratings, so how it does for people with "
            "less is not known from them; --split new-users of matinee compare asks that."
        )


_RULES: tuple[Callable[[Card], Iterator[str]], ...] = (
    _not_judged,
    _warned,
    _never_by_time,
    _against_baselines,
    _few_judged,
    _light_people,
    _tail,
    _few_titles,
    _intervals,
    _strangers,
    _profiles,
    _times,
    _new_titles,
    _age,
    _lightest,
)
