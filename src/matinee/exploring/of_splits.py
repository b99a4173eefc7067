"""What the figures mean for how ratings should be held out."""

from __future__ import annotations

from matinee.exploring.phrases import counted, percent, span
from matinee.exploring.records import Finding, Overview


def _of(point: str, said: str, rule: str) -> Finding:
    return Finding("split", point, said, rule)


def no_times(found: Overview) -> Finding | None:
    if found.times is not None or not found.facts.ratings:
        return None
    return _of(
        "Only random splits are possible",
        "Without times nobody can tell what was known when a rating was made. Figures of a random "
        "split are then too kind: they say how well gaps are filled, not how well the next "
        "choice is foretold.",
        "No times are known.",
    )


def cut_in_time(found: Overview) -> Finding | None:
    when = found.times
    if when is None:
        return None
    of = f"Ratings come from {when.first} to {when.last}, "
    rule = "Said where 30 days or more lie between the first and the last rating; else the reverse."
    if when.days < 30:
        return _of(
            "A cut in time asks little here",
            f"{of}{span(when.days)} in all: what comes after a cut is much like what was before "
            "it. A random split loses little.",
            rule,
        )
    return _of(
        "Cut in time, beside any random split",
        f"{of}{span(when.days)} in all. A random split lets models learn from ratings made after "
        "those they are judged by, so it leaks the future. The split `time` (or `rolling`, for "
        "several cuts) does not.",
        rule,
    )


def newcomers(found: Overview) -> Finding | None:
    when = found.times
    if when is None or when.cut is None:
        return None
    cut = when.cut
    share = cut.of_new_people / cut.ratings
    held = (
        f"Of the ratings since {cut.date}, the last tenth, {percent(share)} are of people who "
        f"had not rated before ({cut.new_people:,} of {counted(cut.people, 'person', 'people')})"
    )
    rule = "By how many ratings after a cut at the last tenth are of new people: a fifth or more."
    if share < 0.2:
        return _of(
            "A cut in time meets mostly known people",
            f"{held}. So a cut asks what known people choose next; how well new ones are served "
            "must be asked apart, by the split `new-users`.",
            rule,
        )
    new = sorted(p.new_people for p in when.periods)[len(when.periods) // 2]
    return _of(
        "Judge how new people are served",
        f"{held}; {counted(new, 'new person comes', 'new people come')} in the median "
        f"{when.unit}. Models must fold people in without training again, as all of matinee's do. "
        "Read figures of a cut in time as figures of strangers, and look at the split "
        "`new-users`, with 0, 1, 5 and 10 ratings given.",
        rule,
    )


def new_items(found: Overview) -> Finding | None:
    when = found.times
    if when is None or when.cut is None:
        return None
    share = when.cut.of_new_items / when.cut.ratings
    if share < 0.05:
        return None
    return _of(
        "Judge how new items are served",
        f"{percent(share)} of the ratings since {when.cut.date} are of "
        f"{counted(when.cut.new_items, 'item')} that nobody had rated before. Only models that "
        "know the content of items can offer those: look at the split `new-items`.",
        "5 % or more of the ratings after a cut at the last tenth are of new items.",
    )


def sittings(found: Overview) -> Finding | None:
    when = found.times
    if when is None or when.one_day is None or when.one_day < 0.5:
        return None
    return _of(
        "Leave-last-out would not ask about a return",
        f"{percent(when.one_day)} of the people with two ratings or more made all of them within "
        f"24 hours (the median person within {span(when.median_days)}), so what somebody rated "
        "last is the end of the same visit. Leave-last-out is then a random split of visits.",
        "Half of the people or more have all their ratings within 24 hours.",
    )


def bursts(found: Overview) -> Finding | None:
    when = found.times
    if when is None or when.within_minute is None or when.same_second is None:
        return None
    if when.within_minute < 0.5:
        return None
    return _of(
        "Order within a visit says little",
        f"{percent(when.within_minute)} of the ratings follow the person's one before in less "
        f"than a minute ({percent(when.same_second)} in the same second): nobody watches that "
        "fast. People rate from a list that they are shown, so the order is that of the list. "
        "Models of sequences, and leave-last-out, would learn and judge that.",
        "Half of the ratings or more come within a minute of the person's one before.",
    )


def floor(found: Overview) -> Finding | None:
    counts = found.facts.per_user
    if counts is None or counts.lowest < 10:
        return None
    return _of(
        "Nobody here has few ratings",
        f"Everybody has at least {counts.lowest}: people with fewer were left out before, or "
        "none came. Figures of plain splits say nothing of people of whom less is known; the "
        "split `new-users` gives 0, 1, 5 or 10 ratings of a person and hides the rest.",
        "The person with the fewest ratings has 10 or more.",
    )


def short_histories(found: Overview) -> Finding | None:
    people = found.per_user
    if people is None or people.below_5 < 0.1:
        return None
    rule = "A tenth of the people or more have fewer than 5 ratings."
    if people.below_5 == 1:
        return _of(
            "A split by person leaves nobody to judge by",
            "Nobody has 5 ratings, and the split `per-user` needs 5 of each person that it judges "
            "by. Gather more ratings of some people first.",
            rule,
        )
    return _of(
        "A split by person leaves many people out",
        f"{percent(people.below_5)} of the people have fewer than 5 ratings, and the split "
        "`per-user` needs 5 of each person that it judges by. Its figures speak of the others; "
        "compare with `new-users`.",
        rule,
    )


def small(found: Overview) -> Finding | None:
    people = found.facts.users - found.facts.users_without_ratings
    if not 0 < people < 2000:
        return None
    return _of(
        "Repeat over seeds, and compare in pairs",
        f"There {'is' if people == 1 else 'are'} {counted(people, 'person', 'people')}. A figure "
        f"such as NDCG@10 commonly varies by about 0.25 between people, so its mean is known to "
        f"about ±{2 * 0.25 / people**0.5:.3f}. Smaller differences between models mean something "
        "only in paired tests over the same people.",
        "Fewer than 2,000 people; ± is twice 0.25 over the root of their number.",
    )


RULES = (
    no_times,
    cut_in_time,
    newcomers,
    new_items,
    sittings,
    bursts,
    floor,
    short_histories,
    small,
)
