"""Every row of docs/from-the-references.md is "not yet", or is exercised by a test named here."""

from __future__ import annotations

import json
import pkgutil
import re
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from documents import ROOT, rows, spans, text_of
from service.serving import KEY, serving

import matinee
from matinee.cli import main
from matinee.clustering.criteria import adjusted_rand, wcss
from matinee.clustering.kmeans import kmeans
from matinee.clustering.repair import repair
from matinee.clustering.scan import scan
from matinee.clusters import tables
from matinee.data import filters
from matinee.features.matrices import liked_matrix
from matinee.report import choosing_k

PAGE = "docs/from-the-references.md"

ELSEWHERE = {
    "fetch a set": "data/test_download.py::test_a_download_goes_on_where_it_stopped",
    "ratings of your own": "data/test_import.py::"
    "test_every_kind_of_bad_row_is_told_with_line_column_and_reason",
    "cleaning": "data/test_filters.py::test_what_each_filter_leaves",
    "facts about a set": "data/test_describe.py::test_people_and_folds",
    "histograms of ratings and of ratings a person": "report/test_first_look.py::"
    "test_everything_is_in_it",
    "genres and years": "features/test_side.py::test_items",
    "people: age, gender, occupation, zip": "features/test_side.py::test_people",
    "person x movie matrix": "features/test_matrices.py::test_ratings_and_likes",
    "person x genre matrix": "features/test_matrices.py::test_genres_of_real_people",
    "factorization by ALS, MLE and LS": "cli/test_factorize.py::test_figures_by_epoch_and_a_folder",
    "search by title": "test_catalogue.py::test_search",
    "a title to movies alike": "test_engine.py::test_similar",
    "somebody new, by profile and liked titles": "test_engine.py::"
    "test_recommends_for_titles_and_profiles_and_stores_nothing",
    "saved models": "storage/test_archive.py::test_every_model_comes_back_bit_for_bit",
    "database of ratings, people and movies": "storage/test_store.py::"
    "test_an_import_keeps_the_data_sets_order_and_everything_it_tells",
    "command line": "test_docs.py::test_every_command_and_option_is_in_the_reference",
    "tests": "contracts/test_every_model.py::test_learns_taste",
}
"""Rows that a test of another file exercises."""

HERE: dict[str, str] = {}
"""Rows that a test of this file exercises."""


def row(*names):
    def kept(test):
        HERE.update(dict.fromkeys(names, test.__name__))
        return test

    return kept


# ---- the page ---------------------------------------------------------------------------


def page_rows() -> dict[str, str]:
    """What each row says is done here."""
    found = [r for r in rows(text_of(PAGE)) if len(r) == 3 and r[0] != "what"]
    assert len({name for name, *_ in found}) == len(found)
    return {name: here for name, _, here in found}


def test_every_row_is_not_yet_or_has_a_test():
    tested = [*HERE, *ELSEWHERE]
    assert len(set(tested)) == len(tested)
    done = [name for name, here in page_rows().items() if here != "not yet"]
    assert sorted(tested) == sorted(done)
    assert len(done) > 40


