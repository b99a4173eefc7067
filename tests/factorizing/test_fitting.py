"""Epochs are chosen on validation ratings alone, and what is saved is what was judged."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from small import small_dataset

from matinee.errors import Diverged, InvalidInput
from matinee.evaluation import metrics
from matinee.factorizing import fitting
from matinee.factorizing.options import OPTIONS, configured
from matinee.factorizing.parts import Parts
from matinee.interactions import Interactions
from matinee.models.als import ALS
from matinee.splits import Split, random_split
from matinee.storage import archive


@pytest.fixture(scope="module")
def given():
    data = small_dataset()
    return Parts(random_split(data.interactions), data.users.ids, data.items.ids)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_model_is_fitted_and_judged(name, given):
    told = []
    done = fitting.factorize(given, configured(name, k=3, epochs=6)[0], tell=told.append)
    assert told == done.curve
    search = [e for e in done.curve if e.fit == "search"]
    final = [e for e in done.curve if e.fit == "final"]
    assert {e.judged_on for e in search} == {"validation"}
    assert {e.judged_on for e in final} == {"test"}
    best = min(search, key=lambda e: (e.rmse, e.epoch))
    assert [e.epoch for e in final] == list(range(1, best.epoch + 1))
    assert done.epochs == best.epoch
    test = given.split.test
    predicted = done.model.predict(test.user_index, test.item_index)
    assert done.figures["rmse"] == metrics.rmse(predicted, test.value) == final[-1].rmse
    assert done.counted == len(test)
    assert ("log-likelihood" in done.figures) == (name == "mle")


def test_test_ratings_choose_nothing(given):
    split = given.split
    other = replace(split.test, value=6 - split.test.value)
    turned = Parts(Split(split.train, other, split.protocol), given.users, given.items)
    model = ALS(factors=3, epochs=8)
    a, b = fitting.factorize(given, model), fitting.factorize(turned, ALS(**model.parameters))
    assert a.epochs == b.epochs
    assert np.array_equal(a.model.items_, b.model.items_)
    assert a.figures != b.figures


def test_the_search_ends_when_it_no_longer_pays(given, monkeypatch):
    monkeypatch.setattr(fitting, "PATIENCE", 1)
    done = fitting.factorize(given, ALS(factors=8, epochs=50, regularization=0.01))
    search = [e.rmse for e in done.curve if e.fit == "search"]
    assert len(search) < 50
    assert search[-1] >= min(search[:-1]) == search[done.epochs - 1]


def test_without_early_stopping_all_of_training_is_used_at_once(given):
    done = fitting.factorize(given, ALS(factors=3, epochs=4), early_stopping=False)
    assert [(e.fit, e.epoch) for e in done.curve] == [("final", n) for n in (1, 2, 3, 4)]
    alone = ALS(factors=3, epochs=4).fit(given.split.train)
    assert np.array_equal(alone.items_, done.model.items_)


def test_a_last_epoch_that_is_the_best_is_said(given):
    done = fitting.factorize(given, ALS(factors=3, epochs=1))
    assert any("falling at epoch 1, the last: more epochs may help" in n for n in done.notes)
    slow, _ = configured("mle", k=3, epochs=1)
    notes = fitting.factorize(given, slow).notes
    assert any("more epochs, or a higher --lr, may help" in note for note in notes)


def test_predictions_that_run_away(given, monkeypatch):
    def run_away(model, people, items, **when):
        return np.full(len(items), np.nan, np.float32)

    monkeypatch.setattr(ALS, "predict", run_away)
    with pytest.raises(Diverged, match=r"epoch 1.*higher --reg"):
        fitting.factorize(given, ALS(factors=3))


def test_too_few_ratings_to_carve_validation_from():
    ratings = Interactions([0, 1, 2, 0], [0, 1, 0, 1], [1.0, 2, 3, 4])
    parts = Parts(Split(ratings.take(np.arange(3)), ratings.take(np.arange(3, 4))), [], [])
    with pytest.raises(InvalidInput, match="--no-early-stopping"):
        fitting.factorize(parts, ALS(factors=1))
    done = fitting.factorize(parts, ALS(factors=1), early_stopping=False)
    assert set(done.figures) == {"rmse", "mae"}
    assert json.loads(json.dumps(done.as_dict(), allow_nan=False))["curve"][0]["r2"] is None


def test_the_folder_holds_model_ids_and_curve(given, tmp_path):
    out = tmp_path / "deep" / "als"
    done = fitting.factorize_into(out, given, ALS(factors=3, epochs=5))
    model = archive.load(out / "model")
    assert np.array_equal(model.items_, done.model.items_)
    details = archive.manifest(out / "model")["details"]
    assert details["figures"] == done.figures
    ids = json.loads((out / "ids.json").read_text())
    assert ids == {"users": given.users, "items": given.items}
    with (out / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [e.epoch for e in done.curve]
    assert [float(row["rmse"]) for row in rows] == [e.rmse for e in done.curve]
    assert "<svg" in (out / "curve.svg").read_text()
    with pytest.raises(InvalidInput, match="must not exist"):
        fitting.factorize_into(out, given, ALS(factors=3, epochs=5))


def test_an_interruption_leaves_nothing(given, tmp_path):
    def interrupt(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitting.factorize_into(tmp_path / "out", given, ALS(factors=3), tell=interrupt)
    assert list(tmp_path.iterdir()) == []
