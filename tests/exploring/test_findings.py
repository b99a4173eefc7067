"""Each rule speaks when its figures say so, and is silent when not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small import small_dataset

from matinee.exploring import of_data, of_models, of_splits
from matinee.exploring.overview import explore
from matinee.exploring.phrases import counted, percent, size, span
from matinee.exploring.records import Bin, Intake
from matinee.exploring.when import Cut


@pytest.fixture(scope="module")
def found():
    return explore(small_dataset())


def changed(found, **fields):
    """The same, but for fields such as `times__days`."""
    for path, value in fields.items():
        part, _, name = path.rpartition("__")
        inner = replace(getattr(found, part), **{name: value}) if part else value
        found = replace(found, **{part or name: inner})
    return found


CUT = Cut("2020-01-01", "2020", 100, 20, 10, 50, 3, 10)
INTAKE = Intake(1000, 900, {"not a number": 60, "empty user id": 20}, 20, ("line 3",), {}, "")


@pytest.mark.parametrize(
    ("rule", "fields", "point"),
    [
        (of_splits.no_times, {"times": None}, "Only random splits are possible"),
        (of_splits.cut_in_time, {"times__days": 29}, "A cut in time asks little here"),
        (of_splits.cut_in_time, {"times__days": 30}, "Cut in time, beside any random split"),
        (of_splits.newcomers, {"times__cut": CUT}, "Judge how new people are served"),
        (
            of_splits.newcomers,
            {"times__cut": replace(CUT, of_new_people=19)},
            "A cut in time meets mostly known people",
        ),
        (of_splits.newcomers, {"times__cut": None}, None),
        (of_splits.new_items, {"times__cut": CUT}, "Judge how new items are served"),
        (of_splits.new_items, {"times__cut": replace(CUT, of_new_items=4)}, None),
        (
            of_splits.sittings,
            {"times__one_day": 0.5},
            "Leave-last-out would not ask about a return",
        ),
        (of_splits.sittings, {"times__one_day": 0.49}, None),
        (of_splits.bursts, {"times__within_minute": 0.5}, "Order within a visit says little"),
        (of_splits.bursts, {"times__within_minute": 0.4}, None),
        (of_splits.floor, {"facts": "lowest 9"}, None),
        (of_splits.floor, {"facts": "lowest 10"}, "Nobody here has few ratings"),
        (
            of_splits.short_histories,
            {"per_user__below_5": 0.1},
            "A split by person leaves many people out",
        ),
        (of_splits.short_histories, {"per_user__below_5": 0.09}, None),
        (
            of_splits.short_histories,
            {"per_user__below_5": 1.0},
            "A split by person leaves nobody to judge by",
        ),
        (of_splits.small, {}, "Repeat over seeds, and compare in pairs"),
        (of_splits.small, {"facts__users": 2000}, None),
        (of_models.implicit, {"values": None}, "Ranking models only"),
        (of_models.implicit, {}, None),
        (of_models.popularity, {"per_item__gini": 0.5}, "Popularity is the figure to beat"),
        (of_models.popularity, {"per_item__gini": 0.4}, "Popularity tells little"),
        (of_models.ease, {}, "EASE fits in memory"),
        (of_models.ease, {"sizes__ease_bytes": 3_000_000_000}, "EASE is large here"),
        (of_models.density, {"sizes__shared": 1.0}, "Co-ratings carry models of items"),
        (of_models.density, {"sizes__shared": 0.9}, "Items have few raters in common"),
        (of_models.tail, {"per_item__below_10": 0.25}, "Many items have few ratings"),
        (of_models.tail, {"per_item__below_10": 0.24}, None),
        (of_models.habits, {}, "Beat habits and reputations first"),
        (
            of_models.scale_use,
            {"values__commonest": Bin("5", 6, 0.6)},
            "Half of the ratings are the same",
        ),
        (of_models.scale_use, {"facts__liked_share": 0.7}, "Liking is the rule"),
        (of_models.scale_use, {"facts__liked_share": 0.1}, "Little is liked"),
        (of_models.scale_use, {"facts__liked_share": 0.5}, None),
        (of_models.drift, {"times__last_mean": 9.0}, "The mean rating drifts"),
        (of_models.drift, {"times__last_mean": None}, None),
        (of_models.drift, {"times__first_mean": 3.0, "times__last_mean": 3.3}, None),
        (of_models.leaders, {"times__leaders_stay": 0.6}, "Favorites change"),
        (of_models.leaders, {"times__leaders_stay": 0.7}, "Favorites stay"),
        (of_models.heavy, {"per_user__top_tenth": 0.4}, "A few people speak loudest"),
        (of_models.heavy, {"per_user__top_tenth": 0.5, "facts__users": 2}, None),
        (of_models.heavy, {"per_user__top_tenth": 0.3}, None),
        (of_models.profiles, {}, "Profiles can speak for new people"),
        (of_models.profiles, {"facts__people": 0}, None),
        (of_data.rejects, {"intake": INTAKE}, "Look at the rows left out"),
        (of_data.rejects, {"intake": replace(INTAKE, bad={"x": 1})}, "A few rows were left out"),
        (of_data.rejects, {"intake": replace(INTAKE, bad={})}, None),
        (of_data.duplicates, {"intake": INTAKE}, "Some were rated again"),
        (of_data.duplicates, {"intake": INTAKE, "values": None}, "Some were chosen again"),
        (of_data.duplicates, {}, None),
        (of_data.unrated, {"facts__items_without_ratings": 1}, "Items without ratings"),
        (of_data.unrated, {"facts__items_without_ratings": 0}, None),
        (of_data.dates, {"times__dates_only": True}, "Times are dates"),
        (of_data.without_time, {"times__known": 3}, "Some times are unknown"),
        (of_data.constant, {"values__constant_people": 0.5}, "Some people always rate the same"),
        (of_data.constant, {"values__constant_people": 0.01}, None),
    ],
)
def test_a_rule(found, rule, fields, point):
    # Of the small set the leaders are few; here they are known.
    found = changed(found, times__leaders_by_chance=0.9, times__leaders=10)
    if fields.get("facts", "").startswith("lowest"):
        lowest = int(fields["facts"].split()[1])
        counts = replace(found.facts.per_user, lowest=lowest)
        fields = {"facts__per_user": counts}
    said = rule(changed(found, **fields))
    assert (None if said is None else said.point) == point
    if said is not None:
        assert said.rule.endswith(".")
        assert said.said.endswith(".")
        assert said.said.count("`") % 2 == 0


def test_rejects_are_named_with_their_reasons(found):
    said = of_data.rejects(changed(found, intake=INTAKE)).said
    assert said.startswith(
        "80 of 1,000 rows (8.0 %) were unusable (not a number: 60, empty user id: 20)."
    )


def test_numbers_in_sentences():
    shares = (0, 0.0004, 0.0421, 0.4249, 0.995, 0.9996, 1)
    assert [percent(share) for share in shares] == [
        "0 %", "under 0.1 %", "4.2 %", "42 %", "99.5 %", "over 99.9 %", "100 %",
    ]  # fmt: skip
    assert [span(days) for days in (0, 1 / 1440, 1 / 24, 3, 215, 1000)] == [
        "0 seconds", "60 seconds", "60 minutes", "3 days", "7 months", "2.7 years",
    ]  # fmt: skip
    assert counted(1, "person", "people") == "1 person"
    assert counted(2000, "person", "people") == "2,000 people"
    assert [size(n) for n in (36, 900, 12e6, 1.39e10)] == ["36 bytes", "1 kB", "12 MB", "13.9 GB"]
