"""Metrics as people write them, and what they mean in a few words."""

from __future__ import annotations

_NAMES = {
    "auc": "AUC",
    "hit_rate": "hit rate",
    "log_likelihood": "log-likelihood",
    "mae": "MAE",
    "map": "MAP",
    "mrr": "MRR",
    "ndcg": "NDCG",
    "r2": "R²",
    "recall_capped": "capped recall",
    "rmse": "RMSE",
}
_MEANINGS = {
    "rmse": "root of the mean squared error, in stars; less is better",
    "mae": "mean absolute error, in stars; less is better",
    "r2": "share of the variance of ratings that is explained; more is better",
    "log_likelihood": "how likely the ratings are to the model; more is better",
    "ndcg": "hits in the list, the upper places counting more, 1 at most; more is better",
    "recall": "share of what was to be found that is in the list; more is better",
    "recall_capped": "the same, of as many as the list can hold; more is better",
    "precision": "share of the list that are hits; more is better",
    "map": "precision averaged over the places of hits; more is better",
    "mrr": "one over the place of the first hit; more is better",
    "hit_rate": "share of people with a hit at all; more is better",
    "auc": "chance that what was to be found stands above what was not; 0.5 is luck",
    "coverage": "share of the catalog that is in anybody's list",
    "coverage of intervals": "share of ratings within the interval; as near to its % as can be",
    "width": "of the interval, in stars; less says more, if the coverage holds",
    "gini": "how unevenly titles are recommended: 0 all alike, near 1 hardly any but a few",
    "novelty": "how few people chose what is recommended, in bits: one more is half as many",
    "diversity": "how unlike the titles of a list are by their features: 0 alike, 1 not at all",
    "serendipity": "hits, the more the further down the ranks of popularity they stand",
    "popularity": "share of people who chose what is recommended: bias to what everybody chooses",
    "calibration": "how far the list's genres are from the person's, in nats; 0 is the same mix",
}


def name(metric: str) -> str:
    """A metric as people write it: "NDCG@10", "hit rate@10"."""
    kind, at, cutoff = metric.partition("@")
    return f"{_NAMES.get(kind, kind.replace('_', ' '))}{at}{cutoff}"


def meaning(metric: str) -> str:
    """What a metric is, in a few words; nothing where it is not known."""
    kind, _, cutoff = metric.partition("@")
    if kind == "coverage" and cutoff.endswith("%"):
        kind = "coverage of intervals"
    return _MEANINGS.get(kind, "")
