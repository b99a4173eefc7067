"""What a report says of a comparison: who leads, and whether chance allows for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compared import bare, board, comparison, entry

from matinee.evaluation.records import Versus
from matinee.report import verdict


def test_a_leader_whom_nobody_reaches():
    said = verdict.answer(board([entry("ease", 0.3), entry("als", 0.2), entry("popularity", 0.1)]))
    assert said.question.startswith("Ranking what people will like: what people do after a day")
    assert said.headline == "ease leads"
    assert said.body == (
        "NDCG@10 0.3000 (0.2800 to 0.3200) over 300 people, mean of 2 repeats. It is 0.1000 ahead "
        "of als (95 % 0.0900 to 0.1100), and not by chance: p = 0.001 after Holm's correction over "
        "3 pairs. The most popular titles alone would reach 0.1000."
    )


def test_those_that_chance_cannot_tell_apart_and_the_fastest_of_them():
    models = [entry("b", 0.9, "rmse"), replace(entry("a", 0.92, "rmse"), fit_seconds=0.5)]
    said = verdict.answer(board(models, "rmse", corrected=0.05))
    assert said.headline == "b is ahead, but not told apart from a"
    assert "It is 0.0200 ahead of a (95 % 0.0100 to 0.0300), which may be chance: p = 0.05" in (
        said.body
    )
    assert "a trains fastest of these: 0.50 s, b 2.7 s." in said.body
    near = [models[0], replace(models[1], fit_seconds=2.0)]
    assert "fastest" not in verdict.answer(board(near, "rmse", corrected=0.05)).body
    many = [entry(name, 0.3) for name in "abcdef"]
    assert verdict.answer(board(many, corrected=1.0)).headline == (
        "a is ahead, but not told apart from b, c, d and 2 more"
    )


def test_an_unfair_model_does_not_lead():
    unfair = entry("cheat", 0.8, "rmse", "cheat (sees which test pairs exist)")
    of = board([unfair, entry("fair", 0.9, "rmse"), entry("item_mean", 1.0, "rmse")], "rmse")
    said = verdict.answer(of)
    assert said.headline == "fair leads"
    assert "cheat (sees which test pairs exist) has 0.8000, out of competition." in said.body
    assert [e.model for e in verdict.level_with_leader(replace(of, versus=()))] == ["fair"]
    alone = verdict.answer(board([unfair], "rmse"))
    assert "No figure here is one to expect in service." in alone.body


def test_tests_are_turned_so_that_the_leader_stands_first():
    one = Versus("als", "ease", "ndcg@10", -0.1, -0.12, -0.08, 0.01, 0.02, 300)
    of = replace(board([entry("ease", 0.3), entry("als", 0.2)]), versus=(one,))
    assert verdict.against_leader(of) == {
        "als": Versus("ease", "als", "ndcg@10", 0.1, 0.08, 0.12, 0.01, 0.02, 300)
    }


def test_one_model_and_none_of_the_tests():
    said = verdict.answer(replace(board([bare("ease", 0.3)]), versus=(), repeats=()))
    assert (said.headline, said.body) == ("ease alone was judged", "NDCG@10 0.3000 over 0 people.")
    said = verdict.answer(replace(board([entry("a", 0.3), bare("b", 0.1)]), versus=()))
    assert "That is 0.2000 from b; no paired test was made." in said.body


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.004, "under 0.01 s"),
        (0.2, "0.20 s"),
        (3.21, "3.2 s"),
        (75, "75 s"),
        (600, "10 min"),
        (9000, "2.5 h"),
    ],
)
def test_durations(value, said):
    assert verdict.seconds(value) == said


def test_what_is_known_of_new_people_is_part_of_the_question():
    of = replace(board([entry("a", 0.3)]), protocols=({"kind": "new-users", "given": 1},))
    assert "of whom 1 rating is known" in verdict.answer(of).question
    of = replace(of, protocols=({"kind": "new-users", "given": 0},))
    assert "of whom 0 ratings are known" in verdict.answer(of).question


def test_nothing_is_no_difference():
    said = verdict.answer(board([entry("a", 0.3), entry("b", 0.3)], corrected=1.0)).body
    assert "b reaches the same." in said
    assert [verdict.signed(x) for x in (-0.00001, -0.25)] == ["+0.0000", "−0.2500"]


def test_nobody_leads_where_no_list_holds_anything():
    models = [entry("popularity", 0.0), entry("ials", 0.0)]
    assert verdict.answer(board(models)).headline == "None finds anything"
    errors = [entry("a", 0.0, "rmse"), entry("b", 0.0, "rmse")]
    assert verdict.answer(board(errors, "rmse")).headline != "None finds anything"


def test_what_was_not_tuned_is_said():
    untuned = replace(entry("popularity", 0.1), trials=())
    tuned = entry("ials", 0.3)
    said = verdict.lead(comparison(board([tuned, untuned])))
    assert "each tuned on validation ratings by 2 trials (but popularity: nothing to tune)" in said
    assert "(but" not in verdict.lead(comparison(board([tuned])))
