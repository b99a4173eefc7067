"""Implicit least squares, one side: against numpy's solver, and that each way lowers f."""

from __future__ import annotations

import numpy as np
import pytest
from naive import implicit_least_squares

from matinee.kernels import ials


def problem(rows=9, others=12, k=32, density=0.4, seed=0):
    generator = np.random.default_rng(seed)
    chosen = generator.random((rows, others)) < density
    chosen[1] = False
    indptr = np.append(0, chosen.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(chosen)[1].astype(np.int32)
    vectors = generator.normal(size=(others, k)).astype(np.float32)
    spectrum = generator.uniform(0, 1, k).astype(np.float32)
    penalty = generator.uniform(0.5, 2, rows).astype(np.float32)
    return chosen, (indptr, indices, vectors, spectrum, penalty)


def objective(chosen, vectors, spectrum, penalty, people):
    error = np.where(chosen, 1 - people.astype(float) @ vectors.T, 0)
    own = (spectrum + penalty[:, np.newaxis]) * people.astype(float) ** 2
    return (error**2).sum(axis=1) + own.sum(axis=1)


@pytest.mark.parametrize("k", [16, 48])
def test_one_block_is_the_solution(k):
    chosen, arguments = problem(k=k)
    people = np.zeros((9, k), np.float32)
    ials.solve_blocks(*arguments, people, size=k)
    expected = implicit_least_squares(chosen, *arguments[2:])
    np.testing.assert_allclose(people, expected, rtol=1e-3, atol=1e-4)
    assert not people[1].any(), "nothing chosen"


def test_conjugate_gradients_get_there():
    chosen, arguments = problem(k=16)
    people = np.ones((9, 16), np.float32)
    ials.descend(*arguments, people, steps=40)
    expected = implicit_least_squares(chosen, *arguments[2:])
    np.testing.assert_allclose(people, expected, rtol=1e-2, atol=1e-3)


def test_blocks_get_there():
    chosen, arguments = problem(k=48)
    people = np.ones((9, 48), np.float32)
    for _ in range(400):
        ials.solve_blocks(*arguments, people, size=16)
    expected = implicit_least_squares(chosen, *arguments[2:])
    np.testing.assert_allclose(people, expected, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("relaxation", [0.5, 1.0, 1.4, 1.9])
@pytest.mark.parametrize(
    ("way", "setting"), [("descend", {"steps": 2}), ("solve_blocks", {"size": 16})]
)
def test_any_relaxation_below_two_lowers_f(way, setting, relaxation):
    chosen, arguments = problem()
    people = np.random.default_rng(1).normal(size=(9, 32)).astype(np.float32)
    people[1] = 0
    before = objective(chosen, *arguments[2:], people)
    getattr(ials, way)(*arguments, people, relaxation=relaxation, **setting)
    after = objective(chosen, *arguments[2:], people)
    assert (after[chosen.any(axis=1)] < before[chosen.any(axis=1)]).all()


def test_a_penalty_that_float32_loses_still_gives_a_solution():
    generator = np.random.default_rng(0)
    vectors = (generator.normal(size=(3, 16)) * 1000).astype(np.float32)
    people = np.zeros((1, 16), np.float32)
    ials.solve_blocks(
        np.array([0, 3], np.int32),
        np.arange(3, dtype=np.int32),
        vectors,
        np.zeros(16, np.float32),
        np.full(1, 1e-4, np.float32),
        people,
        size=16,
    )
    np.testing.assert_allclose(vectors @ people[0], 1, rtol=1e-2)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("way", "setting"), [("descend", {"steps": 2}), ("solve_blocks", {"size": 16})]
)
def test_parallel_blocks_give_the_bits_of_one_block(way, setting):
    rows = 300
    _, (indptr, indices, *rest, penalty) = problem(rows, 100, density=0.8)
    assert indptr[-1] > 20_000, "the parallel path"
    whole = np.full((rows, 32), 0.1, np.float32)
    lower = getattr(ials, way)
    lower(indptr, indices, *rest, penalty, whole, **setting)
    for start in range(0, rows, 100):
        part = slice(indptr[start], indptr[start + 100])
        few = np.full((100, 32), 0.1, np.float32)
        pointers = indptr[start : start + 101] - indptr[start]
        lower(pointers, indices[part], *rest, penalty[start : start + 100], few, **setting)
        np.testing.assert_array_equal(few, whole[start : start + 100])


def test_turning_makes_the_gram_matrix_diagonal_and_keeps_products():
    generator = np.random.default_rng(0)
    y = generator.normal(size=(5000, 6)).astype(np.float32) * np.arange(1, 7, dtype=np.float32)
    x = generator.normal(size=(7, 6)).astype(np.float32)
    products = x @ y.T
    diagonal = ials.turn(y, x)
    np.testing.assert_allclose(y.T @ y, np.diag(diagonal), atol=1e-3 * diagonal.max())
    np.testing.assert_allclose(x @ y.T, products, rtol=1e-3, atol=1e-2)
