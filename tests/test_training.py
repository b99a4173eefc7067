"""Training in a workspace: judged, fitted, saved, the best of each task activated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset, small_workspace

import matinee
from matinee import training
from matinee.errors import InvalidInput, InvalidParameter, UnknownModel
from matinee.evaluation.compare import evaluate
from matinee.evaluation.intervals import Calibration
from matinee.evaluation.protocols import parts
from matinee.features import side_information
from matinee.interactions import Interactions
from matinee.storage import archive
from matinee.storage.workspace import Workspace
from matinee.training import train


@pytest.fixture
def workspace(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as opened:
        yield opened


def test_trains_judges_saves_and_activates(workspace):
    steps = []
    trained = training.train(workspace, progress=lambda *s: steps.append(s))
    assert [t.name for t in trained] == list(training.DEFAULT_MODELS)
    every = len(training.DEFAULT_MODELS)
    assert ("training", every, every) in steps
    # Fitted to be judged, then on all ratings; neither goes on in silence.
    assert sum(what == "fitting item_clusters" and not done for what, done, _ in steps) == 2
    for t in trained:
        details = archive.manifest(workspace.path / "models" / t.archive_id)["details"]
        assert details["figures"] == pytest.approx(t.evaluation.figures)
        kept = None if details["calibration"] is None else Calibration.of(details["calibration"])
        assert kept == t.evaluation.calibration
        assert (kept is not None) == (t.task == "rating")
        assert details["ratings"] == len(small_dataset().interactions)
        assert details["liked_threshold"] == 4
        assert "gender:F" in details["user_feature_names"]
    ranked = {t.archive_id: t.evaluation.figures["ndcg@10"] for t in trained if t.task == "ranking"}
    assert workspace.active("ranking") == max(ranked, key=ranked.get)
    errors = {t.archive_id: t.evaluation.figures["rmse"] for t in trained if t.task == "rating"}
    assert workspace.active("rating") == min(errors, key=errors.get)


def test_archives_hold_nobodys_row(workspace):
    for t in training.train(workspace):
        model = workspace.load_model(t.archive_id)
        assert not any(hasattr(model, name) for name in ("people_", "seen_", "members_"))


def test_a_better_model_stays_active_and_its_successor_replaces_it(workspace):
    first = training.train(workspace, ["als"])[0].archive_id
    training.train(workspace, ["biases"])
    assert workspace.active("rating") == first
    second = training.train(workspace, ["als"], parameters={"factors": 2})[0].archive_id
    assert workspace.active("rating") == second
    assert workspace.load_model(second).factors == 2


def test_names_and_parameters_are_checked_before_anything_is_fitted(workspace):
    with pytest.raises(UnknownModel, match="popularity"):
        training.train(workspace, ["als", "nonsense"])
    with pytest.raises(InvalidParameter, match="factors"):
        training.train(workspace, ["biases", "als"], parameters={"factors": 0})
    assert workspace.models() == []


def test_an_empty_workspace(tmp_path):
    with (
        Workspace.open(tmp_path / "empty", create=True) as empty,
        pytest.raises(InvalidInput, match="import"),
    ):
        training.train(empty)


def test_nobody_likes_anything(tmp_path):
    data = small_dataset()
    ratings = data.interactions
    low = Interactions(ratings.user_index, ratings.item_index, ratings.value % 3, None, 30, 40)
    with Workspace.open(tmp_path / "low", create=True) as workspace:
        workspace.store.add_dataset(replace(data, interactions=low))
        with pytest.raises(InvalidInput, match="nobody rated anything 4 or higher"):
            training.train(workspace, ["als", "user_clusters"])
        assert workspace.models() == []
        assert training.train(workspace, ["als"])


def test_implicit_feedback_trains_rankers_only(tmp_path):
    data = small_dataset()
    ratings = data.interactions
    chosen = ratings.value >= 4
    implicit = Interactions(
        ratings.user_index[chosen], ratings.item_index[chosen], None, None, 30, 40
    )
    with Workspace.open(tmp_path / "implicit", create=True) as workspace:
        workspace.store.add_dataset(replace(data, interactions=implicit, scale=None))
        trained = training.train(workspace)
        assert {t.name for t in trained} == {
            name for name in training.DEFAULT_MODELS if matinee.create(name).task == "ranking"
        }
        with pytest.raises(InvalidInput, match="ranking model"):
            training.train(workspace, ["als"])


def test_too_few_ratings_to_hold_any_out(tmp_path):
    data = small_dataset()
    few = data.interactions.take(np.arange(3))
    with Workspace.open(tmp_path / "few", create=True) as workspace:
        workspace.store.add_dataset(replace(data, interactions=few))
        trained = training.train(workspace, ["popularity", "als"])
        assert all(t.evaluation is None for t in trained)
        assert workspace.active("ranking") == trained[0].archive_id


def test_hyperparameters_from_text():
    assert training.parsed(["factors=8", "damping=2.5"], ["als", "user_clusters"]) == {
        "factors": 8,
        "damping": 2.5,
    }
    with pytest.raises(InvalidParameter, match="`factors` must be of type int"):
        training.parsed(["factors=many"], ["als"])
    with pytest.raises(InvalidParameter, match="nonsense"):
        training.parsed(["nonsense=1"], ["als"])


def test_a_set_is_imported_once(workspace, tmp_path, monkeypatch):
    file = tmp_path / "mine.csv"
    file.write_text("user,item,rating,timestamp\nann,m0,5,10\nann,m1,2,11\n")
    before = workspace.store.n_ratings()
    training.import_once(workspace, str(file))
    training.import_once(workspace, str(file))
    assert workspace.store.n_ratings() == before + 2
    # A published set that is there already is not even read again.
    workspace.store.set_setting("imported:ml-100k", "yes")
    monkeypatch.setenv("MATINEE_DATA", str(tmp_path / "nowhere"))
    training.import_once(workspace, "ml-100k")
    assert workspace.store.n_ratings() == before + 2


def test_ratings_that_are_all_equal_train_as_well(tmp_path):
    users, items = np.nonzero(np.random.default_rng(0).random((30, 20)) < 0.6)
    with Workspace.open(tmp_path / "equal", create=True) as workspace:
        workspace.store.add_dataset(matinee.from_arrays(users, items, np.full(len(users), 5.0)))
        trained = train(workspace, ["biases", "popularity"])
        assert len(trained) == 2
        figures = {m["model"]: m["details"]["figures"] for m in workspace.models()}
        assert figures["biases"]["rmse"] == 0
        assert "r2" not in figures["biases"]


def test_sets_whose_ids_mean_other_things_are_not_mixed(tmp_path):
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(replace(small_dataset(), name="ml-100k"))
        for source in ("ml-1m", "ratings.csv"):
            with pytest.raises(InvalidInput, match="--mix"):
                training.check_source(workspace, source)
            training.check_source(workspace, source, mix=True)
        training.check_source(workspace, "ml-100k")
    with Workspace.open(tmp_path / "own", create=True) as workspace:
        workspace.store.add_dataset(replace(small_dataset(), name="monday"))
        training.check_source(workspace, "tuesday")
        with pytest.raises(InvalidInput, match="monday"):
            training.check_source(workspace, "ml-100k")


def test_the_active_model_competes_with_its_own_kind_on_the_same_ratings(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        (good,) = train(workspace, ["als"])
        (bad,) = train(workspace, ["als"], parameters={"regularization": 1e4, "epochs": 1})
        assert bad.evaluation.figures["rmse"] > good.evaluation.figures["rmse"]
        assert workspace.active("rating") == good.archive_id
        workspace.store.rate("u0", "m0", 3.0, 2_000_000)
        (anew,) = train(workspace, ["als"], parameters={"regularization": 1e4, "epochs": 1})
        assert workspace.active("rating") == anew.archive_id


def test_to_be_judged_a_model_reads_no_tags_of_test_ratings(tmp_path, monkeypatch):
    data = small_dataset()
    (split,) = parts("random", data.interactions, "rating", liked=4.0)
    tags = [
        pa.table(
            {
                "user_id": [data.users.ids[u] for u in part.user_index],
                "item_id": [data.items.ids[i] for i in part.item_index],
                "tag": [tag] * len(part),
                "time": pa.array([1] * len(part), pa.int64()),
            }
        )
        for tag, part in (("told", split.train), ("secret", split.test))
    ]
    words = []

    def judged(model, split, side, **more):
        words.append({name for name in side.item_word_names if name.startswith("tag:")})
        return evaluate(model, split, side, **more)

    monkeypatch.setattr(training, "evaluate", judged)
    with Workspace.open(tmp_path / "w", create=True) as opened:
        opened.store.add_dataset(replace(data, tags=pa.concat_tables(tags)))
        training.train(opened, ["biases"])
        known = side_information(opened.store.items(), opened.store.users(), opened.store.tags())
    assert words == [{"tag:told"}]
    assert {"tag:told", "tag:secret"} <= set(known.item_word_names)
