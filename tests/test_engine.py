"""The engine on a small workspace: ids in, ids out, and a rating counts at once."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array
from small import small_dataset, small_workspace

import matinee
from matinee.answers import Profile
from matinee.engine import Engine
from matinee.errors import (
    Ambiguous,
    ArchiveError,
    InvalidInput,
    InvalidParameter,
    NotReady,
    UnknownItem,
    UnknownModel,
    UnknownUser,
    Unsupported,
)
from matinee.live_models import LiveModels
from matinee.models.als import ALS
from matinee.models.user_clusters import UserClusters
from matinee.storage.workspace import Workspace
from matinee.training import DEFAULT_MODELS, train
from matinee.wishes import Wishes


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
    assert status.models["rating"].startswith(("als", "mle"))
    assert status.models["ranking"].startswith(("ials", "three_ways"))


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


@pytest.mark.parametrize("model", ["als", "mle", "ials", "user_clusters", "item_clusters"])
def test_recommendations_follow_taste(engine, model):
    """Even people like the first half, odd ones the second."""
    own = []
    for user in range(10):
        found = engine.recommend(f"u{user}", n=5, model=model)
        own.append(sum((int(r.item_id[1:]) < 20) == (user % 2 == 0) for r in found))
    # A few clusters of few people or items leave some of the last places to chance.
    assert min(own) >= 3
    assert sum(own) >= 40


def test_recommends_what_was_seen_only_when_asked(engine):
    everything = engine.recommend("u0", n=40, include_seen=True)
    assert len(everything) == 40
    assert len(engine.recommend("u0", n=40)) == 40 - len(engine.ratings("u0"))


def test_recommends_by_any_trained_model(engine):
    for name in DEFAULT_MODELS:
        assert len(engine.recommend("u1", n=3, model=name)) == 3
    archive = engine.status().models["rating"]
    named = archive.partition("-")[0]
    assert engine.recommend("u1", model=archive) == engine.recommend("u1", model=named)
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


def test_somebody_new_is_served_in_three_ways(engine):
    """Until 20 liked items are known, where three_ways is trained and no model is asked for."""
    profile = Profile(30, "F", "writer")
    twenty = [f"m{i}" for i in range(20)]
    for liked in ([], ["m1"], twenty[:19]):
        three = engine.recommend_for(liked, profile, 5, model="three_ways")
        assert engine.recommend_for(liked, profile, 5) == three
    engine.workspace.activate(engine.workspace.newest("ials", 1)[0]["id"])
    assert engine.recommend_for(twenty, n=5) == engine.recommend_for(twenty, n=5, model="ials")
    # What is rated and not liked does not count.
    for item, value in (("m21", 1), ("m22", 1), *((item, 5) for item in twenty[:19])):
        engine.rate("new", item, value)
    assert engine.recommend("new", 5) == engine.recommend("new", 5, model="three_ways")
    assert engine.explain("new", "m25") == engine.explain("new", "m25", model="three_ways")
    engine.rate("new", "m19", 4)
    assert engine.recommend("new", 5) == engine.recommend("new", 5, model="ials")
    assert engine.explain("new", "m25") == engine.explain("new", "m25", model="ials")


def test_new_people_are_served_by_people_like_them_where_three_ways_are_not_trained(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        train(workspace, ["popularity", "user_clusters"])
        engine = Engine(workspace)
        found = engine.recommend_for(["m1"], n=5)
        assert found == engine.recommend_for(["m1"], n=5, model="user_clusters")
        with pytest.raises(NotReady, match="train three_ways"):
            engine.recommend_for(["m1"], way="blend")
        with pytest.raises(NotReady, match="train three_ways"):
            engine.ways_for(["m1"])
        with pytest.raises(NotReady, match="train"):
            engine.fans(["m1"])


def test_new_people_are_served_where_what_is_for_them_cannot_be_read(tmp_path, monkeypatch, caplog):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        popular, _ = train(workspace, ["popularity", "user_clusters"])
        workspace.activate(popular.archive_id)
        # From here on the archive is that of an older matinee, which learned less.
        monkeypatch.setitem(UserClusters.__annotations__, "newer_", float)
        engine = Engine(workspace)
        found = engine.recommend_for(["m1"], n=5)
        assert found == engine.recommend_for(["m1"], n=5, model="popularity")
        assert "train it again" in caplog.text
        with pytest.raises(ArchiveError):
            engine.recommend_for(["m1"], n=5, model="user_clusters")


def test_what_cannot_be_read_is_passed_over(workspace, monkeypatch, caplog):
    """Of fans and of what is alike the next newest answers; where there is none it is said."""
    engine = Engine(workspace)
    usual = engine.similar("m1", 3), engine.fans(["m1"], 3)
    learned = LiveModels.now
    train(workspace, ["alike", "fans"])

    def now(models, archive_id):
        if archive_id.startswith(unreadable):
            raise ArchiveError(f"{archive_id} must be trained again.")
        return learned(models, archive_id)

    monkeypatch.setattr(LiveModels, "now", now)
    unreadable = ("alike", "fans")
    assert (engine.similar("m1", 3), engine.fans(["m1"], 3)) == usual
    assert "Passed over" in caplog.text
    unreadable = ("alike", "fans", "three_ways")
    with pytest.raises(NotReady, match="train three_ways"):
        engine.fans(["m1"], 3)


def test_new_people_are_not_served_by_what_was_only_tried_out(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        train(workspace, ["als", "popularity"])
        (good,) = train(workspace, ["user_clusters"], parameters={"n_clusters": 2})
        (worse,) = train(workspace, ["user_clusters"], parameters={"n_clusters": 1})
        assert good.evaluation.figures["ndcg@10"] > worse.evaluation.figures["ndcg@10"]
        engine = Engine(workspace)
        found = engine.recommend_for(["m1"], n=5)
        assert found == engine.recommend_for(["m1"], n=5, model=good.archive_id)
        assert found != engine.recommend_for(["m1"], n=5, model=worse.archive_id)
        names = [m["id"] for m in workspace.newest("user_clusters", 1)]
        assert names == [worse.archive_id]


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
    assert [i.share for i in found.intervals] == [0.5, 0.9]
    half, most = found.intervals
    assert 1 <= most.low <= half.low <= round(found.rating) <= half.high <= most.high <= 5
    assert all(0.3 < i.measured <= 1 for i in found.intervals)
    assert 0 < found.error < 2
    with pytest.raises(UnknownUser):
        engine.predict("nobody", "m5")
    with pytest.raises(UnknownItem):
        engine.predict("u0", "m99")


def test_how_sure_follows_what_it_rests_on(engine):
    stranger = engine.recommend_for(["m3"], n=1)[0]
    assert (stranger.sure, stranger.error, stranger.intervals) == ("low", None, ())
    guess = engine.workspace.manifest(engine.status().models["rating"])["details"]["calibration"][
        "guess"
    ]
    for known in engine.recommend("u0", n=40):
        share = known.error / guess
        assert known.sure == ("high" if share <= 0.7 else "medium" if share <= 0.85 else "low")
    found = engine.recommend("u0", n=1)[0]
    told = engine.predict("u0", found.item_id)
    assert (told.sure, told.error, told.intervals) == (found.sure, found.error, found.intervals)


def test_models_are_told_when_it_is_and_when_ratings_were_given(tmp_path, monkeypatch):
    told = []
    fold_in = ALS._fold_in
    monkeypatch.setattr(
        ALS, "_fold_in_at", lambda m, h, p, times: told.append(times) or fold_in(m, h, p)
    )
    monkeypatch.setattr(
        ALS,
        "_score_pairs_at",
        lambda m, state, items, now: told.append(now) or m._score_pairs(state, items),
    )
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        train(workspace, ["als"])
        engine = Engine(workspace)
        told.clear()
        asked = int(time.time())
        engine.predict("u3", "m5")
        times, now = told
        assert sorted(times.tolist()) == sorted(r.time for r in engine.ratings("u3"))
        assert len(now) == 1
        assert asked <= now[0] <= asked + 60


def test_a_model_of_before_knows_no_errors(tmp_path):
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        (trained,) = train(workspace, ["als"])
        details = workspace.manifest(trained.archive_id)["details"]
        del details["calibration"]
        model = workspace.load_model(trained.archive_id)
        workspace.activate(workspace.save_model(model, details))
        found = Engine(workspace).predict("u0", "m5")
    assert (found.sure, found.error, found.intervals) == ("medium", None, ())


def test_similar(engine):
    found = engine.similar("Fargo", n=4)
    assert "m0" not in {r.item_id for r in found}
    assert all(int(r.item_id[1:]) < 20 for r in found)
    assert found[0].reasons[0].item_id == "m0"
    with pytest.raises(UnknownItem):
        engine.similar("No Such Film")
    with pytest.raises(Unsupported, match="popularity"):
        engine.similar("Fargo", model="popularity")
    with pytest.raises(InvalidParameter, match="threshold"):
        engine.similar("Fargo", threshold=1.5)


def test_similar_enough_and_as_wished(engine):
    every = engine.similar("Fargo", n=40)
    bound = every[3].score
    assert engine.similar("Fargo", n=40, threshold=bound) == every[:4]
    assert engine.similar("Fargo", n=2, threshold=bound) == every[:2]
    comedies = engine.similar("Fargo", n=5, wishes=Wishes(genres=("comedy",)))
    assert comedies == [r for r in every if r.genres == ["Comedy"]][:5]
    assert engine.similar("Fargo", model="als") != every[:10]


def test_lists_keep_to_wishes(engine):
    comedy = Wishes(genres=("Comedy",), years=(1975, 1984), exclude=("Picture 30 (1980)",))
    for found in (
        engine.recommend("u0", 5, wishes=comedy),
        engine.recommend_for(["Fargo"], n=5, wishes=comedy),
        engine.recommend_for(["Fargo"], n=5, way="people", wishes=comedy),
    ):
        assert 1 <= len(found) <= 5
        for r in found:
            assert r.genres == ["Comedy"]
            assert 1975 <= r.year <= 1984
            assert r.item_id != "m30"
    # The order is that of the whole list.
    whole = engine.recommend("u0", 40, include_seen=True)
    kept = engine.recommend("u0", 40, include_seen=True, wishes=comedy)
    ids = [r.item_id for r in kept]
    assert ids == [r.item_id for r in whole if r.item_id in set(ids)]
    assert len(ids) == 9


def test_a_diverse_list_is_less_alike(engine):
    def alike(found):
        index = [int(r.item_id[1:]) for r in found]
        return engine._serving.with_item_vectors().cosines(index).sum()

    plain, varied = (engine.recommend("u0", 6, wishes=Wishes(diversity=d)) for d in (0, 0.8))
    assert plain == engine.recommend("u0", 6)
    assert varied[0] == plain[0]
    assert len({r.item_id for r in varied}) == 6
    assert alike(varied) < alike(plain)


def test_where_nothing_is_left_it_is_said_why(engine):
    nothing = Wishes(genres=("Comedy",), years=(1946, 1946))
    with pytest.raises(InvalidInput, match="no item of genre Comedy between 1946 and 1946"):
        engine.recommend("u0", wishes=nothing)
    named = ["Fargo", "Big Night"]
    with pytest.raises(InvalidInput, match=r"2 items of genre Drama between 1996 .*, all known"):
        engine.recommend_for(named, wishes=Wishes(genres=("Drama",), years=(1996, 1996)))
    with pytest.raises(InvalidParameter, match="Comedy, Crime, Drama"):
        engine.recommend("u0", wishes=Wishes(genres=("Western",)))
    with pytest.raises(Ambiguous):
        engine.recommend("u0", wishes=Wishes(exclude=("Sabrina",)))


def test_what_is_named_never_comes_back_under_another_id(workspace):
    """Big Night is in the catalogue twice."""
    data = small_dataset()
    titles = ["Big Night (1996)" if t.startswith("Notorious") else t
              for t in data.item_table["title"].to_pylist()]  # fmt: skip
    years = [1996 if i == 3 else y for i, y in enumerate(data.item_table["year"].to_pylist())]
    table = data.item_table.set_column(1, "title", pa.array(titles))
    table = table.set_column(2, "year", pa.array(years, pa.int32()))
    workspace.store.add_dataset(replace(data, item_table=table))
    engine = Engine(workspace)
    for way in ("blend", "alike", "fans", "people"):
        assert not {"m2", "m3"} & {r.item_id for r in engine.recommend_for(["m2"], n=40, way=way)}
    assert "m3" not in {
        r.item_id for r in engine.recommend("u0", 40, wishes=Wishes(exclude=("m2",)))
    }
    assert "m3" not in {f.item_id for f in engine.fans(["m2"], 40)}


def test_ways_for_somebody_new(engine):
    profile = Profile(30, "F", "novelist")
    found = engine.ways_for(["Fargo", "m1"], Profile(30, "F", "studnet"), 4)
    assert list(found.lists) == ["blend", "alike", "fans", "people"]
    assert found.notes == ("occupation 'studnet' was read as student",)
    for way, listed in found.lists.items():
        assert len(listed) == 4
        assert not {"m0", "m1"} & {r.item_id for r in listed}
        assert all(r.reasons for r in listed)
        again = engine.recommend_for(["m0", "m1"], Profile(30, "F", "student"), 4, way=way)
        assert again == listed
    assert found.lists["alike"] != found.lists["people"]
    with pytest.raises(InvalidParameter, match="blend, alike, fans, people"):
        engine.recommend_for(["m0"], way="magic")
    with pytest.raises(InvalidParameter, match="model or a way"):
        engine.recommend_for(["m0"], way="fans", model="ials")
    assert engine.understood(profile).profile["occupation"] in ("writer", "student")


def test_a_way_that_nothing_is_known_for_is_empty(engine):
    by_profile = engine.ways_for([], Profile(30, "F"), 3)
    assert [way for way, listed in by_profile.lists.items() if listed] == ["blend", "people"]
    assert len(by_profile.notes) == 2
    nothing = engine.ways_for(n=3)
    assert [way for way, listed in nothing.lists.items() if listed] == ["blend"]
    assert "everybody likes" in nothing.notes[-1]


def test_fans(engine, workspace):
    found = engine.fans(["Fargo"], 5)
    likes = {u: {r.item_id for r in engine.ratings(f"u{u}") if r.value >= 4} for u in range(30)}
    fans = [u for u, liked in likes.items() if "m0" in liked]
    assert 1 <= len(found) <= 5
    for each in found:
        both = sum(each.item_id in likes[u] for u in fans)
        everybody = sum(each.item_id in liked for liked in likes.values())
        assert each.people == both
        assert each.share == pytest.approx(both / len(fans))
        assert each.everybody == pytest.approx(everybody / 30)
        assert each.lift == pytest.approx(each.share / each.everybody, rel=1e-5)
        assert int(each.item_id[1:]) < 20
    several = engine.fans(["m0", "m1"], 40, wishes=Wishes(years=(1960, 1969)))
    assert all(1960 <= each.year <= 1969 for each in several)
    with pytest.raises(InvalidInput, match="at least one title"):
        engine.fans([])


def test_details(engine, workspace):
    table = pa.table(
        {
            "item_id": ["m0"],
            "overview": ["A kidnapping in the snow."],
            "keywords": [["kidnapping", "snow"]],
            "runtime": pa.array([98.0], pa.float32()),
            "imdb_id": ["0116282"],
            "tmdb_id": ["275"],
            "original_title": ["Fargo, ND"],
        }
    )
    workspace.store.describe_items(table)
    told = engine.details("m0")
    assert (told.title, told.year, told.runtime) == ("Fargo (1996)", 1996, 98)
    assert told.keywords == ["kidnapping", "snow"]
    assert told.also == ["Fargo, ND"]
    assert told.links == {
        "IMDb": "https://www.imdb.com/title/tt0116282/",
        "TMDB": "https://www.themoviedb.org/movie/275",
    }
    bare = engine.details("m7")
    assert (bare.overview, bare.keywords, bare.links, bare.tags) == (None, [], {}, [])
    with pytest.raises(UnknownItem):
        engine.details("m99")


def test_explains(engine):
    for model in DEFAULT_MODELS:
        reasons = engine.explain("u0", "m7", model=model)
        assert reasons
        weights = [r.weight for r in reasons]
        assert weights == sorted(weights, reverse=True)
    shown = [f"m{i}" for i in range(20)]
    kinds = {r.kind for i in shown for r in engine.explain("u0", i, model="item_clusters")}
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
    with pytest.raises(Unsupported, match="alike"):
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
        assert engine.title(first.item_id).mean is None
        assert engine.rate("u0", first.item_id, 1).value is None
        assert engine.recommend("u0", n=1)[0].item_id != first.item_id
        assert engine.ratings("u0")[0].item_id == first.item_id


def test_another_process_activates_a_model(engine, workspace):
    for item in range(20):
        engine.rate("u0", f"m{item}", 5)
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
    for _ in range(4):
        train(workspace, ["popularity", "biases"])
        for name in ("popularity", "biases"):
            engine.recommend("u0", 1, model=name)
    assert len(engine._models) <= 6


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


# ---- clusters of people -----------------------------------------------------------------------


def _clustering(engine):
    """Id, members (users,) and the model of the people's clusters, as the engine holds it."""
    (archive_id,) = engine.workspace.store.memberships.archives()
    kept = engine.workspace.store.memberships
    n_users = engine.workspace.store.n_users()
    members = np.array([kept.cluster_of(archive_id, u) for u in range(n_users)])
    return archive_id, members, engine._models.now(archive_id)[0]


