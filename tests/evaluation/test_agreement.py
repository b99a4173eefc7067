"""Figures are those of other libraries where definitions agree, and known functions of ours where
they do not. What the others said was recorded by ``benchmarks/agreement.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from documents import ROOT, code, rows, section, text_of
from scipy.sparse import csr_array

import matinee
from matinee.evaluation import beyond, metrics
from matinee.evaluation.beyond import Catalogue
from matinee.evaluation.of_lists import JudgedLists
from matinee.interactions import Interactions, SideInformation

RECORD = json.loads(Path(__file__).with_name("agreement.json").read_text("utf-8"))
CLOSE = {"rtol": 0, "atol": 1e-6, "equal_nan": True}


@dataclass(frozen=True, eq=False)
class Case:
    """Lists, what should be in them and what is known, as the record (or its maker) has them."""

    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def rows(self, name: str, columns: int) -> csr_array:
        indices, indptr = self[f"{name}_indices"], self[f"{name}_indptr"]
        ones = np.ones(len(indices), np.float32)
        return csr_array((ones, indices, indptr), shape=(len(indptr) - 1, columns))

    @cached_property
    def n_items(self) -> int:
        return self["scores"].shape[1]

    @cached_property
    def catalogue(self) -> Catalogue:
        known = self.rows("known", self.n_items)
        user, item = known.nonzero()
        train = Interactions(user, item, n_users=known.shape[0], n_items=self.n_items)
        names = tuple(f"genre:{i}" for i in range(int(self["n_features"])))
        return Catalogue.of(train, SideInformation(self.rows("features", len(names)), names))

    @cached_property
    def everybody(self) -> JudgedLists:
        relevant, known = (self.rows(name, self.n_items) for name in ("relevant", "known"))
        people, share = np.arange(len(self["lists"])), np.full(relevant.nnz, np.nan)
        metrics.outranked(self["scores"].astype(np.float32), known, relevant, people, share)
        return JudgedLists(people, self["lists"], relevant, known, self.catalogue, share)

    @cached_property
    def n_relevant(self) -> np.ndarray:
        return np.diff(self["relevant_indptr"])

    def entries(self, k: int) -> np.ndarray:
        """How many of the first k entries of each list there are."""
        return (self["lists"][:, :k] >= 0).sum(axis=1)

    @cached_property
    def length(self) -> np.ndarray:
        return self.entries(10)

    @cached_property
    def hit(self) -> np.ndarray:
        return metrics.hits(self["lists"], self.everybody.relevant)

    @cached_property
    def in_full(self) -> np.ndarray:
        """Hits of the whole catalogue in order of the scores, what is known left out at the end."""
        scores = self["scores"].copy()
        scores[self.everybody.known.nonzero()] = -1
        order = np.argsort(-scores, axis=1, kind="stable").astype(np.int32)
        return metrics.hits(order, self.everybody.relevant)

    def own(self, name: str) -> np.ndarray:
        return self.everybody.own[name]


EQUAL = {
    "LensKit": {
        "NDCG(10, LogRankWeight(offset=1))": "ndcg@10",
        "Recall(20)": "recall_capped@20",
        "RecipRank(10)": "mrr@10",
        "Hit(10)": "hit_rate@10",
    },
    "RecTools": {
        "NDCG(10, divide_by_achievable=True)": "ndcg@10",
        "Precision(10)": "precision@10",
        "Precision(20, r_precision=True)": "recall_capped@20",
        "Recall(20)": "recall@20",
        "MRR(10)": "mrr@10",
        "HitRate(10)": "hit_rate@10",
        "MeanInvUserFreq(10)": "novelty@10",
        "Serendipity(10)": "serendipity@10",
    },
    "ranx": {
        "ndcg@10": "ndcg@10",
        "precision@10": "precision@10",
        "recall@20": "recall@20",
        "mrr@10": "mrr@10",
        "hit_rate@10": "hit_rate@10",
    },
    "Cornac": {"NDCG(10)": "ndcg@10", "Recall(20)": "recall@20", "AUC()": "auc"},
    "scikit-learn": {"roc_auc_score": "auc"},
    "irspack": {"recall@20": "recall@20", "hit@10": "hit_rate@10"},
    "implicit": {"ndcg@10": "ndcg@10", "map@10": "map@10"},
}
"""Answers that are one of our figures, person by person, or its mean."""


def ideal(n) -> np.ndarray:
    """DCG of a list whose first n entries are hits."""
    return np.concatenate([[0], np.cumsum(1 / np.log2(np.arange(2, 32)))])[n]


def clipped(case):
    """The first two ranks count the same: the discount of Jarvelin and Kekalainen 2002."""
    discount = 1 / np.log2(np.maximum(np.arange(1, 11), 2))
    best = np.concatenate([[0], np.cumsum(discount)])[np.minimum(case.n_relevant, 10)]
    gained = case.hit[:, :10] @ discount
    return np.divide(gained, best, out=np.full(len(best), np.nan), where=best > 0)


def over(case, name, ours, theirs):
    """Our figure with another denominator; no value where that is 0."""
    out = np.full(len(case.length), np.nan)
    return np.divide(case.own(name) * ours, theirs, out=out, where=np.asarray(theirs) > 0)


def capped(case):
    return np.minimum(case.n_relevant, 10)


def shortened(case, k):
    """min(k, relevant items, entries of the list), the last being 1 or more."""
    return np.minimum(np.minimum(case.n_relevant, k), np.maximum(case.entries(k), 1))


def pooled(case):
    """Hits of all, over what all could have had."""
    return case.hit[:, :10].sum() / capped(case).sum()


def unranked_by_chance(case):
    """AUC where only ten entries are known, all others are in the middle, and what is known of the
    person counts as beaten too."""
    positive = case.n_relevant.astype(float)
    negative = case.n_items - positive
    hit, missed = case.hit[:, :10], ~case.hit[:, :10]
    beaten = (np.cumsum(hit, axis=1) * missed).sum(axis=1)
    rest = (hit.sum(axis=1) + positive) / 2 * (negative - missed.sum(axis=1))
    pairs = positive * negative
    return np.divide(beaten + rest, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def counted_as_0(values, people):
    return np.where(people, 0, values)


def alike(case):
    """Cosines of all pairs, a title without genres being unlike every other."""
    known = np.diff(case.rows("features", int(case["n_features"])).indptr) > 0
    m = ((case["lists"][:, :10] >= 0) & known[case["lists"][:, :10]]).sum(axis=1)
    n, pairs = case.length, m * (m - 1)
    likeness = np.where(pairs > 0, 1 - np.nan_to_num(case.own("diversity@10")), 0) * pairs
    return np.divide(likeness, n * (n - 1), out=np.full(len(n), np.nan), where=n > 1)


def ratings(figure):
    return lambda case: figure(case["predicted"], case["actual"])


def by_person(figure):
    def mean(case):
        users = [case["rated_user"] == user for user in np.unique(case["rated_user"])]
        return np.mean([figure(case["predicted"][of], case["actual"][of]) for of in users])

    return mean


def of_judged(figure):
    """Of the lists of those who have something to find, whom we judge: `Split.people`."""
    return lambda case: figure(case["lists"][case.n_relevant > 0, :10], case.n_items)


def of_all(figure):
    return lambda case: figure(case["lists"][:, :10], case.n_items)


RMSE, MAE = ratings(metrics.rmse), ratings(metrics.mae)
DIFFERENT = {
    "LensKit": {
        "NDCG(10)": clipped,
        # Over the entries that there are; 0 for people with nothing to find.
        "Precision(10)": lambda c: np.where(
            (c.n_relevant == 0) & (c.length > 0), 0, over(c, "precision@10", 10, c.length)
        ),
        "AveragePrecision(10)": lambda c: over(
            c, "map@10", capped(c), np.minimum(c.n_relevant, c.length)
        ),
        "ILS(genre, 10)": lambda c: np.where(c.length == 1, 1, alike(c)),
        "ListGini(10)": of_all(beyond.gini),
        "RMSE().global": RMSE,
        "RMSE().mean": by_person(metrics.rmse),
        "MAE().global": MAE,
        "MAE().mean": by_person(metrics.mae),
    },
    "RecTools": {
        "NDCG(10)": lambda c: over(c, "ndcg@10", ideal(capped(c)), ideal(10)),
        "MAP(10)": lambda c: over(c, "map@10", capped(c), c.n_relevant),
        "MAP(10, divide_by_k=True)": lambda c: over(c, "map@10", capped(c), 10),
        "AvgRecPopularity(10)": lambda c: c.own("popularity@10") * c.catalogue.people,
        "AvgRecPopularity(10, normalize=True)": lambda c: (
            c.own("popularity@10") * c.catalogue.people / c.catalogue.choices.sum()
        ),
        "IntraListDiversity(10, cosine)": lambda c: counted_as_0(1 - alike(c), c.length == 1),
        "CatalogCoverage(10, normalize=True)": of_all(beyond.coverage),
    },
    "ranx": {"map@10": lambda c: over(c, "map@10", capped(c), c.n_relevant)},
    "Cornac": {
        "Precision(10)": lambda c: counted_as_0(c.own("precision@10"), c.n_relevant == 0),
        "HitRatio(10)": lambda c: counted_as_0(c.own("hit_rate@10"), c.n_relevant == 0),
        # At no cutoff, and an error where nothing is found.
        "MRR()": lambda c: np.where(
            c.hit.any(axis=1), metrics.reciprocal_rank(c.hit, c.n_relevant, 24), np.nan
        ),
        "MAP()": lambda c: metrics.average_precision(c.in_full, c.n_relevant, c.n_items),
        "RMSE()": RMSE,
        "MAE()": MAE,
    },
    "scikit-learn": {
        "average_precision_score": lambda c: metrics.average_precision(
            c.in_full, c.n_relevant, c.n_items
        ),
        "ndcg_score(k=10)": lambda c: metrics.ndcg(c.in_full, c.n_relevant, 10),
        "root_mean_squared_error": RMSE,
        "mean_absolute_error": MAE,
        "r2_score": ratings(metrics.r2),
    },
    # Its lists end early only where there is no more to rank: no cutoff is above their length.
    "irspack": {
        "ndcg@10": lambda c: over(c, "ndcg@10", ideal(capped(c)), ideal(shortened(c, 10))),
        "precision@10": lambda c: over(c, "precision@10", 10, np.maximum(c.length, 1)),
        "recall@20, recall_with_cutoff=True": lambda c: over(
            c, "recall_capped@20", np.minimum(c.n_relevant, 20), shortened(c, 20)
        ),
        "map@10": lambda c: over(c, "map@10", capped(c), c.n_relevant),
        "gini_index@10": of_judged(beyond.gini),
        "catalog_coverage@10": of_judged(beyond.coverage),
    },
    "implicit": {"precision@10": pooled, "auc@10": unranked_by_chance},
}
"""What others mean by the same words, made of our figures: see docs/evaluation.md."""

ANSWERS = [(library, name) for of in (EQUAL, DIFFERENT) for library in of for name in of[library]]
every_answer = pytest.mark.parametrize(("library", "name"), ANSWERS)


def expected(case: Case, library: str, name: str):
    """What the library should say, by our figures."""
    same = EQUAL[library].get(name)
    return case.own(same) if same else DIFFERENT[library][name](case)


@pytest.fixture(scope="module")
def generated() -> Case:
    kept = RECORD["generated"].items()
    arrays = {name: np.array(values) for name, values in kept}
    whole = {n: a.astype(np.int32) for n, a in arrays.items() if a.dtype.kind == "i"}
    return Case(arrays | whole)


@pytest.fixture(scope="module")
def real(shared_data) -> Case:
    """MovieLens 100K, with the lists of the record's maker: they do not depend on the machine."""
    if not (ROOT / "benchmarks").exists():
        pytest.skip("no benchmarks beside these tests")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        patch.setenv("MATINEE_DATA", str(shared_data))
        import agreement

        case = agreement.of_movielens(matinee.load("ml-100k"))
        assert agreement.fingerprint(case) == RECORD["fingerprint of ml-100k"], (
            "these are other lists than those that were recorded"
        )
    return Case(case)


