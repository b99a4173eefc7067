"""What a board of a comparison says: who leads, by how much, and whether to believe it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matinee.evaluation.protocols import ASKS
from matinee.evaluation.records import Board, Comparison, Entry, Figure, Versus
from matinee.report import metric_words

LEVEL = 0.05
"""Corrected p-values below it tell two models apart."""
_SHOWN = 0.00005
"""Less is no difference that four decimals show."""
TASKS = {"rating": "Predicting ratings", "ranking": "Ranking what people will like"}


@dataclass(frozen=True)
class Answer:
    """The first thing to read of a board.

    Attributes
    ----------
    question
        What was asked of the models.
    headline
        Who leads.
    body
        By how much, over whom, and whether chance allows it.
    """

    question: str
    headline: str
    body: str


def chance(p: float) -> str:
    """A p-value in words."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"


def plain(value: float, form: str = ".4f") -> str:
    """A number with the minus of printers; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    # Adding 0 takes the sign from what is 0 as far as is shown.
    return f"{round(value, 4) + 0.0:{form}}".replace("-", "\N{MINUS SIGN}")


def signed(value: float) -> str:
    """A difference, with its sign."""
    return plain(value, "+.4f")


def figure(of: Figure) -> str:
    """A figure with its interval."""
    return plain(of.mean) if of.low is None else f"{plain(of.mean)} ({interval(of)})"


def interval(of: Figure) -> str:
    """The interval of a figure, or a dash."""
    return "–" if of.low is None or of.high is None else f"{of.low:.4f} to {of.high:.4f}"


def kind(board: Board) -> str:
    """The kind of the protocol, such as "time"; empty where it is not told."""
    return str(board.protocols[0].get("kind", "")) if board.protocols else ""


def title(board: Board) -> str:
    """What a board is called: its task and its protocol in a few words."""
    return f"{TASKS.get(board.task, board.task)}: {board.title}"


def primary(board: Board, entry: Entry) -> Figure:
    """The figure by which the board is in order; NaN where the model has none."""
    return figure_of(entry, board.metric)


def figure_of(entry: Entry, metric: str) -> Figure:
    """A figure of a model; NaN where it has none."""
    return entry.figures.get(metric, Figure(math.nan))


def leader(board: Board) -> Entry:
    """The best entry whose figure is fair; the best one where none is."""
    return next((e for e in board.entries if is_fair(e)), board.entries[0])


def is_fair(entry: Entry) -> bool:
    """Whether its label says nothing against its figure."""
    return entry.label == entry.model


def against_leader(board: Board) -> dict[str, Versus]:
    """The tests of the leader against each other entry, as the leader's figure minus the other."""
    first = leader(board).model
    found = {}
    for one in board.versus:
        if one.first == first:
            found[one.second] = one
        elif one.second == first:
            found[one.first] = replace(
                one,
                first=first,
                second=one.first,
                difference=-one.difference,
                low=-one.high,
                high=-one.low,
            )
    return found


def level_with_leader(board: Board) -> tuple[Entry, ...]:
    """The leader, and the fair entries that a paired test does not tell from it."""
    tests = against_leader(board)
    first = leader(board)
    return (
        first,
        *(
            entry
            for entry in board.entries
            if entry is not first
            and is_fair(entry)
            and entry.model in tests
            and tests[entry.model].corrected >= LEVEL
        ),
    )


def answer(board: Board) -> Answer:
    """What to read first."""
    first = leader(board)
    tied = level_with_leader(board)
    second = _second(board)
    if board.task == "ranking" and all(
        abs(primary(board, entry).mean) < _SHOWN for entry in board.entries
    ):
        headline = "None finds anything"
    elif second is None:
        headline = f"{first.label} alone was judged"
    elif len(tied) > 1:
        headline = (
            f"{first.label} is ahead, but not told apart from {_and([e.label for e in tied[1:]])}"
        )
    else:
        headline = f"{first.label} leads"
    said = [
        f"{metric_words.name(board.metric)} {figure(primary(board, first))}{_over(board)}.",
        _of_second(board, second),
        _of_cheapest(tied),
        _of_simplest(board),
        _of_unfair(board),
    ]
    asked = _asked(board)
    task = TASKS.get(board.task, board.task)
    return Answer(f"{task}: {asked or board.title}", headline, " ".join(filter(None, said)))


