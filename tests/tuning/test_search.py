"""The search: the default first, the same trials by the same seed, and nothing lost."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from small import small_dataset

from matinee import models
from matinee.errors import Diverged, InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation.compare import judge
from matinee.evaluation.protocols import parts
from matinee.interactions import Interactions
from matinee.models.als import ALS
from matinee.tuning import configuration, study
from matinee.tuning.search import search, spaces


@pytest.fixture(scope="module")
def data():
    return small_dataset()


def told(found):
    """The trials without their times."""
    return [replace(trial, seconds=0) for trial in found.trials]


def tuned(folder, data, trials, name="als", **options):
    with search(name, data, folder, **options) as found:
        found.run(trials)
        return told(found)


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """Enough trials that the last two are no longer drawn at random."""
    return tuned(tmp_path_factory.mktemp("whole"), data, 12)


@pytest.mark.parametrize("name", models.names())
def test_defaults_lie_within_their_spaces(name):
    kind = models.get(name)
    for parameter, space in spaces(kind).items():
        default = kind.hyperparameters[parameter].default
        assert default in space.choices or space.low <= default <= space.high
        study.distribution(space)


@pytest.mark.parametrize("name", ["als", "ease"])
def test_the_default_is_trial_0_judged_on_validation(name, data, tmp_path):
    ratings = data.interactions
    kind = models.get(name)
    with search(name, data, tmp_path) as found:
        found.run(3)
        default, best = found.default, found.best
        split = parts("random", ratings, kind.task, liked=4.0)[0].validation()
        assert len(found.split.train) == len(split.train)
        model = kind().fit(split.train, found._side)
        assert default.figure == judge(model, split, found._side).figures[found.metric]
        assert default.parameters == {n: getattr(kind(), n) for n in spaces(kind)}
        sign = 1 if kind.task == "rating" else -1
        assert sign * best.figure == min(sign * t.figure for t in found.trials if t.figure)
        assert found.gain == pytest.approx(abs(default.figure - best.figure) / default.figure)
        name_read, parameters, origin = configuration.read(found.config)
    assert name_read == name
    assert parameters == kind(**best.parameters).parameters
    assert origin.trial == best.number


def test_the_same_seed_tries_the_same(data, whole, tmp_path):
    assert [t.number for t in whole] == list(range(12))
    assert tuned(tmp_path / "same", data, 12) == whole
    assert tuned(tmp_path / "other", data, 3, seed=7)[1:] != whole[1:3]


def test_a_search_that_was_broken_off_goes_on_as_if_not(data, whole, tmp_path, monkeypatch):
    fit, fits = ALS.fit, []

    def interrupted(model, *args, **kwargs):
        fits.append(1)
        if len(fits) in (1, 4, 5, 11):
            raise KeyboardInterrupt
        return fit(model, *args, **kwargs)

    monkeypatch.setattr(ALS, "fit", interrupted)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            tuned(tmp_path / "broken", data, 12)
    assert tuned(tmp_path / "broken", data, 12) == whole
    # More in all than before, and no fewer than there are.
    assert tuned(tmp_path / "broken", data, 13)[:12] == whole
    assert len(tuned(tmp_path / "broken", data, 5)) == 13


def test_a_trial_that_was_killed_is_tried_again(data, tmp_path):
    with search("als", data, tmp_path) as found:
        found.run(2)
        found._study.ask({})  # a process dies here
        assert len(found.trials) == 2
    with search("als", data, tmp_path) as found:
        found.run(4)
        assert [t.number for t in found.trials] == [0, 1, 2, 3]
        numbers = [t.number for t in found._study.get_trials()]
        assert numbers == [0, 1, 2, 3, 4]


def test_trials_that_fail_are_kept_and_never_the_best(data, tmp_path, monkeypatch):
    fit, fits = ALS.fit, []

    def failing(model, *args, **kwargs):
        fits.append(1)
        if len(fits) == 2:
            raise Diverged("it ran away")
        if len(fits) == 3:
            raise InvalidInput("not with these")
        if len(fits) == 4:
            raise MemoryError
        return fit(model, *args, **kwargs)

    monkeypatch.setattr(ALS, "fit", failing)
    with search("als", data, tmp_path) as found:
        found.run(5)
        outcomes = ["done", "diverged", "refused", "refused", "done"]
        assert [t.outcome for t in found.trials] == outcomes
        assert [t.figure is None for t in found.trials] == [o != "done" for o in outcomes]
        assert found.best.number in (0, 4)


def test_figures_that_are_no_number_have_diverged(data, tmp_path, monkeypatch):
    monkeypatch.setattr("matinee.tuning.search.primary", lambda *of: math.nan)
    with search("als", data, tmp_path) as found:
        found.run(2)
        assert {t.outcome for t in found.trials} == {"diverged"}
        assert found.default is None
        assert found.best is None
        assert found.gain is None
        assert not found.config.exists()


def test_what_is_refused_by_default_is_an_error(data, tmp_path, monkeypatch):
    def refused(model, *args, **kwargs):
        raise InvalidInput("not with these ratings")

    monkeypatch.setattr(ALS, "fit", refused)
    with search("als", data, tmp_path) as found, pytest.raises(InvalidInput, match="not with"):
        found.run(2)


def test_trials_that_fall_behind_are_stopped(data, tmp_path, monkeypatch):
    tries = []

    def judged(model, split, side):
        # Each worse than the one before, so from the sixth on all fall behind.
        tries.append(model)
        return 1.0 + len({id(m) for m in tries})

    monkeypatch.setattr("matinee.tuning.search.primary", judged)
    with search("als", data, tmp_path) as found:
        found.run(8)
        outcomes = [t.outcome for t in found.trials]
    assert outcomes[:5] == ["done"] * 5
    assert set(outcomes[5:]) == {"stopped"}


def test_a_study_is_of_one_set_of_ratings(data, tmp_path):
    tuned(tmp_path, data, 1)
    ratings = data.interactions
    others = (
        replace(data, interactions=replace(ratings, value=6 - ratings.value)),
        replace(data, interactions=replace(ratings, time=ratings.time[::-1].copy())),
        replace(data, user_table=data.user_table.select(["user_id"])),
    )
    for other in others:
        with pytest.raises(InvalidInput, match="other ratings"):
            tuned(tmp_path, other, 2)


def test_a_file_that_is_no_study(data, tmp_path):
    (tmp_path / "als-small-42.sqlite").write_bytes(b"not a database, and long enough" * 50)
    with pytest.raises(InvalidInput, match="cannot be read"):
        tuned(tmp_path, data, 1)


def test_one_process_at_a_time(data, tmp_path):
    with search("als", data, tmp_path), pytest.raises(InvalidInput, match="Another process"):
        tuned(tmp_path, data, 1)


def test_what_cannot_be_tuned(data, tmp_path, monkeypatch):
    with pytest.raises(Unsupported, match="popularity has no hyperparameter"):
        tuned(tmp_path, data, 1, "popularity")
    with pytest.raises(InvalidParameter, match="at least 1"):
        tuned(tmp_path, data, 0)
    implicit = Interactions(
        data.interactions.user_index, data.interactions.item_index, n_users=30, n_items=40
    )
    with pytest.raises(InvalidInput, match="als predicts ratings"):
        tuned(tmp_path, replace(data, interactions=implicit), 1)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Unsupported, match=r"pip install 'matinee\[tune\]'"):
        tuned(tmp_path, data, 1)


def test_test_ratings_are_never_seen(data, tmp_path, monkeypatch):
    ratings = data.interactions
    test = parts("random", ratings, "rating")[0].test
    hidden = set(zip(test.user_index.tolist(), test.item_index.tolist(), strict=True))
    fit = ALS.fit

    def watched(model, train, *args, **kwargs):
        pairs = set(zip(train.user_index.tolist(), train.item_index.tolist(), strict=True))
        assert not hidden & pairs
        return fit(model, train, *args, **kwargs)

    monkeypatch.setattr(ALS, "fit", watched)
    with search("als", data, tmp_path) as found:
        found.run(2)
        judged_on = found.split.test
    pairs = set(zip(judged_on.user_index.tolist(), judged_on.item_index.tolist(), strict=True))
    assert not hidden & pairs
    assert np.isin(len(found.split.train) + len(judged_on) + len(test), len(ratings))