def values(told):
    return np.array([np.nan if v is None else v for v in told], np.float64)


@every_answer
def test_generated_lists(generated, library, name):
    told = RECORD["said of generated"][library][name]
    ours = expected(generated, library, name)
    if isinstance(told, list):
        np.testing.assert_allclose(ours, values(told), **CLOSE)
    else:
        np.testing.assert_allclose(np.nanmean(ours), told, **CLOSE)


@every_answer
def test_lists_of_movielens(real, library, name):
    told = RECORD["said of ml-100k"][library][name]
    ours = np.atleast_1d(expected(real, library, name))
    if not isinstance(told, dict):
        told = {"mean": told}
    np.testing.assert_allclose(np.nanmean(ours), told["mean"], **CLOSE)
    if "first" in told:
        assert np.count_nonzero(~np.isnan(ours)) == told["people"]
        np.testing.assert_allclose(ours[: len(told["first"])], values(told["first"]), **CLOSE)


def test_every_answer_of_the_record_is_compared():
    for said in ("said of generated", "said of ml-100k"):
        told = {(library, name) for library, names in RECORD[said].items() for name in names}
        assert told == set(ANSWERS)
    assert len(ANSWERS) == len(set(ANSWERS))


def test_the_generated_lists_are_odd_in_every_way(generated):
    lists, relevant = generated["lists"], generated.n_relevant
    length = (lists >= 0).sum(axis=1)
    found = generated.hit.sum(axis=1)
    assert ((relevant == 0) & (length > 0)).any()
    assert ((relevant > 0) & (length == 0)).any()
    assert ((relevant == 0) & (length == 0)).any()
    assert {1, 4, 24} <= set(length.tolist())
    assert (relevant > lists.shape[1]).any()
    assert ((found == 0) & (relevant > 0) & (length == 24)).any(), "all of it beyond the list"
    assert ((found == length) & (length > 0)).any(), "a perfect list"
    assert (generated.catalogue.choices == 0).any(), "a title that nobody has chosen"
    assert (np.diff(generated["features_indptr"]) == 0).any(), "a title without genres"


