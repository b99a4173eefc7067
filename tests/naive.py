"""Slow, obvious references for what is fast elsewhere."""

from __future__ import annotations

import math

import numpy as np


def top_n(scores, n):
    """Per row: items by falling score, ties by index, without -inf and NaN."""
    lists = []
    for row in scores:
        allowed = [i for i in range(len(row)) if row[i] > -np.inf]
        lists.append(sorted(allowed, key=lambda i, row=row: (-row[i], i))[:n])
    return lists


def least_squares(matrix, vectors, offsets, plain, weighted):
    """Per row of a dense matrix (NaN where not rated): the penalised normal equations."""
    result = np.zeros((len(matrix), vectors.shape[1]))
    for u, row in enumerate(matrix):
        rated = ~np.isnan(row)
        if not rated.any():
            continue
        v = vectors[rated].astype(float)
        penalty = np.diag(plain + weighted * rated.sum())
        result[u] = np.linalg.solve(v.T @ v + penalty, v.T @ (row[rated] - offsets[rated]))
    return result


def ndcg(recommended, relevant, k):
    """Of one list (best first, -1 is nothing) against a set of items; None without any."""
    if not relevant:
        return None
    gained = 0.0
    for rank, item in enumerate(recommended[:k], start=1):
        if item in relevant:
            gained += 1 / math.log2(rank + 1)
    ideal = 0.0
    for rank in range(1, min(k, len(relevant)) + 1):
        ideal += 1 / math.log2(rank + 1)
    return gained / ideal


def recall(recommended, relevant, k):
    """Hits in the first k, over all that is relevant; None without any."""
    if not relevant:
        return None
    return len([i for i in recommended[:k] if i in relevant]) / len(relevant)


def precision(recommended, relevant, k):
    """Hits in the first k, over k; None where nothing is relevant."""
    if not relevant:
        return None
    return len([i for i in recommended[:k] if i in relevant]) / k
