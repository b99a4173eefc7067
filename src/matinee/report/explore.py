"""The report of an exploration: a data set at a glance, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matinee.exploring.findings import ABOUT
from matinee.exploring.phrases import percent
from matinee.exploring.records import Overview, TitleFigures
from matinee.report import explore_plots as plots
from matinee.report import page


@dataclass(frozen=True)
class Section:
    """A heading, words, plots and tables beneath it."""

    heading: str
    note: str
    plots: list[page.Plot]
    tables: list[page.Table]


def write(path: Path, found: Overview) -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left."""
    page.write(
        path,
        "explore.html",
        name=found.facts.name,
        facts=facts(found),
        findings=[
            (heading, [one for one in found.findings if one.about == about])
            for about, heading in ABOUT.items()
        ],
        sections=sections(found),
        missing=found.missing,
    )


def facts(found: Overview) -> dict[str, str]:
    """The main facts, in words: for the top of the report, and for a terminal."""
    about = found.facts
    told = {
        "ratings": f"{about.ratings:,}",
        "people": f"{about.users:,}",
        "items": f"{about.items:,}",
        "of all pairs rated": percent(about.density),
    }
    if about.per_user is not None and about.per_item is not None:
        told["ratings of the median person"] = f"{about.per_user.median:,.0f}"
        told["ratings of the median item"] = f"{about.per_item.median:,.0f}"
    if about.mean is not None and about.scale is not None:
        told["scale"] = f"{about.scale[0]:g} to {about.scale[1]:g}"
        told["mean rating"] = f"{about.mean:.2f}"
    if about.liked_share is not None:
        told[f"liked (rated {about.liked_threshold:g}+)"] = percent(about.liked_share)
    if found.times is not None:
        told["first rating"], told["last rating"] = found.times.first, found.times.last
    if found.intake is not None:
        told["rows left out"] = f"{found.intake.n_bad:,}"
        told["duplicates"] = f"{about.duplicates + found.intake.duplicates:,}"
    if about.people:
        told["people with a profile"] = f"{about.people:,}"
    if about.tags:
        told["tags"] = f"{about.tags:,}"
    return told


def sections(found: Overview) -> list[Section]:
    """What is known, in order; what is not has no section."""
    made = [_ratings(found), _time(found), _items(found), _people(found), _rows(found)]
    return [one for one in made if one.plots or one.tables]


def _ratings(found: Overview) -> Section:
    drawn = []
    if found.values is not None:
        drawn.append(plots.ratings(found.values))
        if found.values.of_people:
            drawn.append(plots.people_means(found.values))
    per_user, per_item = found.facts.per_user, found.facts.per_item
    if found.per_user is not None and found.per_item is not None and per_user and per_item:
        drawn += [
            plots.per_person(found.per_user, per_user.median),
            plots.per_item(found.per_item, per_item.median),
            plots.tail(found.per_item, found.per_user),
        ]
    return Section("Ratings", "", drawn, [])


def _time(found: Overview) -> Section:
    when = found.times
    if when is None:
        return Section("Time", "", [], [])
    said = ""
    if when.sessions is not None and when.per_session is not None:
        visits = round(when.sessions)
        often = {1: "once", 2: "twice"}.get(visits, f"{visits:,} times")
        said = (
            f"The median person came {often}, and a visit has "
            f"{when.per_session:,.0f} ratings on average; a visit ends where 30 minutes pass "
            "without a rating."
        )
    return Section("Time", said, [*plots.over_time(when, found.values), plots.by_hour(when)], [])


def _items(found: Overview) -> Section:
    drawn = []
    if found.genres:
        drawn.append(
            plots.traits(
                "Genres",
                found.genres,
                "items",
                "Ratings by genre; the mean rating stands beside each bar. An item of several "
                "genres counts in each of them.",
            )
        )
    if found.decades:
        drawn.append(
            plots.traits(
                "Decades",
                found.decades,
                "items",
                "Ratings by the decade in which a title came out, with their mean.",
            )
        )
    tables = [_titles("The most rated", found.most_rated)] if found.most_rated else []
    if found.best_rated:
        caption = f"The best rated, of those with {found.best_from:,} ratings or more"
        tables.append(_titles(caption, found.best_rated))
    if found.twins:
        rows = [(twin.title, ", ".join(twin.item_ids)) for twin in found.twins]
        more = f", the first {len(rows)}" if found.n_twins > len(rows) else ""
        caption = f"{found.n_twins:,} titles with several ids{more}"
        tables.append(page.Table(caption, ("title", "ids"), rows))
    return Section("Items", "", drawn, tables)


def _titles(caption: str, titles: tuple[TitleFigures, ...]) -> page.Table:
    if all(title.mean is None for title in titles):
        return page.Table(caption, ("title", "ratings"), [(t.title, t.ratings) for t in titles])
    rows = [(t.title, t.ratings, "" if t.mean is None else f"{t.mean:.2f}") for t in titles]
    return page.Table(caption, ("title", "ratings", "mean rating"), rows)


def _people(found: Overview) -> Section:
    names = {"age": "Age", "gender": "Gender", "occupation": "Occupation"}
    drawn = [
        plots.traits(
            names[field],
            groups,
            "people",
            f"Ratings by {field}; the mean rating stands beside each bar."
            + (" Whoever says other or none counts as unknown." if field == "occupation" else ""),
        )
        for field, groups in found.people.items()
    ]
    return Section("People", "", drawn, [])


def _rows(found: Overview) -> Section:
    intake = found.intake
    if intake is None:
        return Section("Rows", "", [], [])
    said = ""
    if intake.columns:
        columns = ", ".join(f"{field} = {column}" for field, column in intake.columns.items())
        said = f"Columns were taken so: {columns}."
    if intake.time_unit not in ("", "seconds"):
        said += f" By their size, times are {intake.time_unit}."
    share = max(intake.rows, 1)
    rows = [
        ("kept", intake.kept, f"{intake.kept / share:.2%}"),
        ("older rating of the same pair", intake.duplicates, f"{intake.duplicates / share:.2%}"),
        *((f"left out: {why}", n, f"{n / share:.2%}") for why, n in intake.bad.items()),
    ]
    tables = [page.Table("What became of the rows", ("rows", "how many", "share"), rows)]
    if intake.first_bad:
        caption = "The first rows left out"
        tables.append(page.Table(caption, ("row",), [(line,) for line in intake.first_bad]))
    return Section("Rows read", said, [], tables)