def test_what_is_judged_is_all_of_it(generated):
    """No figure of lists is without a counterpart in another library but one that none has."""
    compared = {name for names in EQUAL.values() for name in names.values()}
    compared |= {"map@10", "diversity@10", "popularity@10"}  # by a formula
    assert set(generated.everybody.own) == compared | {"calibration@10"}
    assert set(generated.everybody.figures()) - set(generated.everybody.own) == {
        "coverage@10",
        "gini@10",
    }


def test_figures_of_the_page_are_those_of_the_record(real):
    listed = rows(section(text_of("docs/evaluation.md"), "## Where other libraries differ"))
    differences = [row for row in listed if len(row) == 4][1:]
    assert len(differences) > 10
    for named, theirs, ours, _ in differences:
        library, _, name = named.partition(" ")
        told = RECORD["said of ml-100k"][library][code(name)]
        told = told["mean"] if isinstance(told, dict) else told
        assert float(theirs) == pytest.approx(told, abs=5e-5), named
        figure, _, value = ours.partition(" ")
        together = {"rmse": RMSE, "coverage@10": of_judged(beyond.coverage)}.get(code(figure))
        own = together(real) if together else np.nanmean(real.own(code(figure)))
        assert float(value) == pytest.approx(own, abs=5e-5), named
