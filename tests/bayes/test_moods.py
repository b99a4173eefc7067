"""Pages, moods at a moment, and how strong moods are."""

import numpy as np

from matinee.bayes.moods import FIRST_SHAPE, Pages, Shape, moods_at

SHAPE = Shape(0.5, 1.0, 0.25)


def test_ratings_within_seconds_are_a_page():
    indptr = np.array([0, 4, 4, 6])
    pages = Pages(indptr, np.array([100, 3, 1, 102, 101, 900]))
    np.testing.assert_array_equal(pages.of, [1, 0, 0, 1, 2, 3])
    np.testing.assert_array_equal(pages.first, [1, 100, 101, 900])
    np.testing.assert_array_equal(pages.last, [3, 102, 101, 900])
    np.testing.assert_array_equal(pages.starts, [0, 2, 2, 4])


def test_a_mood_is_asked_within_a_page_between_pages_and_beyond():
    # One person with pages at 1000..1002 and 2000, asked five times, and one without any.
    starts = np.array([0, 2, 4, 6, 8, 10, 10])
    first, last = np.tile([1000, 2000], 5), np.tile([1002, 2000], 5)
    drawn = np.tile([[0.6, -0.2], [0.1, 0.3]], 5)
    now = np.array([1004, 1500, 990, 2120, 9_999_999_999_999, 1000])
    mean, variance = moods_at(SHAPE, starts, first, last, drawn.astype(np.float32), now, 0.5)
    np.testing.assert_allclose(mean, [0.7, 0.16, 0.3, -0.05, 0, 0], rtol=1e-6, atol=1e-9)
    # In the middle of a long chain of pages, each seen with variance g + 0.5:
    pages = np.arange(401)
    prior = SHAPE.v * SHAPE.phi ** np.abs(pages[:, None] - pages)
    known = np.linalg.inv(np.linalg.inv(prior) + np.eye(401) / 0.75)[200, 200]
    left = [known + 1 / 6, 0.85 + 0.64 * known, 1 + known / 4, 1.25 - (1 - known) / 16]
    np.testing.assert_allclose(variance, [*left, 1.25, 1.25], rtol=1e-5)


def test_how_strong_moods_are_is_found_from_ratings():
    generator = np.random.default_rng(0)
    people, pages, ratings = 400, 20, 3
    s = np.empty((people, pages))
    s[:, 0] = generator.normal(0, 1, people)
    for b in range(1, pages):
        s[:, b] = 0.7 * s[:, b - 1] + np.sqrt(1 - 0.49) * generator.normal(0, 1, people)
    both = s + generator.normal(0, 0.5, s.shape)
    errors = np.repeat(both.ravel(), ratings) + generator.normal(0, 0.5, people * pages * ratings)
    times = np.repeat(np.arange(people * pages) * 100, ratings)
    cut = Pages(np.arange(0, len(times) + 1, pages * ratings), times)
    sums = cut.sums(errors.astype(np.float32), np.full(len(times), 4, np.float32))
    shape, seen = FIRST_SHAPE, []
    for turn in range(80):
        drawn = cut.drawn(*sums, shape, generator)
        drawn, shape = cut.redrawn(drawn, *sums, shape, generator)
        if turn >= 50:
            seen.append(shape)
    np.testing.assert_allclose(np.mean(seen, axis=0), [0.7, 1.0, 0.25], atol=0.12)
    means = cut.of_ratings(cut.drawn(*sums, shape))
    assert np.corrcoef(means, np.repeat(both.ravel(), ratings))[0, 1] > 0.95


def test_somebody_without_pages_and_nobody_at_all():
    pages = Pages(np.zeros(3, np.int32), np.zeros(0, np.int64))
    assert (
        pages.drawn(*pages.sums(np.zeros(0, np.float32), np.zeros(0, np.float32)), SHAPE).size == 0
    )
    mean, variance = moods_at(
        SHAPE,
        pages.starts,
        pages.first,
        pages.last,
        np.zeros((2, 0), np.float32),
        np.array([1, 2]),
        1.0,
    )
    np.testing.assert_array_equal(mean, [0, 0])
    np.testing.assert_array_equal(variance, [1.25, 1.25])
