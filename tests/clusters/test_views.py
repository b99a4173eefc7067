"""Clusterings of a workspace: tables, best titles, and who belongs where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from naive import damped_mean
from small import small_dataset

from clusters.ratings import liked_by
from matinee import training
from matinee.answers import Profile
from matinee.clusters import naming, titles
from matinee.clusters.views import Clusterings
from matinee.data.dataset import Dataset, Vocabulary
from matinee.engine import Engine
from matinee.errors import (
    InvalidParameter,
    NotReady,
    UnknownCluster,
    UnknownItem,
    UnknownModel,
    UnknownUser,
    Unsupported,
)
from matinee.interactions import Interactions
from matinee.models.user_clusters import UserClusters
from matinee.storage.workspace import Workspace


def test_clusterings_are_listed(clusters: Clusterings) -> None:
    assert [(c.model, c.on) for c in clusters.listed()] == [
        ("user_clusters", "users"),
        ("item_clusters", "items"),
    ]
    assert clusters.named().model == "user_clusters"
    assert clusters.named(on="items").model == "item_clusters"
    one = clusters.listed()[1]
    assert clusters.named(one.archive_id) == one
    assert clusters.named("item_clusters") == one
    with pytest.raises(UnknownModel, match="user_clusters, item_clusters"):
        clusters.named("nothing")
    with pytest.raises(Unsupported, match="popularity does not group"):
        clusters.named("popularity")
    with pytest.raises(Unsupported, match="does not group people"):
        clusters.named("item_clusters", on="users")
    with pytest.raises(NotReady, match="clusters fit"):
        clusters.named("spectral_clusters")


def test_what_an_older_matinee_saved_waits_to_be_trained_again(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(UserClusters.__annotations__, "newer_", float)
    clusters = Engine(own).clusters
    assert [c.model for c in clusters.listed()] == ["item_clusters"]
    with pytest.raises(NotReady, match="matinee clusters fit --on users"):
        clusters.shown("user_clusters")


def test_before_anything_is_trained(untrained: Workspace) -> None:
    clusters = Engine(untrained).clusters
    assert clusters.listed() == []
    for ask in (
        clusters.shown,
        lambda: clusters.of_title("m0"),
        lambda: clusters.of_user("u0"),
        lambda: clusters.mates("m0"),
        clusters.place,
    ):
        with pytest.raises(NotReady, match="matinee clusters fit --on"):
            ask()


@pytest.mark.parametrize("name", ["user_clusters", "item_clusters"])
def test_clusters_have_sizes_shares_and_different_names(clusters: Clusterings, name: str) -> None:
    shown = clusters.shown(name)
    found = shown.clusters
    assert [c.number for c in found] == list(range(shown.clustering.clusters))
    assert sum(c.size for c in found) == (30 if name == "user_clusters" else 40)
    assert sum(c.share for c in found) == pytest.approx(1)
    assert len({c.name for c in found}) == len(found) > 1
    assert {m.value for c in found for m in c.marks} >= {"Crime", "Comedy"}
    assert all(abs(c.x) <= 1 and abs(c.y) <= 1 for c in found)
    assert all(c.titles for c in found)
    assert shown == clusters.shown(name)
    assert clusters.cluster(1, name) == (shown.clustering, found[1])
    for number in (-1, len(found)):
        with pytest.raises(UnknownCluster, match=f"0 to {len(found) - 1}, got {number}"):
            clusters.cluster(number, name)


def test_tables_are_those_of_the_ratings(clusters: Clusterings, grouped: Workspace) -> None:
    likes = liked_by(grouped)
    shown = clusters.shown("user_clusters").clusters
    everybody = {u for u, items in likes.items() if items}
    seen: set[str] = set()
    for cluster in shown:
        people = clusters.people(cluster.number, "user_clusters")
        assert people.total == cluster.size == len(people.users)
        seen |= set(people.users)
        for title in clusters.titles(cluster.number, "user_clusters", n=40):
            count = sum(title.item_id in likes[u] for u in people.users)
            rate = sum(title.item_id in likes[u] for u in everybody) / len(everybody)
            assert title.count == count > 0
            assert title.share == pytest.approx(count / cluster.size)
            assert title.everybody == pytest.approx(rate)
            assert title.lift == pytest.approx((count + 5) / (cluster.size * rate + 5))
        for user in people.users:
            assert clusters.of_user(user, "user_clusters").number == cluster.number
    assert seen == everybody


def test_people_come_in_pages(clusters: Clusterings) -> None:
    whole = clusters.people(0, "user_clusters").users
    part = clusters.people(0, "user_clusters", limit=2, offset=1)
    assert part.users == whole[1:3]
    assert part.total == len(whole)
    assert clusters.people(0, "user_clusters", offset=1000).users == []


@pytest.mark.parametrize("name", ["user_clusters", "item_clusters"])
def test_orders_of_titles(clusters: Clusterings, grouped: Workspace, name: str) -> None:
    by_count = clusters.titles(0, name, by="count", n=40)
    assert [t.count for t in by_count] == sorted((t.count for t in by_count), reverse=True)
    by_mean = [t.item_id for t in clusters.titles(0, name, by="mean", n=40)]
    means = damped_means(grouped)
    assert [means[i] for i in by_mean] == sorted((means[i] for i in by_mean), reverse=True)
    assert set(by_mean) == {t.item_id for t in by_count}
    assert clusters.titles(0, name, by="count", n=3) == by_count[:3]
    if name == "user_clusters":
        lifts = [t.lift or 0 for t in clusters.titles(0, name, n=40)]
        assert lifts == sorted(lifts, reverse=True)
    else:
        assert clusters.titles(0, name, n=40) == by_count
        with pytest.raises(Unsupported, match="no lift"):
            clusters.titles(0, name, by="lift")


def damped_means(workspace: Workspace) -> dict[str, float]:
    ratings, items = workspace.store.interactions(), workspace.store.item_ids()
    assert ratings.value is not None
    values = [ratings.value[ratings.item_index == i].tolist() for i in range(len(items))]
    overall = float(np.mean(ratings.value, dtype=np.float64))
    return {
        item: pytest.approx(damped_mean(own, overall, titles.DAMPING)).expected
        for item, own in zip(items, values, strict=True)
    }


def test_clusters_of_a_title(clusters: Clusterings, grouped: Workspace) -> None:
    likes = liked_by(grouped)
    found = clusters.of_title("Fargo")
    people = [f for f in found if f.on == "users"]
    assert sum(f.count for f in people) == sum("m0" in items for items in likes.values())
    assert [f.share for f in people] == sorted((f.share for f in people), reverse=True)
    (own,) = [f for f in found if f.on == "items"]
    inside = clusters.titles(own.number, "item_clusters", n=40)
    assert [t.count for t in inside if t.item_id == "m0"] == [own.count]
    assert clusters.of_title("m0", "item_clusters") == [own]
    with pytest.raises(UnknownItem):
        clusters.of_title("Nothing of the kind")


def test_the_best_of_a_titles_cluster(clusters: Clusterings, grouped: Workspace) -> None:
    (own,) = clusters.of_title("m0", "item_clusters")
    others = {t.item_id for t in clusters.titles(own.number, "item_clusters", n=40)} - {"m0"}
    means = damped_means(grouped)
    best = clusters.mates("Fargo", n=40)
    assert {m.item_id for m in best} == others
    assert [m.item_id for m in best] == sorted(
        others, key=lambda i: (-means[i], grouped.store.item_index(i))
    )
    assert [m.score for m in best] == pytest.approx([means[m.item_id] for m in best])
    alike = clusters.mates("Fargo", n=40, by="likeness")
    assert {m.item_id for m in alike} == others
    model, _ = clusters.load(clusters.named("item_clusters").archive_id)
    vectors = model._item_vectors()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for mate in alike:
        at = grouped.store.item_index(mate.item_id)
        assert mate.score == pytest.approx(float(unit[at] @ unit[0]), abs=1e-5)
    assert [m.score for m in alike] == sorted((m.score for m in alike), reverse=True)
    with pytest.raises(Unsupported, match="does not group titles"):
        clusters.mates("Fargo", name="user_clusters")


def test_somebody_new(clusters: Clusterings) -> None:
    first = clusters.place(["Fargo", "Notorious", "m8"], name="user_clusters")
    assert first.number is not None
    assert first.why == "placed by 3 liked titles"
    assert first.weight == 1
    second = clusters.place(["m25", "m30", "m33"])
    assert second.number != first.number
    assert second.number is not None
    # Ratings count where they say that a title is liked.
    rated = clusters.place(ratings={"m25": 5, "m30": 4, "m33": 5, "Fargo": 1})
    assert (rated.number, rated.why) == (second.number, "placed by 3 liked titles")
    by_profile = clusters.place(profile=Profile(30, "F", "writer"))
    assert by_profile.number is not None
    assert by_profile.why == "placed by the profile"
    assert 0 < by_profile.weight < 1
    both = clusters.place(["Fargo"], Profile(30, "F", "writer"))
    assert both.why == "placed by 1 liked title and the profile"
    shown = clusters.shown("user_clusters").clusters[first.number]
    assert (first.name, first.size, first.share) == (shown.name, shown.size, shown.share)


@pytest.mark.parametrize("ratings", [{}, {"Fargo": 1.0}])
def test_of_whom_nothing_is_known(clusters: Clusterings, ratings: dict[str, float]) -> None:
    nobody = clusters.place(ratings=ratings)
    assert nobody.number is None
    assert nobody.size == 0
    assert "served like everybody" in nobody.why


def test_who_cannot_be_placed(clusters: Clusterings) -> None:
    with pytest.raises(UnknownItem):
        clusters.place(ratings={"Nothing of the kind": 1})
    with pytest.raises(InvalidParameter, match="occupation"):
        clusters.place(profile=Profile(occupation="king"))
    with pytest.raises(Unsupported, match="does not group people"):
        clusters.place(["Fargo"], name="item_clusters")
    with pytest.raises(UnknownUser):
        clusters.of_user("nobody")


def test_a_new_rating_counts_at_once(own: Workspace) -> None:
    engine = Engine(own)
    clusters = engine.clusters
    person = clusters.people(0, "user_clusters").users[0]
    title = next(i for i in own.store.item_ids() if i not in liked_by(own)[person])

    def count(on: str) -> int:
        return sum(f.count for f in clusters.of_title(title) if f.on == on)

    people, ratings = count("users"), count("items")
    fresh = person not in {r.item_id for r in engine.ratings(person)}
    engine.rate(person, title, 5)
    assert count("users") == people + 1
    engine.rate(person, title, 1)
    assert count("users") == people
    assert count("items") - ratings in (0, 1)
    assert fresh
    # Somebody new is a member from the first title they like on.
    sizes = sum(c.size for c in clusters.shown("user_clusters").clusters)
    engine.rate("newcomer", "m0", 5)
    where = clusters.of_user("newcomer")
    assert where.number is not None
    assert where.why == "a member"
    assert sum(c.size for c in clusters.shown("user_clusters").clusters) == sizes + 1
    engine.rate("grumbler", "m0", 1)
    nowhere = clusters.of_user("grumbler")
    assert nowhere.number is None
    assert nowhere.why.startswith("nothing that is known tells")


def test_who_is_no_member_is_placed_like_somebody_new(own: Workspace) -> None:
    data = small_dataset()
    items = [f"m{i}" for i in range(3)]
    liked = Interactions([0] * 3, range(3), [5.0] * 3, [1] * 3, n_users=2, n_items=3)
    who = ["imported", "silent"]
    people = pa.table({"user_id": who, "gender": ["M", "F"]})
    about = data.item_table.slice(0, 3)
    own.store.add_dataset(Dataset("more", liked, Vocabulary(who), Vocabulary(items), about, people))
    clusters = Engine(own).clusters
    where = clusters.of_user("imported", "user_clusters")
    expected = clusters.place(items, Profile(gender="M"), name="user_clusters")
    assert where == replace(expected, why=f"no member; {expected.why}")
    assert where.number is not None
    by_profile = clusters.of_user("silent", "user_clusters")
    assert by_profile.why == "no member; placed by the profile"
    assert 0 < by_profile.weight < 1
    assert "imported" not in clusters.people(where.number, "user_clusters").users


def test_a_title_newer_than_the_clusters(own: Workspace) -> None:
    data = small_dataset()
    newer = data.item_table.slice(0, 1).set_column(0, "item_id", [["m99"]])
    one = Interactions([0], [0], [5.0], [1], n_users=1, n_items=1)
    users = pa.table({"user_id": ["u0"]})
    own.store.add_dataset(
        Dataset("more", one, Vocabulary(["u0"]), Vocabulary(["m99"]), newer, users)
    )
    clusters = Engine(own).clusters
    assert clusters.of_title("m99") == []
    with pytest.raises(NotReady, match="newer"):
        clusters.mates("m99")
    assert clusters.place(["m99"]).number is None


def test_nobody_likes_anything(tmp_path: Path) -> None:
    data = small_dataset()
    ratings = data.interactions
    # One title that one person likes, who then does not any more.
    value = np.ones(len(ratings), np.float32)
    value[0] = 5
    disliked = Interactions(ratings.user_index, ratings.item_index, value, n_users=30, n_items=40)
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(replace(data, interactions=disliked))
        training.train(workspace, ["user_clusters"])
        engine = Engine(workspace)
        user, item = ratings.user_index[0], ratings.item_index[0]
        engine.rate(f"u{user}", f"m{item}", 1)
        assert engine.clusters.shown().left_out == 29
        (one,) = engine.clusters.shown().clusters
        assert (one.size, one.share, one.marks) == (1, 1, [])
        assert one.name == naming.UNMARKED
        assert engine.clusters.titles(0) == []
        assert engine.clusters.of_title(f"m{item}") == []
        engine.delete_user(f"u{user}")
        (none,) = engine.clusters.shown().clusters
        assert (none.size, none.share) == (0, 0)
        assert engine.clusters.people(0).users == []


def test_choices_have_no_means(tmp_path: Path) -> None:
    data = small_dataset()
    chosen = data.interactions.liked(4)
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(replace(data, interactions=chosen, scale=None))
        training.train(workspace, ["user_clusters", "item_clusters"])
        clusters = Engine(workspace).clusters
        for name in ("user_clusters", "item_clusters"):
            assert {t.mean for t in clusters.titles(0, name)} == {None}
            with pytest.raises(Unsupported, match="no mean"):
                clusters.titles(0, name, by="mean")
        item = clusters.titles(0, "item_clusters")[0].item_id
        assert {m.mean for m in clusters.mates(item, by="likeness")} <= {None}
        with pytest.raises(Unsupported, match="no mean"):
            clusters.mates(item)


def test_titles_without_traits_are_mapped_by_themselves(tmp_path: Path) -> None:
    data = small_dataset()
    bare = data.item_table.select(["item_id"])
    people = data.user_table.select(["user_id"])
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(replace(data, item_table=bare, user_table=people))
        training.train(workspace, ["user_clusters"], parameters={"features": "likes"})
        shown = Engine(workspace).clusters.shown()
    assert all(c.marks == [] for c in shown.clusters)
    assert shown.clusters[0].name == naming.UNMARKED
    assert all(c.name.startswith(naming.UNMARKED) for c in shown.clusters)
    assert len({(c.x, c.y) for c in shown.clusters}) == len(shown.clusters) > 1
    assert shown.axes[0].share > 0
    assert shown.axes[0].low == []