def _exact(engine):
    _, members, model = _clustering(engine)
    liked = engine.workspace.store.interactions().liked(engine.liked_threshold).matrix
    for cluster in range(len(model.size_)):
        mine = members == cluster
        assert model.size_[cluster] == mine.sum()
        counted = liked[mine].sum(axis=0)[: model.n_items]
        np.testing.assert_array_equal(model.count_[cluster], counted)
    return members


def test_the_counts_of_a_model_are_those_of_this_moment(engine, workspace):
    assert (_exact(engine) >= 0).all()
    engine.rate("u0", "m30", 5)
    _exact(engine)
    with Workspace.open(workspace.path) as elsewhere:
        elsewhere.store.rate("u2", "m30", 4, 1)
        elsewhere.store.rate("u2", "m0", 1, 1)
        elsewhere.store.rate("u4", "m0", 4, 1)
    _exact(engine)
    engine.delete_user("u3")
    assert (_exact(engine) < 0).sum() == 1
    workspace.store.add_dataset(
        matinee.from_arrays(["u1", "u2"], ["m7", "brand new"], [5.0, 5.0], name="more")
    )
    _exact(engine)


def test_what_a_cluster_comes_to_like_rises_at_once(engine, workspace):
    def ranked():
        return [r.item_id for r in engine.recommend_for(["m1"], n=40, model="user_clusters")]

    archive_id, _, model = _clustering(engine)
    likes_m1 = np.zeros((1, 40), np.float32)
    likes_m1[0, 1] = 1
    cluster = int(model.place(csr_array(likes_m1))[0])
    last = ranked()[-1]
    for user in workspace.store.memberships.people(archive_id, cluster):
        engine.rate(f"u{user}", last, 5)
    assert ranked().index(last) < 20
    (title,) = (
        r for r in engine.recommend_for(["m1"], n=40, model="user_clusters") if r.item_id == last
    )
    assert "liked by 100% of the" in title.reasons[0].text


