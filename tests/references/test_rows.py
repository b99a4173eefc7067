"""What the five references do with movies, people and clusters, as it is done here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import matinee
from matinee.clustering.criteria import adjusted_rand
from matinee.clustering.kmeans import kmeans
from matinee.clustering.repair import repair


def test_links_are_joined_by_the_movies_own_id(data):
    toy_story = data.item_table.to_pylist()[data.items.index("1")]
    assert toy_story["title"] == "Toy Story (1995)"
    assert (toy_story["imdb_id"].lstrip("t0"), toy_story["tmdb_id"]) == ("114709", "862")


def test_tags_are_features(data):
    side = matinee.side_information(data.item_table, data.user_table, data.tags)
    tags = [n for n in side.item_feature_names if n.startswith("tag:")]
    assert "tag:atmospheric" in tags
    column = side.item_features[:, [side.item_feature_names.index("tag:atmospheric")]]
    assert column.nnz >= 5


def test_movies_are_not_grouped_by_their_number(engine, data):
    model, _ = engine.clusters.load(engine.clusters.named("item_clusters").archive_id)
    ids = np.array([[float(i)] for i in data.items.ids], np.float32)
    traits = matinee.side_information(data.item_table, data.user_table).item_features.toarray()
    with_id = np.hstack([ids, traits]).astype(np.float32)
    by_id, as_000_does = (kmeans(points, 5).labels for points in (ids, with_id))
    assert adjusted_rand(as_000_does, by_id) > 0.9
    assert adjusted_rand(model.labels_, by_id) < 0.3


def test_people_are_grouped_by_what_they_like(run):
    shown = run("clusters", "show", "--model", "user_clusters")
    assert (shown["clustering"]["on"], shown["clustering"]["features"]) == ("users", "likes")
    assert 2 <= len(shown["clusters"]) <= 15
    assert min(c["size"] for c in shown["clusters"]) >= 6


def test_people_are_grouped_by_spectral_clustering(run, data):
    shown = run("clusters", "show", "--model", "spectral_clusters")
    assert (shown["clustering"]["method"], len(shown["clusters"])) == ("spectral", 4)
    assert sum(c["size"] for c in shown["clusters"]) == len(data.users)


def test_a_scan_goes_on(run):
    words = ["clusters", "scan", "--features", "likes", "--n-init", "1", "--no-quality"]
    first = run(*words, "--k", "1:3")
    both = run(*words, "--k", "4", "--boundary", "500", "--upto", "4")
    assert [r["k"] for r in first["scan"]] == [1, 2, 3]
    assert [r["k"] for r in both["scan"]] == [1, 2, 3, 4]
    assert both["scan"][:3] == first["scan"]
    assert both["boundary"] == 500
    assert Path(both["report"]).exists()


def test_a_scan_says_that_there_is_no_structure(scanned):
    assert np.isnan(scanned.silhouette[0])
    assert (np.abs(scanned.silhouette[1:]) < 0.25).all()
    assert scanned.structure == "none"
    assert "no structure to speak of" in scanned.verdict


def test_a_map_of_clusters(engine, client):
    shown = engine.clusters.shown("user_clusters")
    places = [(c.x, c.y) for c in shown.clusters]
    assert len(set(places)) == len(places)
    assert all(axis.low or axis.high for axis in shown.axes)
    told = client.get("/api/v1/clusters/user_clusters").json()
    assert [(c["x"], c["y"]) for c in told["clusters"]] == places
    assert "<svg" in client.get("/clusters").text


def test_repair_keeps_counts_exact(likes):
    found = kmeans(likes.values, 15, n_init=1)
    done = repair(found.labels, likes.values, smallest=6)
    assert len(done.moved)
    assert np.bincount(done.labels).min() >= 6
    for cluster in range(done.counts.shape[0]):
        members = likes.values[np.flatnonzero(done.labels == cluster)]
        np.testing.assert_array_equal(done.counts[[cluster]].toarray()[0], members.sum(axis=0))


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


def test_the_best_of_a_titles_cluster(run, client):
    by_mean = run("clusters", "like", "Toy Story (1995)", "--n", "5")
    scores = [m["score"] for m in by_mean]
    assert scores == sorted(scores, reverse=True)
    # Damped: between the movie's own mean and everybody's.
    assert all(m["score"] < m["mean"] for m in by_mean)
    alike = client.get("/api/v1/items/1/cluster-mates", params={"by": "likeness"}).json()["titles"]
    assert "1" not in {m["item_id"] for m in alike}
    assert alike[0]["score"] <= 1


def test_recommendations_of_a_cluster(engine, data):
    user = data.users.ids[0]
    seen = {r.item_id for r in engine.ratings(user)}
    found = engine.recommend(user, n=10, model="user_clusters")
    assert len(found) == 10
    assert not seen & {r.item_id for r in found}
    for recommended in found:
        assert "cluster" in {reason.kind for reason in recommended.reasons}


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
