"""The plots of an exploration, each with its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matinee.exploring.phrases import percent, span
from matinee.exploring.records import Bin, Group, Spread, Values
from matinee.exploring.when import Times
from matinee.report import page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FEW = 100
"""Ratings of a period, below which its mean is chance."""
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LONGEST = 22
"""Letters of a name beside a bar."""


def ratings(values: Values) -> page.Plot:
    """How high people rate."""
    return _histogram(
        "How high people rate",
        values.bins,
        ("rating", "ratings"),
        f"The mean is {values.mean:.2f}, half are {values.median:g} or lower, and the standard "
        f"deviation is {values.deviation:.2f}.",
    )


def people_means(values: Values) -> page.Plot:
    """How generous people are."""
    return _histogram(
        "How generous people are",
        values.of_people,
        ("mean rating of a person", "people"),
        "Of the people with 5 ratings or more. The wider this is, the more is gained by knowing "
        "how somebody uses the scale.",
    )


def per_person(people: Spread, median: float) -> page.Plot:
    """How many ratings a person has."""
    return _histogram(
        "Ratings of a person",
        people.bins,
        ("ratings", "people"),
        f"The median person has {median:,.0f}. The most active tenth made "
        f"{percent(people.top_tenth)} of all. Each bar is about twice as wide as the one before.",
        slanted=True,
    )


def per_item(items: Spread, median: float) -> page.Plot:
    """How many ratings an item has."""
    return _histogram(
        "Ratings of an item",
        items.bins,
        ("ratings", "items"),
        f"The median item has {median:,.0f}; {percent(items.below_10)} of those with any have "
        "fewer than 10. Each bar is about twice as wide as the one before.",
        slanted=True,
    )


def tail(items: Spread, people: Spread | None = None) -> page.Plot:
    """How much of the ratings the most rated items hold, and the most active people."""
    figure, axes = page.axes()
    curves = {"items": items} if people is None else {"items": items, "people": people}
    for place, (name, of) in enumerate(curves.items()):
        x, y = zip(*of.curve, strict=True)
        axes.plot(
            [100 * v for v in x],
            [100 * v for v in y],
            color=page.SERIES[place],
            linestyle="-" if place == 0 else "--",
            linewidth=2,
            label=name,
        )
    axes.plot([0, 100], [0, 100], color=page.INK, linestyle=":", linewidth=1, label="all alike")
    axes.set(xlim=(0, 100), ylim=(0, 101), ylabel="% of all ratings")
    axes.set_xlabel("% of them, the most rated first")
    page.legend(axes, loc="lower right")
    said = f"Gini coefficient of items {items.gini:.2f}"
    if people is not None:
        said += f", of people {people.gini:.2f}"
    rows = [
        (f"{share:.0%}", *(f"{_held(of, share):.1%}" for of in curves.values()))
        for share in _SHARES
    ]
    return page.Plot(
        "The long tail",
        figure,
        f"How much of all ratings a few hold: the most rated tenth of the items "
        f"{percent(items.top_tenth)}. {said}; 0 where all have as many.",
        ("the most rated", *(f"of {name} hold" for name in curves)),
        rows,
    )


def over_time(when: Times, values: Values | None) -> list[page.Plot]:
    """Ratings, people, new items and mean ratings by period."""
    of = when.periods
    cut = "" if when.cut is None else f"; the last tenth begins at the dotted line, {when.cut.date}"
    came = {"rated": [p.people for p in of], "for the first time": [p.new_people for p in of]}
    found = [
        _bars(
            f"Ratings by {when.unit}",
            when,
            ("ratings", [p.ratings for p in of]),
            f"{when.known:,} ratings in {span(when.days)}{cut}.",
        ),
        _lines(
            f"People by {when.unit}",
            when,
            came,
            "people",
            "Where the two lines lie close, most people come once and never again.",
        ),
        _bars(
            "Items rated for the first time",
            when,
            ("new items", [p.new_items for p in of]),
            "How the catalog grows. At the beginning everything is new.",
        ),
    ]
    means = [p.mean if p.ratings >= _FEW else None for p in of]
    if values is not None and sum(mean is not None for mean in means) > 1:
        said = f"Left out where fewer than {_FEW} ratings make the mean."
        drift = _lines(
            "Drift of the mean rating", when, {"mean rating": means}, "mean rating", said
        )
        _at_least(drift.figure.axes[0], values.deviation)
        found.append(drift)
    return found


def by_hour(when: Times) -> page.Plot:
    """Weekday and hour as a map, or weekdays alone where hours are not known."""
    if when.dates_only:
        total = sum(map(sum, when.by_hour))
        bins = [
            Bin(day, sum(row), sum(row) / total)
            for day, row in zip(WEEKDAYS, when.by_hour, strict=True)
        ]
        return _histogram("Weekdays", bins, ("weekday", "ratings"), "Only dates are known.")
    figure, axes = page.axes(2.7)
    most = max(map(max, when.by_hour))
    for day, row in enumerate(when.by_hour):
        for hour, count in enumerate(row):
            if count:
                axes.add_patch(_cell((hour, day - 0.46), count / most))
    axes.set(xlim=(0, 24), ylim=(6.5, -0.5), xlabel="hour, UTC")
    axes.set_xticks(range(0, 25, 4))
    axes.set_yticks(range(7), WEEKDAYS)
    rows = [(f"{hour}:00", *(when.by_hour[day][hour] for day in range(7))) for hour in range(24)]
    return page.Plot(
        "Weekday and hour",
        figure,
        f"The fullest hour has {most:,} ratings. Times are UTC: where people live elsewhere, the "
        "day is shifted.",
        ("hour", *WEEKDAYS),
        rows,
    )


def traits(title: str, groups: Sequence[Group], member: str, meaning: str) -> page.Plot:
    """Ratings by what people or items share, in their order from above, with means as words."""
    figure, axes = page.axes(0.75 + 0.26 * len(groups))
    places = range(len(groups))
    axes.barh(places, [g.ratings for g in groups], color=page.ACCENT, height=0.7)
    axes.set_yticks(places, [_short(g.name) for g in groups], parse_math=False)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    most = max(g.ratings for g in groups)
    for place, group in enumerate(groups):
        if group.mean is not None:
            axes.text(
                group.ratings + 0.015 * most, place, f"{group.mean:.2f}", va="center",
                color=page.INK, size=11,
            )  # fmt: skip
    axes.set_xlim(0, 1.14 * most)
    axes.set_xlabel("ratings")
    _thousands(axes, "x")
    rows = [
        (
            g.name,
            g.members,
            g.ratings,
            "" if g.mean is None else f"{g.mean:.2f}",
            "" if g.liked is None else f"{g.liked:.0%}",
        )
        for g in groups
    ]
    return page.Plot(
        title, figure, meaning, (title.lower(), member, "ratings", "mean rating", "liked"), rows
    )


def _histogram(
    title: str,
    bins: Sequence[Bin],
    said: tuple[str, str],
    meaning: str,
    *,
    slanted: bool = False,
) -> page.Plot:
    figure, axes = page.axes(3.4 if slanted else 3.0)
    axes.bar(range(len(bins)), [one.count for one in bins], color=page.ACCENT, width=0.78)
    labels = [one.label.replace(" to ", "–") if slanted else one.label for one in bins]
    crowded = not slanted and sum(map(len, labels)) > 45
    if crowded:  # of equal parts the lower end says enough
        labels = [label.partition(" to ")[0] for label in labels]
    axes.set_xticks(range(len(bins)), labels)
    if slanted:
        for label in axes.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")
    if crowded and len(bins) > 12:
        axes.set_xticks(range(0, len(bins), 4), labels[::4])
    axes.set_xlabel(f"{said[0]} from" if crowded else said[0])
    axes.set_ylabel(said[1])
    _thousands(axes, "y")
    rows = [(one.label, one.count, f"{one.share:.1%}") for one in bins]
    return page.Plot(title, figure, meaning, (*said, "share"), rows)


def _bars(title: str, when: Times, of: tuple[str, list[int]], meaning: str) -> page.Plot:
    figure, axes = page.axes()
    labels = [p.label for p in when.periods]
    name, counts = of
    axes.bar(range(len(labels)), counts, color=page.ACCENT, width=0.85)
    if when.cut is not None and name == "ratings":
        place = labels.index(when.cut.period)
        axes.axvline(place, color="#000000", linestyle=":", linewidth=1.6)
    _few_ticks(axes, labels)
    axes.set_ylabel(name)
    _thousands(axes, "y")
    rows = list(zip(labels, counts, strict=True))
    return page.Plot(title, figure, meaning, (when.unit, name), rows)


def _lines(
    title: str,
    when: Times,
    lines: Mapping[str, Sequence[float | None]],
    measure: str,
    meaning: str,
) -> page.Plot:
    figure, axes = page.axes()
    labels = [p.label for p in when.periods]
    whole = all(isinstance(v, int) for values in lines.values() for v in values)
    for number, (name, values) in enumerate(lines.items()):
        axes.plot(
            range(len(labels)),
            [float("nan") if v is None else v for v in values],
            color=page.SERIES[number],
            linestyle="-" if number == 0 else "--",
            marker="." if len(labels) <= 40 or not whole else None,
            label=name,
        )
    _few_ticks(axes, labels)
    axes.set_ylabel(measure)
    if whole:
        axes.set_ylim(bottom=0)
        _thousands(axes, "y")
    if len(lines) > 1:
        page.legend(axes)
    rows = [
        (label, *("" if v is None else f"{v:,}" if whole else f"{v:.3f}" for v in values))
        for label, *values in zip(labels, *lines.values(), strict=True)
    ]
    return page.Plot(title, figure, meaning, (when.unit, *lines), rows)


def _few_ticks(axes: Axes, labels: Sequence[str]) -> None:
    """A few, evenly: dates are long words on a phone."""
    step = max(1, -(-len(labels) // (4 if len(labels[0]) > 7 else 5)))
    places = list(range(0, len(labels), step))
    axes.set_xticks(places, [labels[p] for p in places])
    axes.set_xlim(-0.7, len(labels) - 0.3)


def _held(of: Spread, share: float) -> float:
    """The curve between its points."""
    import numpy as np

    x, y = zip(*of.curve, strict=True)
    return float(np.interp(share, x, y))


def _short(name: str) -> str:
    said = " ".join(name.split())
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _cell(place: tuple[float, float], strength: float) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle(place, 0.96, 0.92, color=page.ACCENT, alpha=0.06 + 0.94 * strength, lw=0)


def _at_least(axes: Axes, height: float) -> None:
    """Let the vertical axis span that much, so that what is little looks little."""
    low, high = axes.get_ylim()
    more = max(0.0, height - (high - low)) / 2
    axes.set_ylim(low - more, high + more)


def _thousands(axes: Axes, which: str) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_major_locator(MaxNLocator(5, integer=True, steps=(1, 2, 2.5, 5, 10)))
