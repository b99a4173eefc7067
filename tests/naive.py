"""Slow, obvious references for the fast kernels."""

from __future__ import annotations

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
