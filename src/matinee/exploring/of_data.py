"""What the figures mean for the data itself: what to mend or to know before any model."""

from __future__ import annotations

from matinee.errors import some
from matinee.exploring.phrases import counted, percent
from matinee.exploring.records import Finding, Overview


def _of(point: str, said: str, rule: str) -> Finding:
    return Finding("data", point, said, rule)


def empty(found: Overview) -> Finding | None:
    if found.facts.ratings:
        return None
    return _of("There are no ratings", "Nothing can be learned or judged yet.", "No ratings.")


def rejects(found: Overview) -> Finding | None:
    intake = found.intake
    if intake is None or not intake.n_bad:
        return None
    reasons = some(f"{reason}: {n:,}" for reason, n in intake.bad.items())
    share = intake.n_bad / intake.rows
    serious = share >= 0.01
    return _of(
        "Look at the rows left out" if serious else "A few rows were left out",
        f"{intake.n_bad:,} of {counted(intake.rows, 'row')} ({percent(share)}) were unusable "
        f"({reasons}). "
        + (
            "If they are of certain people or times, what is left is not a fair picture; "
            "`matinee data import --rejects FILE` writes them all down."
            if serious
            else "So few change nothing."
        ),
        "Bad rows: of weight from 1 % on.",
    )


def duplicates(found: Overview) -> Finding | None:
    n, intake = found.facts.duplicates, found.intake
    if n:
        return _of(
            "Keep one rating of each pair",
            f"{counted(n, 'row repeats', 'rows repeat')} a person and an item that another row "
            "has already. Left in, the same pair can stand in training and test.",
            "Any pair occurs twice.",
        )
    if intake is None or not intake.duplicates:
        return None
    return _of(
        "Some were rated again" if found.values is not None else "Some were chosen again",
        f"{counted(intake.duplicates, 'row')} repeated a person and an item; the latest of each "
        "pair was kept."
        + (
            " People do change their minds: how much is the least error to expect."
            if found.values is not None
            else ""
        ),
        "Duplicates were dropped as the rows were read.",
    )


def twins(found: Overview) -> Finding | None:
    if not found.n_twins:
        return None
    first = "such as " * (found.n_twins > 1) + found.twins[0].title
    return _of(
        "Titles stand there twice",
        f"{counted(found.n_twins, 'title has', 'titles have')} several ids ({first}). Their "
        "ratings are split between them, and one may be recommended to somebody who has seen "
        "the other.",
        "A title occurs under two ids, in whatever case.",
    )


def unrated(found: Overview) -> Finding | None:
    facts = found.facts
    if not facts.ratings or facts.items_without_ratings < 0.01 * facts.items:
        return None
    share = facts.items_without_ratings / facts.items
    return _of(
        "Items without ratings",
        f"{counted(facts.items_without_ratings, 'item')} of {facts.items:,} ({percent(share)}) "
        "have none: only models that know content can recommend them.",
        "1 % of the items or more have no rating.",
    )


def dates(found: Overview) -> Finding | None:
    if found.times is None or not found.times.dates_only:
        return None
    return _of(
        "Times are dates",
        "All ratings have the same time of day, so only days are known: nothing is said of hours "
        "and visits, and which of a day's ratings came first is chance.",
        "Every time is the same time of day.",
    )


def without_time(found: Overview) -> Finding | None:
    when, n = found.times, found.facts.ratings
    if when is None or when.known == n:
        return None
    return _of(
        "Some times are unknown",
        f"{percent((n - when.known) / n)} of the ratings have no time. A cut in time would put "
        "them all before it; leave them out where time matters.",
        "A time is missing, or 0.",
    )


def constant(found: Overview) -> Finding | None:
    values = found.values
    if values is None or values.constant_people is None or values.constant_people < 0.02:
        return None
    return _of(
        "Some people always rate the same",
        f"{percent(values.constant_people)} of the people with 5 ratings or more gave one value "
        "only. Their ratings tell what they chose, and not how they liked it.",
        "2 % or more of the people with 5 ratings never vary.",
    )


RULES = (empty, rejects, duplicates, twins, unrated, dates, without_time, constant)
