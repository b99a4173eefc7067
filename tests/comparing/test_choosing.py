"""Which models stand in a comparison, and how its repeats are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from matinee import models
from matinee.comparing import choosing, models_for, seeds_of
from matinee.errors import InvalidInput, InvalidParameter, UnknownModel
from matinee.interactions import Interactions
from matinee.splits import Protocol
from matinee.training import DEFAULT_MODELS


def test_what_must_be_beaten_is_always_there():
    assert models_for(["als"]) == ["biases", "item_mean", "als"]
    assert models_for(["als", "user_clusters"]) == [
        *("biases", "item_mean", "popularity", "ease"),
        *("als", "user_clusters"),
    ]
    assert models_for(["ease"], "ranking") == ["popularity", "ease"]
    assert set(models_for()) == {*DEFAULT_MODELS, "item_mean", "ease"}
    assert {models.get(n).task for n in models_for(None, "ranking")} == {"ranking"}
    assert models_for(["bayes_fm_transductive"])[-1] == "bayes_fm_transductive", "if it is named"


def test_what_cannot_be_compared():
    with pytest.raises(InvalidParameter, match="`task` must be rating or ranking, got 'both'"):
        models_for(None, "both")
    with pytest.raises(InvalidParameter, match="None of als is a model for ranking"):
        models_for(["als"], "ranking")
    with pytest.raises(UnknownModel, match="no model 'nonsense'"):
        models_for(["nonsense"])


@pytest.mark.parametrize(
    ("stated", "seeds"), [("1", [42]), ("3", [42, 43, 44]), ("7,9", [7, 9]), ("43,", [43])]
)
def test_repeats_by_number_or_by_seed(stated, seeds):
    assert seeds_of(stated) == seeds


@pytest.mark.parametrize("stated", ["", "0", "-1", "two", "1.5", "42,x", "4242", ","])
def test_repeats_that_are_none(stated):
    with pytest.raises(InvalidParameter, match=r"repeats"):
        seeds_of(stated)


def test_by_time_features_know_the_past_only():
    regressors, ials = models.get("regressors"), models.get("ials")
    for kind in ("time", "rolling"):
        assert choosing.stated(regressors, Protocol(kind)) == {"features": "past"}
        assert choosing.stated(models.get("user_clusters"), Protocol(kind)) == {}
        assert choosing.stated(ials, Protocol(kind)) == {}
    assert choosing.stated(regressors, Protocol("random")) == {}


def test_a_models_own_seed_is_its_default_in_the_first_repeat():
    als = models.get("als")
    default = als.hyperparameters["seed"].default
    assert choosing.seeded(als, 42) == {"seed": default}
    assert choosing.seeded(als, 44) == {"seed": default + 2}
    assert als(**choosing.seeded(als, 0)).seed >= 0
    assert choosing.seeded(models.get("popularity"), 43) == {}


def test_ease_is_refused_where_its_matrix_does_not_fit(monkeypatch):
    train = Interactions([0, 0, 1], [3, 5, 5], n_users=2, n_items=1000)
    choosing.check_fits("ease", train)
    monkeypatch.setattr(choosing, "_free_bytes", lambda: 15)
    with pytest.raises(InvalidInput, match="2 items need"):
        choosing.check_fits("ease", train)
    choosing.check_fits("ials", train)
    monkeypatch.setattr(choosing, "_free_bytes", lambda: None)
    choosing.check_fits("ease", train)


def test_free_memory_is_what_the_system_says():
    free = choosing._free_bytes()
    assert (free is None) != Path("/proc/meminfo").exists()
    assert free is None or free > 1 << 20
