"""The table of options: what each sets, and what may not be given."""

from __future__ import annotations

import numpy as np
import pytest

from matinee import models
from matinee.errors import InvalidParameter
from matinee.factorizing.options import OPTIONS, capped, configured
from matinee.interactions import Interactions


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_names_a_hyperparameter(name):
    kind = models.get(name)
    assert kind.task == "rating"
    assert set(OPTIONS[name].values()) <= set(kind.hyperparameters)
    assert {"k", "epochs", "reg"} <= set(OPTIONS[name])


@pytest.mark.parametrize("name", OPTIONS)
def test_options_set_their_hyperparameters_and_leave_the_others(name):
    model, notes = configured(name, k=3, epochs=4, reg=0.05, lr=0.01)
    stated = {"k": 3, "epochs": 4, "reg": 0.05, "lr": 0.01}
    wanted = {parameter: stated[option] for option, parameter in OPTIONS[name].items()}
    assert model.parameters == models.create(name).parameters | wanted
    assert bool(notes) == ("lr" not in OPTIONS[name])
    assert configured(name)[0].parameters == models.create(name).parameters


def test_als_has_no_learning_rate_and_says_so():
    _, notes = configured("als", lr=0.01)
    assert notes == ["als has no learning rate: --lr 0.01 changes nothing."]


@pytest.mark.parametrize("option", ["k", "epochs", "reg", "lr"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_options_must_be_above_zero(option, value):
    with pytest.raises(InvalidParameter, match=rf"`--{option}` must be > 0"):
        configured("als", **{option: value})


def test_only_models_of_the_table():
    with pytest.raises(InvalidParameter, match=r"als, mle, ls.*'biases'"):
        configured("biases")


def test_no_more_factors_than_items():
    train = Interactions(np.arange(6), np.arange(6) % 3, np.ones(6), n_items=50)
    with pytest.raises(InvalidParameter, match="`--k` must be at most .* 3, got 4"):
        capped(configured("als", k=4)[0], train, 4)
    model, notes = capped(configured("als", epochs=7)[0], train, None)
    assert (model.factors, model.epochs) == (3, 7)
    assert "k is 3" in notes[0]
    asked = configured("als", k=3)[0]
    assert capped(asked, train, 3) == (asked, [])