@pytest.mark.parametrize("named", ELSEWHERE.values())
def test_tests_of_other_files_are_there(named):
    file, _, name = named.partition("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text("utf-8")


@pytest.mark.parametrize(("page", "at_least"), [(PAGE, 15), ("docs/clusters.md", 3)])
def test_python_that_the_pages_name_is_there(page, at_least):
    named = {s for s in spans(text_of(page)) if re.fullmatch(r"matinee(\.\w+)+", s)}
    assert len(named) >= at_least
    for name in named:
        found = pkgutil.resolve_name(name)
        assert found is not None, name


# ---- what the tests share ---------------------------------------------------------------


@pytest.fixture(scope="module")
def data(latest_small, tmp_path_factory):
    """ml-latest-small: people with 100 to 1,000 ratings, movies that a fifth of them rated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATINEE_DATA", str(latest_small))
        patch.setenv("MATINEE_CACHE", str(tmp_path_factory.mktemp("cache")))
        whole = matinee.load("ml-latest-small")
    return filters.apply(whole, [filters.ratings_per_user(100, 1000), filters.max_sparsity(0.8)])[0]


@pytest.fixture(scope="module")
def likes(data):
    return liked_matrix(data, 4.0)


@pytest.fixture(scope="module")
def scanned(likes):
    return scan(likes.values, range(1, 6), n_init=1)


@pytest.fixture(scope="module")
def path(data, tmp_path_factory):
    """A workspace with one clustering of each model."""
    folder = tmp_path_factory.mktemp("references") / "w"
    with matinee.Workspace.open(folder, create=True) as workspace:
        workspace.store.add_dataset(data)
        for name, stated in (
            ("item_clusters", {"n_clusters": 8}),
            ("spectral_clusters", {"n_clusters": 4}),
            ("user_clusters", {"features": "likes", "n_clusters": 15}),
        ):
            matinee.train(workspace, [name], parameters=stated)
    return folder


@pytest.fixture(scope="module")
def workspace(path):
    with matinee.Workspace.open(path) as opened:
        yield opened


@pytest.fixture
def engine(workspace):
    return matinee.Engine(workspace)


@pytest.fixture(scope="module")
def client(path):
    with serving(path, key=KEY) as running, running.client() as somebody:
        yield somebody


@pytest.fixture
def run(path, monkeypatch, capsys):
    """What a command prints, as JSON."""

    def typed(*words):
        monkeypatch.setenv("MATINEE_WORKSPACE", str(path))
        monkeypatch.setattr(sys, "argv", ["matinee", *words, "--json"])
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return json.loads(printed.out)

    return typed


# ---- ratings and features ---------------------------------------------------------------


@row("links to IMDb and TMDB")
def test_links_are_joined_by_the_movies_own_id(data):
    toy_story = data.item_table.to_pylist()[data.items.index("1")]
    assert toy_story["title"] == "Toy Story (1995)"
    assert (toy_story["imdb_id"].lstrip("t0"), toy_story["tmdb_id"]) == ("114709", "862")


@row("tags")
def test_tags_are_features(data):
    side = matinee.side_information(data.item_table, data.user_table, data.tags)
    tags = [n for n in side.item_feature_names if n.startswith("tag:")]
    assert "tag:atmospheric" in tags
    column = side.item_features[:, [side.item_feature_names.index("tag:atmospheric")]]
    assert column.nnz >= 5


# ---- clusters ---------------------------------------------------------------------------


@row("clusters of movies")
def test_movies_are_not_grouped_by_their_number(engine, data):
    model, _ = engine.clusters.load(engine.clusters.named("item_clusters").archive_id)
    ids = np.array([[float(i)] for i in data.items.ids], np.float32)
    traits = matinee.side_information(data.item_table, data.user_table).item_features.toarray()
    with_id = np.hstack([ids, traits]).astype(np.float32)
    by_id, as_000_does = (kmeans(points, 5).labels for points in (ids, with_id))
    assert adjusted_rand(as_000_does, by_id) > 0.9
    assert adjusted_rand(model.labels_, by_id) < 0.3


@row("clusters of people by k-means")
def test_people_are_grouped_by_what_they_like(run):
    shown = run("clusters", "show", "--model", "user_clusters")
    assert (shown["clustering"]["on"], shown["clustering"]["features"]) == ("users", "likes")
    assert 2 <= len(shown["clusters"]) <= 15
    assert min(c["size"] for c in shown["clusters"]) >= 6


@row("spectral clusters of people")
def test_people_are_grouped_by_spectral_clustering(run, data):
    shown = run("clusters", "show", "--model", "spectral_clusters")
    assert (shown["clustering"]["method"], len(shown["clusters"])) == ("spectral", 4)
    assert sum(c["size"] for c in shown["clusters"]) == len(data.users)


@row("elbow, differences with a boundary, a scan in parts")
def test_a_scan_goes_on(run):
    words = ["clusters", "scan", "--features", "likes", "--n-init", "1", "--no-quality"]
    first = run(*words, "--k", "1:3")
    both = run(*words, "--k", "4", "--boundary", "500", "--upto", "4")
    assert [r["k"] for r in first["scan"]] == [1, 2, 3]
    assert [r["k"] for r in both["scan"]] == [1, 2, 3, 4]
    assert both["scan"][:3] == first["scan"]
    assert both["boundary"] == 500
    assert Path(both["report"]).exists()


@row("silhouette by k")
def test_a_scan_says_that_there_is_no_structure(scanned):
    assert np.isnan(scanned.silhouette[0])
    assert (np.abs(scanned.silhouette[1:]) < 0.25).all()
    assert scanned.structure == "none"
    assert "no structure to speak of" in scanned.verdict


@row("plots of clusters")
def test_a_map_of_clusters(engine, client):
    shown = engine.clusters.shown("user_clusters")
    places = [(c.x, c.y) for c in shown.clusters]
    assert len(set(places)) == len(places)
    assert all(axis.low or axis.high for axis in shown.axes)
    told = client.get("/api/v1/clusters/user_clusters").json()
    assert [(c["x"], c["y"]) for c in told["clusters"]] == places
    assert "<svg" in client.get("/clusters").text


@row("repair of small clusters")
def test_repair_keeps_counts_exact(likes):
    found = kmeans(likes.values, 15, n_init=1)
    done = repair(found.labels, likes.values, smallest=6)
    assert len(done.moved)
    assert np.bincount(done.labels).min() >= 6
    for cluster in range(done.counts.shape[0]):
        members = likes.values[np.flatnonzero(done.labels == cluster)]
        np.testing.assert_array_equal(done.counts[[cluster]].toarray()[0], members.sum(axis=0))


@row("tables of clusters")
def test_titles_people_and_clusters_of_a_title(run, client):
    shown = run("clusters", "show", "0", "--model", "user_clusters", "--n", "3")
    assert shown["cluster"]["name"]
    first = shown["titles"][0]
    assert first["count"] > 0
    assert first["lift"] > 1
    assert 0.5 <= first["mean"] <= 5
    people = run("clusters", "people", "0", "--model", "user_clusters")
    assert people["total"] == shown["cluster"]["size"]
    of_title = run("clusters", "of", first["item_id"], "--model", "user_clusters")
    assert 0 in {c["number"] for c in of_title}
    served = client.get("/api/v1/clusters/user_clusters/0/titles", params={"n": 3}).json()
    assert served["titles"] == shown["titles"]


# ---- recommending -----------------------------------------------------------------------


@row("a title to the best movies of its cluster")
def test_the_best_of_a_titles_cluster(run, client):
    by_mean = run("clusters", "like", "Toy Story (1995)", "--n", "5")
    scores = [m["score"] for m in by_mean]
    assert scores == sorted(scores, reverse=True)
    # Damped: between the movie's own mean and everybody's.
    assert all(m["score"] < m["mean"] for m in by_mean)
    alike = client.get("/api/v1/items/1/cluster-mates", params={"by": "likeness"}).json()["titles"]
    assert "1" not in {m["item_id"] for m in alike}
    assert alike[0]["score"] <= 1


@row("a person to unseen movies, by the counts of the cluster")
def test_recommendations_of_a_cluster(engine, data):
    user = data.users.ids[0]
    seen = {r.item_id for r in engine.ratings(user)}
    found = engine.recommend(user, n=10, model="user_clusters")
    assert len(found) == 10
    assert not seen & {r.item_id for r in found}
    for recommended in found:
        assert "cluster" in {reason.kind for reason in recommended.reasons}


@row("REST: title or person to movies, a person's ratings, clusters, an index page")
def test_rest(client, data):
    assert client.get("/").status_code == 200
    listed = client.get("/api/v1/clusters").json()["clusterings"]
    assert len(listed) == 3
    user = data.users.ids[0]
    assert client.get(f"/api/v1/users/{user}/ratings").json()["total"] > 0
    assert client.get(f"/api/v1/users/{user}/recommendations").status_code == 200
    assert client.get("/api/v1/users/nobody/recommendations").status_code == 404
    assert client.get("/api/v1/clusters/user_clusters/999").status_code == 404
    assert client.get("/api/v1/clusters/user_clusters/0/users").status_code == 401


# ---- the way of 001 ---------------------------------------------------------------------


@row("001: list of users")
def test_001_users(data):
    assert data.users.ids[:3] == ["1", "4", "6"]
    assert len(data.users) == data.interactions.n_users


@row("001: movies of each user")
def test_001_movies_of_each_user(likes):
    counts = likes.counts()
    assert list(counts) == list(likes.user_ids)
    assert all(len(likes.row(user)) == counts[user] for user in likes.user_ids[:20])


@row("001: binary matrix with feature names")
def test_001_binary_matrix(likes, data):
    assert set(likes.values.data.tolist()) == {1.0}
    assert likes.values.shape == (len(likes.user_ids), len(likes.names))
    assert list(likes.names) == data.items.ids


@row("001: the matrix as a labeled DataFrame")
def test_001_labeled_frame(likes):
    frame = pl.from_arrow(likes.part(likes.user_ids[:3], likes.names[:4]).to_arrow())
    assert frame.columns == ["userId", *likes.names[:4]]
    np.testing.assert_array_equal(frame.drop("userId").to_numpy(), likes.values[:3, :4].toarray())


@row("001: WCSS by k")
def test_001_wcss(scanned, likes):
    around_the_mean = wcss(likes.values, np.zeros(len(likes.user_ids), np.int32))
    dense = likes.values.toarray()
    assert scanned.wcss[0] == pytest.approx(((dense - dense.mean(axis=0)) ** 2).sum(), rel=1e-5)
    assert scanned.wcss[0] == pytest.approx(around_the_mean)
    assert scanned.wcss[-1] < scanned.wcss[0]


@row("001: differences of WCSS, within a boundary")
def test_001_differences(scanned):
    np.testing.assert_allclose(scanned.differences[1:], np.diff(scanned.wcss))
    assert scanned.settled(float("inf")) == 2
    assert scanned.settled(0) is None


@row("001: plots of both")
def test_001_plots(scanned, tmp_path):
    for drawn in (choosing_k.elbow(scanned), choosing_k.differences(scanned, boundary=100)):
        drawn.savefig(tmp_path / "plot.png")
        assert (tmp_path / "plot.png").stat().st_size > 1000


@row("001: users_cluster [userId, Cluster]", "001: clusters_movies [movieId, Count]")
def test_001_tables(engine, likes):
    users, movies = tables.tables_of(engine.clusters, "user_clusters")
    assert users.column_names == ["userId", "Cluster"]
    assert movies.column_names == ["Cluster", "movieId", "Count"]
    assert sorted(users["userId"].to_pylist()) == sorted(likes.user_ids)
    members = users.filter(pa.compute.equal(users["Cluster"], 0))["userId"].to_pylist()
    liked = np.asarray(likes.part(members).values.sum(axis=0))
    told = movies.filter(pa.compute.equal(movies["Cluster"], 0))
    counted = dict(zip(told["movieId"].to_pylist(), told["Count"].to_pylist(), strict=True))
    named = zip(likes.names, liked.tolist(), strict=True)
    assert counted == {name: count for name, count in named if count}


@row("001: repair of any assignment")
def test_001_repair(data, likes):
    labels = np.zeros(len(likes.user_ids), np.int32)
    labels[: len(labels) // 2] = 7
    labels[:3] = 5
    given = pa.table({"userId": list(likes.user_ids), "Cluster": labels})
    done = tables.repaired(data, given, smallest=6)
    assert done.renumbered == {0: 0, 5: -1, 7: 1}
    assert done.moved == list(likes.user_ids[:3])
    assert done.tables.users.num_rows == len(labels)


@row("001: save and load both tables")
def test_001_save_and_load(run, engine, tmp_path):
    told = run("clusters", "export", str(tmp_path / "t"), "--model", "user_clusters")
    loaded = tables.read_tables(tmp_path / "t")
    assert loaded.users.num_rows == told["people"]
    assert loaded == tables.tables_of(engine.clusters, "user_clusters")


@row("001: a user's movies")
def test_001_movies_of_a_user(engine, client, data):
    user = data.users.ids[0]
    mine = {r.item_id for r in engine.ratings(user)}
    rated = data.interactions.item_index[data.interactions.user_index == 0]
    assert mine == {data.items.ids[i] for i in rated}
    assert client.get("/api/v1/users/nobody/ratings").status_code == 404


@row("a new favorite counts at once", "001: a new favorite")
def test_001_a_new_favorite(client, engine, data):
    user = data.users.ids[1]
    number = engine.clusters.of_user(user, "user_clusters").number
    titles = engine.clusters.titles(number, "user_clusters", n=1000, by="count")
    seen = {r.item_id for r in engine.ratings(user)}
    favorite = next(t for t in titles if t.item_id not in seen)
    address = f"/api/v1/users/{user}/ratings/{favorite.item_id}"
    assert client.put(address, json={"value": 5}).status_code == 401
    key = {"X-API-Key": KEY}
    assert client.put(address, json={"value": 5}, headers=key).status_code == 200
    # This engine is another than the service's: it reads what the service has counted.
    assert _likes(engine, number, favorite.item_id) == favorite.count + 1
    found = engine.recommend(user, n=1000, model="user_clusters")
    assert favorite.item_id not in {r.item_id for r in found}
    assert client.put(address, json={"value": 1}, headers=key).status_code == 200
    assert _likes(engine, number, favorite.item_id) == favorite.count


def _likes(engine, number, item_id):
    titles = engine.clusters.titles(number, "user_clusters", n=1000, by="count")
    return next(t.count for t in titles if t.item_id == item_id)


@row("001: recommendations")
def test_001_recommendations(engine, data):
    user = data.users.ids[2]
    found = engine.recommend(user, n=10, model="user_clusters")
    model, _ = engine.clusters.load(engine.clusters.named("user_clusters").archive_id)
    cluster = engine.clusters.of_user(user, "user_clusters").number
    shares = [
        (model.count_[cluster, i] + model.damping * model.everybody_[i])
        / (model.size_[cluster] + model.damping)
        for i in data.items.indices(r.item_id for r in found)
    ]
    np.testing.assert_allclose([r.score for r in found], shares, rtol=1e-5)
    assert shares == sorted(shares, reverse=True)
