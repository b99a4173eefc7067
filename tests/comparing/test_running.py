"""A comparison: the figures of hand-made fits, nothing lost, nothing learned from test ratings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset

from matinee import comparing, models
from matinee.comparing import choosing, groups, kept, work
from matinee.errors import DiskFull, Diverged, InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation import origins, records
from matinee.evaluation.compare import SEES, evaluate
from matinee.evaluation.primary import primary
from matinee.evaluation.protocols import parts
from matinee.features import known_tags, side_information
from matinee.models.als import ALS
from matinee.tuning import configuration
from matinee.tuning.search import Search

RATING = ("item_mean", "biases", "als")


@pytest.fixture(scope="module")
def data():
    return small_dataset()


def timeless(found):
    """The records without what differs from one run to the next."""
    none = {"fit_seconds": 0, "answer_seconds": 0, "tune_seconds": 0, "peak_bytes": None}
    boards = [
        replace(
            board,
            entries=tuple(
                replace(e, trials=tuple(replace(t, seconds=0) for t in e.trials), **none)
                for e in board.entries
            ),
        )
        for board in found.boards
    ]
    return replace(found, boards=tuple(boards), seconds=0, made="")


@pytest.fixture(scope="module")
def tuned(data):
    """Two repeats, tuned, with all that a report shows."""
    return comparing.run(
        data, ["als"], split="random", trials=2, seeds=[42, 43], thorough=True, command="so"
    )


def test_defaults_by_both_splits_are_those_of_fits_by_hand(data):
    found = comparing.run(data, ["als", "popularity"])
    kinds = [(b.task, b.protocols[0]["kind"]) for b in found.boards]
    assert kinds == [
        *(("rating", "random"), ("rating", "time")),
        *(("ranking", "per-user"), ("ranking", "time")),
    ]
    assert found.boards[0].entries[0].model == "als"
    side = side_information(data.item_table, data.user_table)
    for board in found.boards:
        way = "time" if board.protocols[0]["kind"] == "time" else "random"
        (split,) = parts(way, data.interactions, board.task, liked=4.0)
        assert board.protocol == str(split.protocol)
        ordered = [e.figures[board.metric].mean for e in board.entries]
        assert ordered == sorted(ordered, reverse=board.task == "ranking")
        for entry in board.entries:
            told = evaluate(models.create(entry.model), split, side)
            known = {name: value for name, value in told.figures.items() if np.isfinite(value)}
            assert list(entry.figures) == list(known)
            for name, figure in entry.figures.items():
                assert figure.mean == pytest.approx(known[name]), name
            first = entry.figures[board.metric]
            assert first.low <= first.mean <= first.high
            assert entry.counted == told.counted
            assert entry.trials == entry.curve == ()
            assert entry.fit_seconds > 0
    assert found.trials == 0
    assert found.facts == {"ratings": "603", "people": "30", "titles": "40"}


def test_settings_come_from_validation_ratings_of_the_same_repeat(data, tuned, tmp_path):
    (board,) = tuned.boards
    assert board.repeats == ("seed 42", "seed 43")
    als = next(e for e in board.entries if e.model == "als")
    side = side_information(data.item_table, data.user_table)
    for place, seed in enumerate((42, 43)):
        (split,) = parts("random", data.interactions, "rating", seed=seed)
        file = tmp_path / f"{seed}.sqlite"
        with Search(ALS, split.validation(), side, file, work.SEARCH_SEED).opened() as search:
            search.run(2)
            best = search.best.parameters
            if place == 0:
                assert [t.figure for t in als.trials] == [t.figure for t in search.trials]
        model = ALS(**best | choosing.seeded(ALS, seed))
        assert als.settings[place] == model.parameters
        assert als.by_repeat[place]["rmse"] == evaluate(model, split, side).figures["rmse"]
    assert als.parameters == als.settings[0]
    assert {len(e.trials) for e in board.entries} == {2}, "the same budget for all"


def test_figures_of_repeats_are_of_everybodys_average(data, tuned):
    """RMSE: the root of all squared errors of both repeats over the number of ratings."""
    (board,) = tuned.boards
    for entry in board.entries:
        each = [f["rmse"] for f in entry.by_repeat]
        assert each[0] != each[1]
        # The parts are equally large.
        assert entry.figures["rmse"].mean == pytest.approx(np.sqrt(np.mean(np.square(each))))
        assert entry.figures["r2"] == records.Figure(np.mean([f["r2"] for f in entry.by_repeat]))
        mae = entry.figures["mae"]
        assert mae.low < mae.mean < mae.high


def test_pairs_are_tested_with_a_correction(tuned):
    (board,) = tuned.boards
    assert {frozenset((v.first, v.second)) for v in board.versus} == {
        frozenset(pair) for pair in (("als", "biases"), ("als", "item_mean"), RATING[:2])
    }
    means = {e.model: e.figures["rmse"].mean for e in board.entries}
    for v in board.versus:
        assert v.difference == pytest.approx(means[v.first] - means[v.second])
        assert v.low <= v.difference <= v.high
        assert v.p_value <= v.corrected <= 3 * v.p_value
        assert v.people == 30


def test_what_a_report_shows_besides(data, tuned):
    (board,) = tuned.boards
    entry = board.entries[0]
    assert [point.share for point in entry.curve] == [0.25, 0.5, 1]
    assert [point.ratings for point in entry.curve][-1] == 603 - 60
    assert entry.curve[-1].value == entry.by_repeat[0]["rmse"]
    assert set(entry.segments) == {"people", "items", "clusters"}
    for by in ("people", "items", "clusters"):
        assert board.sizes[by].keys() == entry.segments[by].keys()
        assert sum(board.sizes[by].values()) == 60
    assert {(d.first, d.second) for d in board.disagreements} == {
        (v.first, v.second) for v in board.versus
    }
    assert tuned.command == "so"
    assert records.read(tuned.as_json()) == tuned


def test_what_was_broken_off_goes_on_and_finds_the_same(data, tuned, tmp_path, monkeypatch):
    fit, fits, at = ALS.fit, [], [1, 2, 5, 3]

    def interrupted(model, *args, **kwargs):
        fits.append(1)
        if at and len(fits) == at[0]:
            fits.clear()
            at.pop(0)
            raise KeyboardInterrupt
        return fit(model, *args, **kwargs)

    options = {"split": "random", "trials": 2, "seeds": [42, 43], "thorough": True}
    with monkeypatch.context() as patch:
        patch.setattr(ALS, "fit", interrupted)
        for _ in range(4):
            with pytest.raises(KeyboardInterrupt):
                comparing.run(data, ["als"], folder=tmp_path, **options)
        found = comparing.run(data, ["als"], folder=tmp_path, command="so", **options)
        assert timeless(found) == timeless(tuned)
        # All of it is kept: whatever is fitted now would be fitted again.
        patch.setattr(ALS, "fit", lambda *of, **known: pytest.fail("fitted again"))
        said = []
        again = comparing.run(data, ["als"], folder=tmp_path, tell=said.append, **options)
        assert again.boards == found.boards
        assert all("(kept)" in line for line in said)
    # Fewer trials than there are: those that would have been made.
    fewer = comparing.run(data, ["als"], folder=tmp_path, split="random", trials=1)
    assert next(e for e in fewer.boards[0].entries if e.trials).trials == tuple(
        next(e for e in found.boards[0].entries if e.trials).trials[:1]
    )


def test_settings_that_were_found_say_how_they_were_chosen(data, tmp_path):
    comparing.run(data, ["als"], split="random", trials=1, seeds=[43], folder=tmp_path)
    (file,) = tmp_path.rglob("als-*.toml")
    found = configuration.read(file)
    assert found.model == "als"
    ratings = data.interactions
    (same,), (other,) = (parts("random", ratings, "rating", seed=seed) for seed in (43, 42))
    assert origins.check(found.origin, ratings, same) is None
    assert "the figure flatters" in origins.check(found.origin, ratings, other).text


def test_other_code_is_judged_anew(data, tmp_path, monkeypatch):
    def lines():
        said = []
        comparing.run(data, ["biases"], split="random", folder=tmp_path, tell=said.append)
        return [line for line in said if "(kept)" in line]

    assert lines() == []
    assert len(lines()) == 2
    monkeypatch.setattr(kept, "versions", lambda: {"code": "changed"})
    assert lines() == []


def test_a_model_that_fails_does_not_lose_the_others(data, monkeypatch):
    failures = [Diverged("it ran away"), MemoryError(), np.linalg.LinAlgError("singular")]
    for failure in failures:

        def failing(model, *args, failure=failure, **kwargs):
            raise failure

        with monkeypatch.context() as patch:
            patch.setattr(ALS, "fit", failing)
            (board,) = comparing.run(data, ["als"], split="random", seeds=[42, 43]).boards
        assert board.absent == {"als": f"With seed 42: {str(failure) or 'MemoryError'}"}
        assert {e.model for e in board.entries} == set(RATING[:2])
        assert all(len(e.by_repeat) == 2 for e in board.entries)
    assert records.read(comparing.run(data, ["als"], split="random").as_json()).boards[0].entries


def test_a_model_without_a_good_setting_is_absent(data, monkeypatch):
    def lost(model, *of):
        return float("nan") if model.name == "als" else primary(model, *of)

    monkeypatch.setattr("matinee.tuning.search.primary", lost)
    (board,) = comparing.run(data, ["als"], split="random", trials=1).boards
    assert "None of 1 settings of als" in board.absent["als"]


def test_a_full_disk_ends_it(data, tmp_path, monkeypatch):
    def full(*of):
        raise DiskFull("no space")

    monkeypatch.setattr(kept, "write", full)
    with pytest.raises(DiskFull):
        comparing.run(data, ["biases"], split="random", folder=tmp_path)


def test_new_users_are_served_by_one_fit_in_a_table_for_each_number_given(data, monkeypatch):
    fit, fits = ALS.fit, []

    def counted(model, *args, **kwargs):
        fits.append(model.name)
        return fit(model, *args, **kwargs)

    monkeypatch.setattr(ALS, "fit", counted)
    found = comparing.run(data, ["als"], split="new-users")
    assert [b.protocols[0]["given"] for b in found.boards] == [0, 1, 5, 10]
    assert fits == ["als"]
    assert len({b.entries[0].figures["rmse"].mean for b in found.boards}) == 4


def test_folds_are_repeats_of_one_table(data):
    (board,) = comparing.run(data, ["popularity"], split="k-fold").boards
    assert board.repeats == tuple(f"seed 42, fold {n} of 5" for n in range(1, 6))
    assert board.title.endswith("5 repeats")
    assert all(len(e.by_repeat) == 5 for e in board.entries)


def test_by_time_features_and_tags_know_the_past_only(data):
    times = data.interactions.time
    tags = pa.table(
        {
            "user_id": ["u0"] * 60,
            "item_id": [f"m{n % 20}" for n in range(60)],
            "tag": ["early"] * 20 + ["late"] * 20 + ["early"] * 20,
            "time": pa.array([int(times.min())] * 20 + [int(times.max())] * 40, pa.int64()),
        }
    )
    tagged = replace(data, tags=tags)
    sides = groups.Sides(tagged)
    (random,) = parts("random", data.interactions, "rating")
    (late,) = parts("time", data.interactions, "rating")
    assert {n for n in sides.of(random).item_word_names if n.startswith("tag")} == {
        *("tag:early", "tag:late"),
    }
    assert {n for n in sides.of(late).item_word_names if n.startswith("tag")} == {"tag:early"}


@pytest.mark.parametrize("name", ["random", "strong", "new-users", "new-items", "leave-last-out"])
def test_tags_that_tell_of_test_ratings_are_not_known(data, name):
    """Who tags a title has seen it; nothing is known of people whom training must not hold."""
    ids, titles = data.users.ids, data.items.ids

    def tagged(users, items):
        columns = {"user_id": [ids[u] for u in users], "item_id": [titles[i] for i in items]}
        return pa.table(columns | {"tag": [f"tag{n % 2}" for n in range(len(items))]})

    def known(tags):
        return known_tags(tags, split, ids, titles).num_rows

    split = parts(name, data.interactions, "rating")[-1]
    train, test = (tagged(r.user_index, r.item_index) for r in (split.train, split.test))
    assert (known(train), known(test)) == (len(split.train), 0)
    person = split.people[0]
    others = np.setdiff1d(np.arange(len(titles)), split.test.matrix[[person]].indices)
    not_asked_for = tagged([person] * len(others), others)
    assert known(not_asked_for) == (len(others) if split.given is None else 0)
    side = groups.Sides(replace(data, tags=pa.concat_tables([test, train]))).of(split)
    expected = side_information(data.item_table, data.user_table, train)
    assert (side.item_words != expected.item_words).nnz == 0


def test_test_ratings_are_never_fitted_on(data, monkeypatch):
    splits = {seed: parts("random", data.interactions, "rating", seed=seed)[0] for seed in (42, 43)}
    fit, now = ALS.fit, []

    def watched(model, train, *args, **kwargs):
        hidden = splits[now[-1]].test
        pairs = set(zip(train.user_index.tolist(), train.item_index.tolist(), strict=True))
        assert not pairs & set(
            zip(hidden.user_index.tolist(), hidden.item_index.tolist(), strict=True)
        )
        return fit(model, train, *args, **kwargs)

    job = work.Worker.job

    def staged(worker, name, stage, step):
        now.append(stage.seed)
        return job(worker, name, stage, step)

    monkeypatch.setattr(work.Worker, "job", staged)
    monkeypatch.setattr(ALS, "fit", watched)
    comparing.run(data, ["als"], split="random", trials=2, seeds=[42, 43])
    assert set(now) == {42, 43}


def test_what_can_be_judged_is_shown_though_something_cannot(data, caplog):
    # Nobody has enough likes for a per-user split.
    few = replace(data, interactions=data.interactions.take(np.arange(0, 603, 9)))
    found = comparing.run(few, ["biases", "popularity"], split="random")
    assert {b.task for b in found.boards} == {"rating"}
    assert "No ranking models by the split random" in caplog.text
    with pytest.raises(InvalidInput, match="Nothing could be compared"):
        comparing.run(few, ["popularity"], split="random")


def test_ratings_without_times_or_values(data):
    untimed = replace(data, interactions=replace(data.interactions, time=None))
    assert [b.title[:6] for b in comparing.run(untimed, ["als"]).boards] == ["random"]
    implicit = replace(data, interactions=replace(untimed.interactions, value=None))
    found = comparing.run(implicit, ["als", "popularity"])
    assert [b.task for b in found.boards] == ["ranking"]


def test_transductive_models_are_labelled(data):
    name = "bayes_fm_transductive"
    (board,) = comparing.run(data, [name], split="random", task="rating").boards
    assert [e.label for e in board.entries if e.model == name] == [name + SEES]


def test_bad_questions(data, monkeypatch):
    for bad in ({"split": "never"}, {"trials": -1}, {"seeds": []}, {"seeds": [-1]}):
        with pytest.raises(InvalidParameter):
            comparing.run(data, ["als"], **bad)
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(Unsupported, match="optuna"):
        comparing.run(data, ["als"], trials=1)


def test_one_process_at_a_time(data, tmp_path, monkeypatch):
    job = work.Worker.job

    def meanwhile(worker, name, stage, step):
        with pytest.raises(InvalidInput, match="Another process is comparing"):
            comparing.run(data, ["biases"], split="random", folder=tmp_path)
        return job(worker, name, stage, step)

    monkeypatch.setattr(work.Worker, "job", meanwhile)
    comparing.run(data, ["biases"], split="random", folder=tmp_path)


def test_figures_of_a_few_people_say_so(data):
    (board,) = comparing.run(data, ["als"], split="strong").boards
    judged = {test.people for test in board.versus}
    assert judged == {3}
    assert board.warnings[-1].startswith("Only 3 people are judged: intervals and p-values")
    assert min(test.p_value for test in board.versus) >= 0.25