def test_somebody_new_joins_a_cluster_with_the_first_liked_title(engine, workspace):
    archive_id, _, model = _clustering(engine)
    kept = workspace.store.memberships
    engine.rate("new", "m25", 2)
    assert kept.cluster_of(archive_id, 30) == -1, "nothing is liked yet"
    engine.rate("new", "m26", 5)
    likes_m26 = np.zeros((1, 40), np.float32)
    likes_m26[0, 26] = 1
    cluster = int(model.place(csr_array(likes_m26))[0])
    assert _exact(engine)[30] == cluster
    for item in ("m0", "m1", "m2", "m3", "m4", "m6"):
        engine.rate("new", item, 5)
    assert _exact(engine)[30] == cluster, "a member stays until the next training"
    workspace.store.put_user("shy", {"age": 30, "gender": "F"})
    engine.rate("shy", "m25", 1)
    assert kept.cluster_of(archive_id, 31) == -1, "a profile alone makes no member, as in training"
    (trained,) = train(workspace, ["user_clusters"])
    assert kept.cluster_of(trained.archive_id, 30) >= 0
    assert kept.cluster_of(trained.archive_id, 31) == -1
    # Of two archives of a model the newest takes whoever is new; the active one would, too.
    engine.rate("later", "m26", 5)
    assert kept.cluster_of(trained.archive_id, 32) >= 0
    assert kept.cluster_of(archive_id, 32) == -1


def test_a_rating_is_stored_whatever_becomes_of_its_cluster(engine, workspace, caplog):
    archive_id, _, _ = _clustering(engine)
    shutil.rmtree(workspace.path / "models" / archive_id)
    assert Engine(workspace).rate("new", "m25", 5).value == 5
    assert "joins no cluster" in caplog.text
    assert workspace.store.memberships.cluster_of(archive_id, 30) == -1


def test_counts_are_exact_while_others_write_and_join(engine, workspace):
    from concurrent.futures import ThreadPoolExecutor

    def rates(who):
        for item in range(12):
            engine.rate(f"new{who}", f"m{(7 * who + item) % 40}", float(item % 5 + 1))
        if who == 1:
            engine.delete_user("new1")

    with ThreadPoolExecutor(4) as pool:
        under_way = [pool.submit(rates, who) for who in range(4)]
        while not all(u.done() for u in under_way):
            assert engine.recommend("u0", 3, model="user_clusters")
    for done in under_way:
        done.result()
    members = _exact(engine)
    there = [workspace.store.user_index(f"new{who}") for who in (0, 2, 3)]
    assert (members[there] >= 0).all()
