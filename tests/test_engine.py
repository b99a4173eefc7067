"""The engine on a small workspace: ids in, ids out, and a rating counts at once."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset, small_workspace

from matinee.answers import Profile
from matinee.engine import Engine
from matinee.errors import (
    Ambiguous,
    InvalidInput,
    InvalidParameter,
    NotReady,
    UnknownItem,
    UnknownModel,
    UnknownUser,
    Unsupported,
)
from matinee.storage.workspace import Workspace
from matinee.training import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return small_workspace(tmp_path_factory.mktemp("engine") / "trained")


@pytest.fixture
def workspace(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "mine")
    with Workspace.open(tmp_path / "mine") as opened:
        yield opened


@pytest.fixture
def engine(workspace):
    return Engine(workspace)


@pytest.fixture
def untrained(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "bare", trained=False)) as opened:
        yield Engine(opened)


def test_status(engine):
    status = engine.status()
    assert (status.users, status.items) == (30, 40)
    assert status.ratings == len(small_dataset().interactions)
    assert status.scale == (1, 5)
    assert status.liked_threshold == 4
    assert status.models["rating"].startswith("als")
    assert status.models["ranking"] is not None


def test_recommends_to_a_user_what_is_theirs_and_unseen(engine):
    found = engine.recommend("u0", n=5)
    seen = {r.item_id for r in engine.ratings("u0")}
    assert len(found) == 5
    assert not seen & {r.item_id for r in found}
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)
    for r in found:
        assert 1 <= r.predicted <= 5
        assert r.genres in (["Crime", "Drama"], ["Comedy"])
        assert r.reasons
        assert all(reason.text for reason in r.reasons)
        assert {reason.item_id for reason in r.reasons} - {None} <= seen


@pytest.mark.parametrize("model", ["als", "user_clusters", "item_clusters"])
def test_recommendations_follow_taste(engine, model):
    """Even people like the first half, odd ones the second."""
    for user in range(10):
        found = engine.recommend(f"u{user}", n=5, model=model)
        own = sum((int(r.item_id[1:]) < 20) == (user % 2 == 0) for r in found)
        assert own >= 4, (user, found)


def test_recommends_what_was_seen_only_when_asked(engine):
    everything = engine.recommend("u0", n=40, include_seen=True)
    assert len(everything) == 40
    assert len(engine.recommend("u0", n=40)) == 40 - len(engine.ratings("u0"))


def test_recommends_by_any_trained_model(engine):
    for name in ("als", "popularity", "item_clusters", "user_clusters", "biases"):
        assert len(engine.recommend("u1", n=3, model=name)) == 3
    archive = engine.status().models["rating"]
    assert engine.recommend("u1", model=archive) == engine.recommend("u1", model="als")
    with pytest.raises(UnknownModel, match="als"):
        engine.recommend("u1", model="ease")
    with pytest.raises(UnknownModel):
        engine.recommend("u1", model="")
    with pytest.raises(UnknownUser, match="nobody"):
        engine.recommend("nobody")
    for n in (0, -3):
        with pytest.raises(InvalidInput, match="`n`"):
            engine.recommend("u1", n=n)


def test_recommends_for_titles_and_profiles_and_stores_nothing(engine):
    before = engine.status()
    found = engine.recommend_for(["Fargo (1996)", "m1"], Profile(30, "F", "writer"), n=5)
    assert len(found) == 5
    assert not {"m0", "m1"} & {r.item_id for r in found}
    # Two liked titles of the first half.
    assert sum(int(r.item_id[1:]) < 20 for r in found) >= 4
    assert len(engine.recommend_for(profile=Profile(age=25), n=3)) == 3
    assert len(engine.recommend_for(n=3)) == 3
    with pytest.raises(InvalidParameter, match="student, writer"):
        engine.recommend_for(profile=Profile(occupation="wizard"), n=3)
    assert engine.status() == before
    for age in (-3, 0, 130):
        with pytest.raises(InvalidParameter, match="age"):
            Profile(age=age)


def test_a_rating_counts_in_the_very_next_answer(engine):
    first = engine.recommend("u1", n=1)[0].item_id
    stored = engine.rate("u1", first, 5)
    assert stored.value == 5
    assert engine.ratings("u1")[0] == stored
    assert first not in {r.item_id for r in engine.recommend("u1", n=40)}
    # Somebody new, who likes the second half.
    for item in ("m25", "m26", "m27", "m28"):
        engine.rate("newcomer", item, 5)
    mine = [int(r.item_id[1:]) for r in engine.recommend("newcomer", n=5, model="als")]
    assert all(i >= 20 for i in mine)
    assert engine.predict("newcomer", "m30").rating > engine.predict("newcomer", "m3").rating


def test_what_may_not_be_rated(engine):
    before = engine.status()
    for value in (0, 5.5, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match=r"1\.\.5"):
            engine.rate("u0", "m0", value)
    with pytest.raises(UnknownItem, match="m99"):
        engine.rate("u0", "m99", 3)
    with pytest.raises(InvalidInput, match="empty"):
        engine.rate(" ", "m0", 3)
    assert engine.status() == before


def test_predictions(engine):
    found = engine.predict("u0", "m5")
    assert 1 <= found.rating <= 5
    assert found.title == "Sabrina (1995)"
    assert found.sure in ("low", "medium", "high")
    with pytest.raises(UnknownUser):
        engine.predict("nobody", "m5")
    with pytest.raises(UnknownItem):
        engine.predict("u0", "m99")


def test_how_sure_follows_what_it_rests_on(engine):
    stranger = engine.recommend_for(["m3"], n=1)[0]
    assert stranger.sure == "low"
    assert engine.recommend("u0", n=1)[0].sure == "medium"


def test_similar(engine):
    found = engine.similar("Fargo", n=4)
    assert "m0" not in {r.item_id for r in found}
    assert all(int(r.item_id[1:]) < 20 for r in found)
    assert found[0].reasons[0].item_id == "m0"
    with pytest.raises(UnknownItem):
        engine.similar("No Such Film")


def test_explains(engine):
    for model in ("als", "user_clusters", "item_clusters", "popularity", "biases"):
        reasons = engine.explain("u0", "m7", model=model)
        assert reasons
        weights = [r.weight for r in reasons]
        assert weights == sorted(weights, reverse=True)
    kinds = {r.kind for r in engine.explain("u0", "m7", model="item_clusters")}
    assert {"rated", "feature"} <= kinds
    assert "cluster" in {r.kind for r in engine.explain("u0", "m7", model="user_clusters")}


def test_finding_titles(engine):
    assert [t.title for t in engine.search("sabrina")] == ["Sabrina (1954)", "Sabrina (1995)"] or [
        t.title for t in engine.search("sabrina")
    ] == ["Sabrina (1995)", "Sabrina (1954)"]
    assert engine.search("zzz") == []
    assert len(engine.search("", n=3)) == 3
    assert engine.title("m0").title == "Fargo (1996)"
    assert engine.resolve("the big sleep").item_id == "m1"
    with pytest.raises(Ambiguous, match="m4.*m5"):
        engine.resolve("Sabrina")
    with pytest.raises(UnknownItem, match="Fargo"):
        engine.resolve("Fragoo")


def test_ratings_newest_first(engine):
    times = [r.time for r in engine.ratings("u3")]
    assert times == sorted(times, reverse=True)
    with pytest.raises(UnknownUser):
        engine.ratings("nobody")


def test_a_person_is_exported_and_deleted(engine):
    engine.rate("guest", "m0", 4)
    assert engine.export_user("guest")["ratings"][0]["item_id"] == "m0"
    assert engine.delete_user("guest") == 2
    for question in (engine.ratings, engine.recommend, engine.export_user, engine.delete_user):
        with pytest.raises(UnknownUser):
            question("guest")


def test_before_training(untrained):
    assert untrained.search("fargo")[0].item_id == "m0"
    for question in (
        lambda: untrained.recommend("u0"),
        lambda: untrained.recommend_for(["Fargo"]),
        lambda: untrained.predict("u0", "m0"),
    ):
        with pytest.raises(NotReady, match="train"):
            question()
    with pytest.raises(Unsupported, match="item_clusters"):
        untrained.similar("Fargo")


def test_only_rankers_trained(untrained):
    train(untrained.workspace, ["popularity"])
    assert untrained.recommend("u0", n=2)[0].predicted is None
    with pytest.raises(NotReady, match="rating model"):
        untrained.predict("u0", "m0")
    with pytest.raises(Unsupported):
        untrained.similar("Fargo")


def test_only_a_rating_model_trained(untrained):
    train(untrained.workspace, ["als"])
    assert untrained.recommend("u0", n=2)
    assert untrained.similar("Fargo", n=2)


def test_implicit_feedback(tmp_path):
    data = small_dataset()
    likes = data.interactions.take(data.interactions.value >= 4)
    chosen = replace(data, interactions=replace(likes, value=None), scale=None)
    with Workspace.open(tmp_path / "implicit", create=True) as opened:
        opened.store.add_dataset(chosen)
        train(opened)
        engine = Engine(opened)
        first = engine.recommend("u0", n=1)[0]
        assert first.predicted is None
        assert engine.rate("u0", first.item_id, 1).value is None
        assert engine.recommend("u0", n=1)[0].item_id != first.item_id
        assert engine.ratings("u0")[0].item_id == first.item_id


def test_another_process_activates_a_model(engine, workspace):
    engine.recommend("u0", n=3)
    with Workspace.open(workspace.path) as elsewhere:
        archive = next(m["id"] for m in elsewhere.models() if m["model"] == "popularity")
        elsewhere.activate(archive)
    assert engine.status().models["ranking"] == archive
    assert engine.recommend("u0", n=3) == engine.recommend("u0", n=3, model="popularity")


def test_items_newer_than_the_models(engine, workspace):
    more = small_dataset()
    import pyarrow as pa

    from matinee.data.dataset import Vocabulary
    from matinee.interactions import Interactions

    added = replace(
        more,
        name="more",
        items=Vocabulary(["new"]),
        item_table=pa.table({"item_id": ["new"], "title": ["Brand New (2026)"]}),
        interactions=Interactions([0], [0], [5.0], [2_000_000], n_users=30, n_items=1),
    )
    workspace.store.add_dataset(added)
    assert engine.resolve("brand new").item_id == "new"
    assert engine.recommend("u0", n=40), "a rating of a new item does not break old models"
    assert 1 <= engine.predict("u1", "new").rating <= 5
    for question in (engine.similar, lambda i: engine.explain("u0", i)):
        with pytest.raises(NotReady, match="newer"):
            question("new")
    train(workspace, ["als", "item_clusters"])
    assert engine.explain("u1", "new", model="als")


def test_no_parallel_work_from_two_threads_breaks_it(engine):
    from concurrent.futures import ThreadPoolExecutor

    expected = engine.recommend_for(["m3"], n=5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: engine.recommend_for(["m3"], n=5), range(40)))
    assert all(a == expected for a in answers)


def test_titles_and_counts_are_those_of_this_moment(engine, workspace):
    before = engine.title("m0")
    for i in range(25):
        workspace.store.rate(f"new{i}", "m0", 5.0, 1)
    after = engine.title("m0")
    assert after.n_ratings == before.n_ratings + 25
    assert after.mean > before.mean
    again = replace(small_dataset(), name="again")
    table = again.item_table
    titles = ["Renamed (1996)", *table.column("title").to_pylist()[1:]]
    renamed = table.set_column(table.column_names.index("title"), "title", pa.array(titles))
    workspace.store.add_dataset(replace(again, item_table=renamed))
    assert engine.title("m0").title == "Renamed (1996)"
    ten = engine.recommend("new0", 40, include_seen=True)
    assert "Renamed (1996)" in {r.title for r in ten}


def test_no_more_models_are_held_than_are_needed(engine, workspace):
    for _ in range(3):
        train(workspace, ["popularity", "biases"])
        for name in ("popularity", "biases"):
            engine.recommend("u0", 1, model=name)
    assert len(engine._loaded) <= 4


def test_an_active_model_that_is_gone_is_not_the_callers_mistake(engine, workspace):
    shutil.rmtree(workspace.path / "models" / workspace.active("ranking"))
    with pytest.raises(NotReady, match="train one again"):
        Engine(workspace).recommend("u0", 1)
    with pytest.raises(UnknownModel):
        engine.recommend("u0", 1, model="als-gone")


def test_the_share_of_a_cluster_is_the_one_that_was_counted(engine):
    told = 0
    for found in engine.recommend("u0", 5, model="user_clusters"):
        for reason in found.reasons:
            shown = re.search(r"liked by (\d+)% of the (\d+) people", reason.text)
            if reason.kind == "cluster" and shown:
                share, size = map(int, shown.groups())
                told += 1
                assert np.abs(np.arange(size + 1) / size - share / 100).min() < 0.0051
    assert told
