"""The way of 001 from the list of users to recommendations."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from service.serving import KEY

from matinee.clustering.criteria import wcss
from matinee.clusters import tables
from matinee.report import choosing_k


def test_users(data):
    assert data.users.ids[:3] == ["1", "4", "6"]
    assert len(data.users) == data.interactions.n_users


def test_movies_of_each_user(likes):
    counts = likes.counts()
    assert list(counts) == list(likes.user_ids)
    assert all(len(likes.row(user)) == counts[user] for user in likes.user_ids[:20])


def test_binary_matrix(likes, data):
    assert set(likes.values.data.tolist()) == {1.0}
    assert likes.values.shape == (len(likes.user_ids), len(likes.names))
    assert list(likes.names) == data.items.ids


def test_labeled_frame(likes):
    frame = pl.from_arrow(likes.part(likes.user_ids[:3], likes.names[:4]).to_arrow())
    assert frame.columns == ["userId", *likes.names[:4]]
    np.testing.assert_array_equal(frame.drop("userId").to_numpy(), likes.values[:3, :4].toarray())


def test_wcss(scanned, likes):
    around_the_mean = wcss(likes.values, np.zeros(len(likes.user_ids), np.int32))
    dense = likes.values.toarray()
    assert scanned.wcss[0] == pytest.approx(((dense - dense.mean(axis=0)) ** 2).sum(), rel=1e-5)
    assert scanned.wcss[0] == pytest.approx(around_the_mean)
    assert scanned.wcss[-1] < scanned.wcss[0]


def test_differences(scanned):
    np.testing.assert_allclose(scanned.differences[1:], np.diff(scanned.wcss))
    assert scanned.settled(float("inf")) == 2
    assert scanned.settled(0) is None


def test_plots(scanned, tmp_path):
    for drawn in (choosing_k.elbow(scanned), choosing_k.differences(scanned, boundary=100)):
        drawn.savefig(tmp_path / "plot.png")
        assert (tmp_path / "plot.png").stat().st_size > 1000


def test_tables(engine, likes):
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


def test_repair(data, likes):
    labels = np.zeros(len(likes.user_ids), np.int32)
    labels[: len(labels) // 2] = 7
    labels[:3] = 5
    given = pa.table({"userId": list(likes.user_ids), "Cluster": labels})
    done = tables.repaired(data, given, smallest=6)
    assert done.renumbered == {0: 0, 5: -1, 7: 1}
    assert done.moved == list(likes.user_ids[:3])
    assert done.tables.users.num_rows == len(labels)


def test_save_and_load(run, engine, tmp_path):
    told = run("clusters", "export", str(tmp_path / "t"), "--model", "user_clusters")
    loaded = tables.read_tables(tmp_path / "t")
    assert loaded.users.num_rows == told["people"]
    assert loaded == tables.tables_of(engine.clusters, "user_clusters")


def test_movies_of_a_user(engine, client, data):
    user = data.users.ids[0]
    mine = {r.item_id for r in engine.ratings(user)}
    rated = data.interactions.item_index[data.interactions.user_index == 0]
    assert mine == {data.items.ids[i] for i in rated}
    assert client.get("/api/v1/users/nobody/ratings").status_code == 404


def test_a_new_favorite(client, engine, data):
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


def test_recommendations(engine, data):
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
