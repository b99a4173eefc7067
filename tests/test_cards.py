"""What a card says is what was seen and counted, and each rule speaks only where it applies."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from small import small_dataset, small_workspace

from matinee.authoring import Authored
from matinee.cards import limits, making, reading, record, words
from matinee.cards.behavior import behavior
from matinee.cards.record import Behavior, Card, Cost, Data, Judged, Setting, Source
from matinee.errors import ArchiveError, NotReady, UnknownModel
from matinee.evaluation.origins import Origin
from matinee.evaluation.records import Figure
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.model import Model
from matinee.splits import Protocol
from matinee.storage.workspace import Workspace
from matinee.training import train


class Plain(Model):
    """Scores of items as they are liked, plus what a test puts in."""

    task = "ranking"
    by_profile = False

    def _fit(self, train, side, progress):
        self.people_ = self._fold_in(self.seen_, None)

    def _fold_in(self, history, profiles):
        state = np.zeros((history.shape[0], 1), np.float32)
        if self.by_profile and profiles is not None:
            state[:, 0] = profiles.sum(axis=1)
        return state

    def _score(self, state):
        return state + self.item_count_.astype(np.float32)


class Rating(Plain):
    """The same, as ratings."""

    task = "rating"

    def _score_pairs(self, state, items):
        return np.full(len(items), 2.5, np.float32)


# ---- of a trained model -------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with Workspace.open(
        small_workspace(tmp_path_factory.mktemp("cards") / "w", trained=False)
    ) as w:
        train(w, ["als", "biases", "popularity"], parameters={"factors": 2})
        yield w


def card_of(workspace, name):
    return reading.of_archive(workspace.manifest(workspace.named(name)))


def test_every_trained_model_has_a_card(workspace):
    for told in workspace.models():
        card = reading.of_archive(told)
        details = told["details"]
        assert (card.model, card.task) == (told["model"], told["task"])
        # Those of the manifest are in order of the alphabet.
        means = {name: figure.mean for name, figure in card.judged.figures.items()}
        assert means == details["figures"]
        first = "rmse" if card.task == "rating" else "ndcg@10"
        assert next(iter(means)) == first
        figure = card.judged.figures[first]
        assert figure.low < figure.mean < figure.high
        assert card.judged.protocol["text"] == details["protocol"]
        assert card.judged.counted > 0
        assert {"light", "heavy"} <= set(card.judged.segments["people"])
        assert card.cost.seconds == details["seconds"]
        assert card.cost.peak_bytes is None or card.cost.peak_bytes > 1 << 20
        assert set(card.versions) == {
            "matinee", "Python", "numpy", "numba", "scipy", "scikit-learn"
        }  # fmt: skip
        text = (workspace.path / "models" / told["id"] / "card.md").read_text(encoding="utf-8")
        assert text == words.as_text(card)
        assert record.read(json.loads(json.dumps(card.as_dict(), sort_keys=True))) == card


def test_data_is_counted_right(workspace):
    ratings = small_dataset().interactions
    data = card_of(workspace, "als").data
    assert data.sources == (Source("small", 30, 40, len(ratings), data.sources[0].sha256),)
    assert (data.users, data.items, data.ratings, data.learned) == (
        30,
        40,
        len(ratings),
        len(ratings),
    )
    assert (data.raters, data.rated) == (30, 40)
    assert data.fewest == min(np.bincount(ratings.user_index))
    assert (data.scale, data.liked, data.timed) == ((1, 5), 4, 1)
    assert (data.first, data.last) == ("1970-01-12", "1970-01-12")
    assert data.profiles == {"age": 30, "gender": 30, "occupation": 30}
    assert data.traits["genre"] == 40
    assert data.filters == ()
    liked = card_of(workspace, "popularity").data
    assert liked.learned == int((ratings.value >= 4).sum()) < liked.ratings
    assert liked.filters == ("rated 4 or higher",)
    assert liked.sha256 == data.sha256


def test_who_chose_what(workspace):
    card = card_of(workspace, "als")
    assert card.settings["factors"] == Setting(2, "stated")
    assert card.settings["epochs"].by == "default"
    assert card.seed == card.settings["seed"].value
    assert card.origin is None


def test_baselines_stand_beside_it_whatever_the_order(workspace):
    als, biases = card_of(workspace, "als"), card_of(workspace, "biases")
    rmse = biases.judged.figures["rmse"].mean
    assert als.judged.beside["biases"]["rmse"] == rmse
    assert f"{rmse:.4f} of biases" in words.verdict(als)
    assert any("knows nothing of taste" in sentence for sentence in biases.limits)
    # Of other ratings they say nothing.
    workspace.store.rate("u0", "m0", 3.0, 2_000_000)
    train(workspace, ["als"])
    assert card_of(workspace, "als").judged.beside == {}
    assert any(
        "No baseline was judged" in sentence for sentence in card_of(workspace, "als").limits
    )


def test_settings_that_a_search_chose(workspace):
    origin = Origin("small", "ab", Protocol("random", 0.1, 42), "cd", "a.sqlite", 2, 9, "rmse", 0.5)
    train(workspace, ["biases"], chosen_by={"damping": "best.toml"}, origin=origin)
    card = card_of(workspace, "biases")
    assert card.origin == origin
    assert "trial 2 of 9 in a.sqlite" in words.as_text(card)
    assert any("that search may have looked at any" in sentence for sentence in card.limits)


def test_too_few_ratings_to_judge_by(tmp_path):
    data = small_dataset()
    few = replace(data, interactions=data.interactions.take(np.arange(3)))
    with Workspace.open(tmp_path / "few", create=True) as workspace:
        workspace.store.add_dataset(few)
        train(workspace, ["popularity"])
        card = card_of(workspace, "popularity")
    assert card.judged is None
    assert card.limits[0] == (
        "How good it is, is not known: there were too few ratings to hold any out."
    )
    assert "None: there were too few ratings" in words.as_text(card).replace("\n", " ")


def test_which_one_is_meant(workspace, tmp_path):
    first = next(m["id"] for m in workspace.models() if m["model"] == "popularity")
    assert workspace.named("popularity") == workspace.named(first) == first
    (last,) = train(workspace, ["biases"])
    assert workspace.named(None) == last.archive_id
    with pytest.raises(UnknownModel, match="als, biases, popularity"):
        workspace.named("../als")
    with Workspace.open(tmp_path / "none", create=True) as empty, pytest.raises(NotReady):
        empty.named(None)


# ---- what models do -----------------------------------------------------------------------


def seen(model, side=None, n_items=12):
    """The behavior of a model fitted on likes of the first 8 of these items."""
    users, items = np.nonzero(np.random.default_rng(0).random((9, 8)) < 0.6)
    values = None if model.task == "ranking" else np.ones(len(users))
    likes = Interactions(users, items, values, n_users=9, n_items=n_items)
    side = side or SideInformation()
    return behavior(model.fit(likes, side), side)


def profiles():
    data = small_dataset()
    side = side_information(data.item_table, data.user_table.slice(0, 9))
    return SideInformation(
        user_features=side.user_features, user_feature_names=side.user_feature_names
    )


def test_strangers_and_unrated_titles():
    found = seen(Plain())
    assert found.orders_for_strangers is True
    assert found.orders_unrated is False, "all have no likes, and score alike"
    assert found.reads_profiles is None, "nobody has one"
    assert (found.reads_times, found.sees_pairs, found.knows_similar) == (False, False, False)
    assert found.predicts_unknown is None
    assert seen(Plain(), n_items=8).orders_unrated is None


def test_a_model_that_tells_nothing_apart(monkeypatch):
    monkeypatch.setattr(Plain, "_score", lambda self, state: np.zeros((len(state), 12), np.float32))
    assert seen(Plain()).orders_for_strangers is False


def test_titles_nobody_likes_that_are_ordered(monkeypatch):
    def by_number(self, state):
        return np.tile(np.arange(12, dtype=np.float32), (len(state), 1))

    monkeypatch.setattr(Plain, "_score", by_number)
    assert seen(Plain()).orders_unrated is True


def test_profiles_and_times_are_noticed(monkeypatch):
    assert seen(Plain(), profiles()).reads_profiles is False
    monkeypatch.setattr(Plain, "by_profile", True)
    assert seen(Plain(), profiles()).reads_profiles is True
    monkeypatch.setattr(Plain, "_score_at", lambda self, state, now: self._score(state))
    assert seen(Plain()).reads_times is True
    assert Authored._score_at is not Plain._score_at


def test_what_an_unknown_title_is_predicted():
    assert seen(Rating()).predicts_unknown == 1.0, "clipped to the scale"
    assert seen(Rating()).states_deviation is False


# ---- rules --------------------------------------------------------------------------------

CLEAN = Card(
    model="als",
    summary="Predicts",
    task="rating",
    made="2026-11-21T10:00:00+00:00",
    data=Data(
        sources=(Source("mine"),),
        users=900,
        items=500,
        ratings=90_000,
        raters=900,
        rated=500,
        learned=90_000,
        fewest=1,
        scale=(1.0, 5.0),
        timed=1.0,
        profiles={"age": 900},
    ),
    judged=Judged(
        {"kind": "time", "text": "time"},
        {"rmse": Figure(0.9, 0.89, 0.91), "coverage@90%": Figure(0.9)},
        9_000,
        {"people": {"light": {"rmse": 0.91}, "heavy": {"rmse": 0.9}}},
        {"biases": {"rmse": 0.95}},
    ),
    unjudged="",
    behavior=Behavior(personal=True, orders_for_strangers=True, reads_profiles=False),
    settings={},
    origin=None,
    seed=0,
    cost=Cost(),
    versions={},
    machine="",
)
WORSE = {"light": {"rmse": 1.0}, "heavy": {"rmse": 0.9}}
FOUND = {
    "tail": {"ndcg@10": 0.1, "recall@20": 0.2},
    "head": {"ndcg@10": 0.3, "recall@20": 0.3},
}
ALWAYS = {"People without ratings all get the same", "It knows 500 titles"}
RANKING = replace(
    CLEAN,
    task="ranking",
    judged=replace(
        CLEAN.judged,
        figures={"ndcg@10": Figure(0.3, 0.28, 0.32), "coverage@10": Figure(0.4)},
        segments={
            # The light have less to be found: that alone makes the one lower, the other higher.
            "people": {
                "light": {"ndcg@10": 0.2, "recall@20": 0.4},
                "heavy": {"ndcg@10": 0.3, "recall@20": 0.3},
            }
        },
        beside={"popularity": {"ndcg@10": 0.2}},
    ),
)


def changed(card, **parts):
    """The card with fields of its parts changed, as in ``data={"fewest": 20}``."""
    new = {
        name: replace(getattr(card, name), **change) if isinstance(change, dict) else change
        for name, change in parts.items()
    }
    return replace(card, **new)


def figures(card, **values):
    return changed(card, judged={"figures": card.judged.figures | values})


@pytest.mark.parametrize("card", [CLEAN, RANKING])
def test_no_rule_speaks_without_a_reason(card):
    said = limits.limits(card)
    assert len(said) == len(ALWAYS)
    assert all(any(sentence.startswith(start) for start in ALWAYS) for sentence in said)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (changed(CLEAN, judged=None, unjudged="nobody tried"), "is not known: nobody tried."),
        (changed(CLEAN, judged={"warnings": ("2 are twins.",)}), "2 are twins."),
        (changed(CLEAN, behavior={"sees_pairs": True}), "cannot be had in use"),
        (changed(CLEAN, judged={"protocol": {"kind": "random"}}), "no cut in time"),
        (changed(CLEAN, judged={"protocol": {"kind": "fold u1"}}), "no cut in time"),
        (changed(CLEAN, behavior={"personal": False}), "it is there to be beaten"),
        (changed(CLEAN, judged={"beside": {}}), "No baseline was judged"),
        (figures(CLEAN, rmse=Figure(0.95, 0.94, 0.96)), "no better than biases"),
        (figures(CLEAN, rmse=Figure(0.949, 0.94, 0.96)), "hardly better than biases"),
        (figures(RANKING, **{"ndcg@10": Figure(0.2, 0.1, 0.3)}), "no better than popularity"),
        (figures(RANKING, **{"ndcg@10": Figure(0.21, 0.1, 0.3)}), "hardly better"),
        (changed(CLEAN, judged={"counted": 999}), "of 999 test ratings only"),
        (changed(RANKING, judged={"counted": 99}), "of 99 people only"),
        (
            changed(
                CLEAN, judged={"segments": {"p": {"light": {"rmse": 1}, "heavy": {"rmse": 0.9}}}}
            ),
            "rmse 1.0000 for the light, 0.9000 for the heavy",
        ),
        (
            changed(RANKING, judged={"segments": {"items": FOUND}}),
            "ndcg@10 0.1000 for the tail, 0.3000 for the head; recall@20 0.2000 for the tail",
        ),
        (figures(RANKING, **{"coverage@10": Figure(0.15)}), "15.0% of the catalogue"),
        (figures(CLEAN, **{"coverage@90%": Figure(0.8)}), "too narrow"),
        (figures(CLEAN, **{"coverage@90%": Figure(0.95)}), "too wide"),
        (changed(CLEAN, behavior={"orders_for_strangers": False}), "Not for people without"),
        (changed(CLEAN, behavior={"reads_profiles": True}), "depends on profiles (age)"),
        (
            changed(CLEAN, behavior={"reads_profiles": True}, data={"profiles": {"age": 400}}),
            "known of 400 of 900 people",
        ),
        (changed(CLEAN, behavior={"reads_times": True}), "reads when ratings were given"),
        (changed(CLEAN, behavior={"reads_times": True}, data={"timed": None}), "have none"),
        (changed(CLEAN, behavior={"predicts_unknown": 3.5}), "predicted as 3.50"),
        (
            changed(CLEAN, behavior={"orders_unrated": True}, data={"rated": 480}),
            "20 of these titles have no ratings in its data, and are ordered by",
        ),
        (
            changed(RANKING, behavior={"orders_unrated": False}, data={"rated": 480}),
            "20 of these titles have no likes in its data, and all score the same",
        ),
        (changed(CLEAN, data={"last": "1998-04-22"}), "came after 1998-04-22"),
        (changed(CLEAN, data={"fewest": 20}), "fewer than 20 ratings"),
    ],
)
def test_each_rule_speaks(card, said):
    found = limits.limits(card)
    assert sum(said in sentence for sentence in found) == 1
    assert said not in " ".join(limits.limits(CLEAN) + limits.limits(RANKING))


def test_what_it_is_for():
    assert "on 1 to 5" in limits.use(CLEAN)[0]
    assert "predicts no ratings" in limits.use(RANKING)[0]
    assert not any("alike" in sentence for sentence in limits.use(CLEAN))
    assert limits.use(changed(CLEAN, behavior={"knows_similar": True}))[-1].endswith("alike.")


# ---- older and newer ----------------------------------------------------------------------


def test_an_archive_without_a_card_tells_what_it_knows(workspace):
    told = workspace.manifest(workspace.named("popularity"))
    details = {k: v for k, v in told["details"].items() if k != "card"}
    details["protocol"] = "per-user, 80%/20%, seed 42"
    card = reading.of_archive({**told, "details": details})
    assert {n: f.mean for n, f in card.judged.figures.items()} == details["figures"]
    assert card.data.ratings == details["ratings"]
    assert card.data.sources[0].name == "small"
    text = words.as_text(card)
    assert "has no card" in text
    assert "per-user, 80%/20%, seed 42" in text
    bare = {"model": "lost", "task": "rating", "parameters": {"seed": 3}}
    card = reading.of_archive(bare)
    assert (card.seed, card.judged, card.summary[:7]) == (3, None, "a model")
    assert "none were noted" in words.as_text(card)


@pytest.mark.parametrize(
    "damage",
    [{"format": 99}, {"data": None}, {"judged": {"figures": [3]}}, {"origin": {"data": "x"}}],
)
def test_cards_that_cannot_be_read(workspace, damage):
    told = workspace.manifest(workspace.named("als"))
    card = {**told["details"]["card"], **damage}
    with pytest.raises(ArchiveError, match=r"newer matinee|train the model again"):
        reading.of_archive({**told, "details": {"card": card}})


def test_times_that_are_not_known():
    side = SideInformation()
    ratings = Interactions([0, 1, 1], [0, 0, 1], [1, 2, 3], [0, 86_400, 0])
    data = making.data_of(ratings, ratings, side, liked=None)
    assert (data.first, data.last, data.timed) == ("1970-01-02", "1970-01-02", 1 / 3)
    none = making.data_of(replace(ratings, time=np.zeros(3, int)), ratings, side, liked=None)
    assert (none.first, none.timed) == (None, 0)
    untimed = making.data_of(replace(ratings, time=None, value=None), ratings, side, liked=4)
    assert (untimed.first, untimed.timed, untimed.liked, untimed.scale) == (None, None, None, None)


def test_the_file_is_for_people_only(workspace):
    """Whoever adds a line to it breaks nothing: no matinee reads it."""
    archive_id = workspace.named("als")
    file = workspace.path / "models" / archive_id / "card.md"
    file.write_text(file.read_text(encoding="utf-8") + "\nSeen by Ann.\n", encoding="utf-8")
    assert workspace.load_model(archive_id).name == "als"
    file.unlink()
    assert reading.of_archive(workspace.manifest(archive_id)).model == "als"