def cell_of_seconds(value: float) -> str:
    """A duration in a table whose heading says "s"."""
    return "< 0.01" if value < 0.005 else f"{value:,.2f}"


def seconds(value: float) -> str:
    """A duration in words."""
    if value < 1:
        return "under 0.01 s" if value < 0.005 else f"{value:.2f} s"
    if value < 120:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _asked(board: Board) -> str:
    """What the protocol asks, with the number of ratings known where that is what it is about."""
    given = board.protocols[0].get("given") if board.protocols else None
    if kind(board) == "new-users" and given is not None:
        known = "1 rating is" if given == 1 else f"{given:g} ratings are"
        return f"how well new people are served of whom {known} known"
    return ASKS.get(kind(board), "")


def _over(board: Board) -> str:
    counted = f"{board.entries[0].counted:,}"
    whom = "test ratings" if board.task == "rating" else "people"
    times = f", mean of {len(board.repeats)} repeats" if len(board.repeats) > 1 else ""
    return f" over {counted} {whom}{times}"


def _second(board: Board) -> Entry | None:
    """The best fair entry after the leader."""
    others = [e for e in board.entries if e is not leader(board)]
    return next((e for e in others if is_fair(e)), others[0] if others else None)


def _of_second(board: Board, second: Entry | None) -> str:
    """By how much the leader is better than the next, and whether chance allows it."""
    if second is None:
        return ""
    test = against_leader(board).get(second.model)
    if test is None:
        gap = primary(board, leader(board)).mean - primary(board, second).mean
        if not math.isfinite(gap):
            return ""
        return f"That is {abs(gap):.4f} from {second.label}; no paired test was made."
    if not math.isfinite(test.difference):
        return ""
    if abs(test.difference) < _SHOWN:
        return f"{second.label} reaches the same."
    pairs = "1 pair" if len(board.versus) == 1 else f"{len(board.versus)} pairs"
    sign = 1 if board.task == "ranking" else -1
    low, high = sorted((sign * test.low, sign * test.high))
    ahead, low_, high_ = map(plain, (sign * test.difference, low, high))
    found = f"{ahead} ahead of {second.label} (95 % {low_} to {high_})"
    corrected = f"{chance(test.corrected)} after Holm's correction over {pairs}"
    if test.corrected >= LEVEL:
        return f"It is {found}, which may be chance: {corrected}."
    return f"It is {found}, and not by chance: {corrected}."


def _of_cheapest(tied: Sequence[Entry]) -> str:
    """Which of those that are level trains fastest, where the leader takes long and twice that."""
    cheap = min(tied, key=lambda entry: entry.fit_seconds)
    if tied[0].fit_seconds < max(1.0, 2 * cheap.fit_seconds):
        return ""
    fast, slow = seconds(cheap.fit_seconds), seconds(tied[0].fit_seconds)
    return f"{cheap.label} trains fastest of these: {fast}, {tied[0].model} {slow}."


def _of_simplest(board: Board) -> str:
    """What needs no model."""
    simple = "popularity" if board.task == "ranking" else "item_mean"
    found = [e for e in board.entries if e.model == simple and e is not leader(board)]
    if not found or not math.isfinite(primary(board, found[0]).mean):
        return ""
    what = "The most popular titles" if board.task == "ranking" else "Each title's mean"
    return f"{what} alone would reach {primary(board, found[0]).mean:.4f}."


def _of_unfair(board: Board) -> str:
    """Who is ahead out of competition."""
    first = leader(board)
    ahead = board.entries[: board.entries.index(first)]
    if not is_fair(first):
        return "No figure here is one to expect in service."
    return " ".join(
        f"{e.label} has {primary(board, e).mean:.4f}, out of competition." for e in ahead
    )


def _and(names: Sequence[str], most: int = 3) -> str:
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def lead(comparison: Comparison) -> str:
    """One sentence below the heading."""
    models = {entry.model for board in comparison.boards for entry in board.entries}
    entries = [entry for board in comparison.boards for entry in board.entries]
    plain_ones = sorted(models - {entry.model for entry in entries if entry.trials})
    tuned = (
        f"each tuned on validation ratings by {comparison.trials} trials"
        + (f" (but {_and(plain_ones)}: nothing to tune)" if plain_ones else "")
        if comparison.trials
        else "with their defaults"
    )
    many = "1 model" if len(models) == 1 else f"{len(models)} models"
    return f"{many} compared on the same held-out ratings, {tuned}; test ratings chose nothing."
