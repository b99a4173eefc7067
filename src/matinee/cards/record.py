"""The record of a card, written as JSON into the archive of a model and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from matinee.errors import ArchiveError
from matinee.evaluation.origins import Origin
from matinee.evaluation.records import Figure

FORMAT = 1


@dataclass(frozen=True)
class Source:
    """A set of ratings that was imported.

    Attributes
    ----------
    users, items, ratings
        How many, when it was imported; None where it is not told.
    sha256
        Of its ratings, as `data.specs` counts it.
    """

    name: str
    users: int | None = None
    items: int | None = None
    ratings: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Data:
    """What a model was trained on.

    Attributes
    ----------
    users, items
        In the numbering; `raters` and `rated` of them have a rating that was learned from.
    ratings
        All that there were; `learned` of them were learned from (ranking models: what was liked).
    fewest
        Ratings of the person with the fewest, of those who have any.
    scale
        Lowest and highest rating; None for choices without values.
    liked
        The rating from which on somebody likes.
    first, last
        Days of the earliest and the latest rating, UTC.
    timed
        Share of the ratings whose time is known.
    filters
        What the ratings went through before, in order.
    sha256
        Of users, items, values and times, row by row.
    profiles, traits
        People, and items, of whom something of each kind is known ("age", "genre").
    """

    sources: tuple[Source, ...] = ()
    users: int | None = None
    items: int | None = None
    ratings: int | None = None
    raters: int | None = None
    rated: int | None = None
    learned: int | None = None
    fewest: int | None = None
    scale: tuple[float, float] | None = None
    liked: float | None = None
    first: str | None = None
    last: str | None = None
    timed: float | None = None
    filters: tuple[str, ...] = ()
    sha256: str | None = None
    profiles: dict[str, int] = field(default_factory=dict)
    traits: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """How a model did on ratings held out of its data, before it was fitted on all of them.

    Attributes
    ----------
    protocol
        `Protocol.as_dict()`; its "text" says all of it in one line.
    figures
        The primary one first, each with its 95 % interval where there is one.
    counted
        Test ratings, or people with test items, behind the figures; None where it is not told.
    segments
        Figures by segmentation, segment and metric.
    beside
        Figures of the baselines of its task, by the same protocol on the same ratings.
    fit_seconds, answer_seconds
        Of the fit that was judged, and of answering for all of test.
    warnings
        What a careful reader must know of the figures.
    """

    protocol: dict[str, Any]
    figures: dict[str, Figure]
    counted: int | None = None
    segments: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    beside: dict[str, dict[str, float]] = field(default_factory=dict)
    fit_seconds: float | None = None
    answer_seconds: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A hyperparameter and who chose it: "default", or "--set", or the file it was read from."""

    value: Any
    by: str


@dataclass(frozen=True)
class Behavior:
    """What the fitted model was seen to do when asked; None where it was not tried.

    Attributes
    ----------
    personal
        Whether it knows anything of taste; a baseline does not.
    orders_for_strangers
        Whether somebody without ratings gets an order of titles at all.
    reads_profiles
        Whether that order is another one for another profile.
    reads_times
        Whether it takes the moment, or the times of ratings, into account.
    orders_unrated
        Whether titles that nobody has rated (liked) come in an order, and not all alike.
    predicts_unknown
        What a stranger is predicted to give a title that is not in the data; rating models only.
    sees_pairs
        Whether it learns from which pairs will be asked for.
    states_deviation, knows_similar
        Whether it says how far off it may be, and which titles are alike.
    """

    personal: bool | None = None
    orders_for_strangers: bool | None = None
    reads_profiles: bool | None = None
    reads_times: bool | None = None
    orders_unrated: bool | None = None
    predicts_unknown: float | None = None
    sees_pairs: bool = False
    states_deviation: bool | None = None
    knows_similar: bool | None = None


@dataclass(frozen=True)
class Cost:
    """What the fit on all ratings took.

    Attributes
    ----------
    peak_bytes
        The most memory of the whole process meanwhile; `before_bytes` it held already. None where
        the system does not tell.
    threads
        Of the kernels.
    """

    seconds: float | None = None
    peak_bytes: int | None = None
    before_bytes: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Card:
    """All of it. What an older matinee did not note is None or empty.

    Attributes
    ----------
    judged
        None where no figures are known; `unjudged` says why.
    use, limits
        In words, by the rules of `cards.limits`.
    origin
        The search that chose the settings, if one did.
    versions
        Of matinee, Python and the libraries that compute.
    machine
        Its kind, not its name.
    """

    model: str
    summary: str
    task: str
    made: str
    data: Data
    judged: Judged | None
    unjudged: str
    behavior: Behavior
    settings: dict[str, Setting]
    origin: Origin | None
    seed: int | None
    cost: Cost
    versions: dict[str, str]
    machine: str
    use: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, which `read` takes back."""
        told = {"format": FORMAT, **asdict(self)}
        told["origin"] = None if self.origin is None else self.origin.as_dict()
        told["settings"] = _listed(told["settings"])
        if self.judged is not None:
            judged = told["judged"]
            judged["figures"] = _listed(judged["figures"])
            parts = {by: {"segments": _listed(of)} for by, of in judged["segments"].items()}
            judged["segments"] = _listed(parts)
        return told


def read(told: Mapping[str, Any]) -> Card:
    """The card that `Card.as_dict` has written.

    Raises
    ------
    ArchiveError
        It is none, or one of a newer matinee.
    """
    try:
        if told["format"] > FORMAT:
            raise ArchiveError(
                f"This model's card is of format {told['format']}, and this matinee reads up to "
                f"{FORMAT}; install a newer matinee."
            )
        judged, origin = told["judged"], told["origin"]
        return _made(
            Card,
            told,
            data=_made(Data, told["data"], sources=_each(Source, told["data"]["sources"])),
            judged=None if judged is None else _judged(judged),
            behavior=_made(Behavior, told["behavior"]),
            settings={n: _made(Setting, s) for n, s in _named(told["settings"]).items()},
            origin=None if origin is None else Origin.of(origin),
            cost=_made(Cost, told["cost"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError(
            f"This model's card is not what was written ({error}); train the model again."
        ) from error


def _judged(told: Mapping[str, Any]) -> Judged:
    figures = {n: _made(Figure, figure) for n, figure in _named(told["figures"]).items()}
    parts = _named(told["segments"])
    segments = {by: _named(of["segments"]) for by, of in parts.items()}
    return _made(Judged, told, figures=figures, segments=segments)


def _listed(of: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A list, since archives sort the keys of what they hold, and here the order counts."""
    return [{"name": name, **values} for name, values in of.items()]


def _named(listed: list[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: {n: v for n, v in one.items() if n != "name"} for one in listed}


def _each(kind: type[Any], told: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(_made(kind, one) for one in told)


def _made(kind: type[Any], told: Mapping[str, Any], **ready: Any) -> Any:
    """A record of those of its fields that are told; lists become tuples."""
    known = {f.name: told[f.name] for f in fields(kind) if f.name in told} | ready
    return kind(**{n: tuple(v) if isinstance(v, list) else v for n, v in known.items()})
