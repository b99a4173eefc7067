"""What a comparison found, as plain records that can be written as JSON and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from matinee.errors import InvalidInput

FORMAT = 1


@dataclass(frozen=True)
class Figure:
    """A mean over repeats; `low` to `high` is its 95 % bootstrap interval over people.

    Both are None where a figure has no part for each person, such as the coverage of a catalogue.
    """

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Trial:
    """One setting that was tried on validation ratings; 0 is the default.

    `outcome` is "done", "stopped", "diverged" or "refused", as `tuning` has it; `figure` is the
    primary one of the task, None unless done; `parameters` are those that were searched.
    """

    number: int
    outcome: str
    figure: float | None
    seconds: float
    parameters: dict[str, Any]


class OnCurve(NamedTuple):
    """A point of a learning curve: the primary figure after training on a share of the ratings."""

    share: float
    ratings: int
    value: float


@dataclass(frozen=True)
class Entry:
    """How one model did.

    Attributes
    ----------
    model, label
        The model's name, and what tables call it: the name, and what makes its figure unfair.
    task
        "rating" or "ranking".
    parameters
        All of them, as they were for the figures; those of the first repeat.
    settings
        Those of each repeat, as each is tuned on its own training part.
    trials
        What was tried to choose those of the first repeat, in order; none where defaults were
        judged.
    figures
        Each metric, the primary one first.
    by_repeat
        The same of each repeat, in the order of `Board.repeats`.
    segments
        Means by segmentation, segment and metric, such as segments["people"]["light"]["ndcg@10"].
    counted
        Test ratings, or people with test items, behind the figures; the mean over repeats.
    fit_seconds, answer_seconds
        Training and answering for all of test, mean over repeats. `tune_seconds`: all trials.
    peak_bytes
        The most memory while fitting, beyond what was held before; None where it is not known.
    curve
        The learning curve; empty unless asked for.
    """

    model: str
    label: str
    task: str
    parameters: dict[str, Any]
    trials: tuple[Trial, ...]
    figures: dict[str, Figure]
    by_repeat: tuple[dict[str, float], ...]
    segments: dict[str, dict[str, dict[str, float]]]
    counted: int
    fit_seconds: float
    answer_seconds: float
    tune_seconds: float
    peak_bytes: int | None = None
    curve: tuple[OnCurve, ...] = ()
    settings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Versus:
    """A paired test of two models by the primary figure.

    `difference` is first minus second, `low` to `high` its 95 % interval; `p_value` is two-sided,
    and `corrected` the same after Holm's correction over all pairs of the board; `people` have
    figures of both.
    """

    first: str
    second: str
    metric: str
    difference: float
    low: float
    high: float
    p_value: float
    corrected: float
    people: int


@dataclass(frozen=True)
class Disagreement:
    """How alike two models answer.

    `overlap` is the mean share of common titles of two top-10 lists of the same person,
    `correlation` Pearson's of their predictions of the test ratings; None where it does not apply.
    """

    first: str
    second: str
    overlap: float | None = None
    correlation: float | None = None


@dataclass(frozen=True)
class Contested:
    """A title that models treat most differently.

    `by_model` is the mean prediction of its test ratings (rating models), or the share of people
    who find it in their first 10 (ranking models).
    """

    title: str
    n_ratings: int
    by_model: dict[str, float]


@dataclass(frozen=True)
class Board:
    """One table of a comparison: models of one task under one protocol.

    Attributes
    ----------
    task
        "rating" or "ranking".
    title, protocol, protocols
        The protocol in a few words, in full, and `Protocol.as_dict()` of each repeat.
    repeats
        What was repeated: "seed 42", "fold 1 of 5".
    metric
        The primary one, by which `entries` are in order, best first.
    sizes
        By segmentation and segment: people, or test ratings, behind its figures in the first
        repeat.
    absent
        Models that should be here, and why they are not.
    warnings
        What a careful reader must know of the figures.
    """

    task: str
    title: str
    protocol: str
    protocols: tuple[dict[str, Any], ...]
    repeats: tuple[str, ...]
    metric: str
    entries: tuple[Entry, ...]
    versus: tuple[Versus, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    contested: tuple[Contested, ...] = ()
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All tables of one comparison.

    Attributes
    ----------
    data
        Name of the data set.
    facts
        What there is of it, in words to show: "users": "943", "ratings": "100,000".
    trials
        Settings tried of each model; 0 where the defaults were judged.
    seconds
        All of it, what was found in the cache included.
    versions
        Of matinee, Python and the libraries that compute; "code" is a hash of the source.
    made
        When, ISO 8601 in UTC.
    command
        What repeats it: a command line, or a call.
    """

    data: str
    facts: dict[str, str]
    boards: tuple[Board, ...]
    trials: int
    seconds: float
    versions: dict[str, str]
    made: str
    command: str = ""

    def as_dict(self) -> dict[str, Any]:
        """All of it in dicts and lists that `json` can write."""
        return {"format": FORMAT, **asdict(self)}

    def as_json(self) -> str:
        """All of it as JSON text, which `read` takes back."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False, ensure_ascii=False)


def read(text: str) -> Comparison:
    """The comparison that `Comparison.as_json` has written.

    Raises
    ------
    InvalidInput
        It is not one, or one of another format.
    """
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise InvalidInput(
                f"This comparison has format {told['format']!r}, and only {FORMAT} can be read; "
                "compare again."
            )
        boards = tuple(_board(board) for board in told["boards"])
        return _made(Comparison, told, boards=boards)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "This must be a comparison as `matinee compare --json` prints it, but it cannot be "
            f"read ({error})."
        ) from error


def _board(told: Mapping[str, Any]) -> Board:
    return _made(
        Board,
        told,
        entries=tuple(entry(e) for e in told["entries"]),
        versus=tuple(_made(Versus, v) for v in told["versus"]),
        disagreements=tuple(_made(Disagreement, d) for d in told["disagreements"]),
        contested=tuple(_made(Contested, c) for c in told["contested"]),
    )


def entry(told: Mapping[str, Any]) -> Entry:
    """An entry out of the dict that `dataclasses.asdict` made of it."""
    return _made(
        Entry,
        told,
        trials=tuple(_made(Trial, t) for t in told["trials"]),
        figures={name: _made(Figure, f) for name, f in told["figures"].items()},
        curve=tuple(OnCurve(*point) for point in told["curve"]),
    )


def _made(kind: type[Any], told: Mapping[str, Any], **ready: Any) -> Any:
    """A record of its fields; lists become tuples."""
    values = {f.name: ready.get(f.name, told[f.name]) for f in fields(kind)}
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})
