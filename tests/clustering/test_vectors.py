"""Items are near when they share people or traits, and for no other reason."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.clustering.vectors import item_vectors, unit_rows
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions, SideInformation


def vectors(chosen, side=None, dimensions=4, traits_weight=1.0, seed=0, features="both"):
    users, items = np.nonzero(chosen)
    train = Interactions(users, items, n_users=chosen.shape[0], n_items=chosen.shape[1])
    return item_vectors(
        train,
        side or SideInformation(),
        features=features,
        dimensions=dimensions,
        traits_weight=traits_weight,
        seed=seed,
    )


def taste(n_users=60, n_items=20, seed=0):
    """Even people choose even items, mostly."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(n_users)[:, None] - np.arange(n_items)) % 2 == 0
    return generator.random((n_users, n_items)) < np.where(alike, 0.6, 0.05)


def test_unit_rows():
    points = np.array([[3, 4], [0, 0], [0, -2]], np.float32)
    unit = unit_rows(points)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0, 0], [0, -1]])
    assert unit_rows(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert points[0].tolist() == [3, 4]


def test_items_of_the_same_people_are_alike():
    found = vectors(taste())
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    cosine = found @ found.T
    same = (np.arange(20)[:, None] - np.arange(20)) % 2 == 0
    assert cosine[same].mean() > 0.4
    assert cosine[~same].mean() < 0


def test_popularity_alone_is_no_likeness():
    """The interaction block is that of the scaled matrix's singular vectors but the first."""
    chosen = taste().astype(float)
    scaled = chosen / np.sqrt(np.outer(chosen.sum(axis=1), chosen.sum(axis=0)))
    _, strength, right = np.linalg.svd(scaled)
    assert strength[0] == pytest.approx(1)
    expected = unit_rows((right[:4].T * strength[:4])[:, 1:].astype(np.float32))
    found = vectors(taste(), dimensions=3)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=0.05)


def test_the_order_of_items_does_not_matter():
    """Never an id: with the items renumbered each keeps its neighbours."""
    chosen = taste()
    order = np.random.default_rng(1).permutation(20)
    one, other = vectors(chosen), vectors(chosen[:, order])
    np.testing.assert_allclose((one @ one.T)[order][:, order], other @ other.T, atol=0.05)


def test_items_that_nobody_chose_have_traits_only():
    chosen = taste()
    chosen[:, [7, 19]] = False
    assert not vectors(chosen)[[7, 19]].any(), "rounding errors must not grow"
    traits = csr_array(np.eye(2, dtype=np.float32)[np.arange(20) % 2])
    side = SideInformation(traits, ("genre:a", "genre:b"))
    found = vectors(chosen, side, traits_weight=0.5)
    assert found.shape[1] == 4 + 2
    np.testing.assert_allclose(np.linalg.norm(found[7]), 0.5, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found[0]), np.sqrt(1.25), rtol=1e-5)
    assert found[7] @ found[19] == pytest.approx(0.25)
    assert found[7] @ found[8] == pytest.approx(0)


def test_where_everybody_chose_everything_nothing_is_known():
    assert not vectors(np.ones((20, 10), bool)).any()


def test_rare_traits_weigh_more():
    features = np.zeros((20, 3), np.float32)
    features[:, 0] = 1
    features[0, 1] = 1
    side = SideInformation(features, ("genre:common", "genre:rare", "genre:never"))
    block = vectors(taste(), side)[:, 4:]
    assert block[0, 1] > block[0, 0] > 0
    assert block[0, 1] / block[0, 0] == pytest.approx(np.log(21) / np.log(2), rel=1e-5)
    assert not block[:, 2].any()


def test_traits_of_no_weight_are_left_out():
    side = SideInformation(np.ones((20, 1)), ("genre:a",))
    assert vectors(taste(), side, traits_weight=0.0).shape == (20, 4)


def test_traits_or_interaction_alone():
    traits = csr_array(np.eye(2, dtype=np.float32)[np.arange(20) % 2])
    side = SideInformation(traits, ("genre:a", "genre:b"))
    both = vectors(taste(), side, traits_weight=0.5)
    np.testing.assert_allclose(vectors(taste(), side, features="interaction"), both[:, :4])
    alone = vectors(taste(), side, traits_weight=0.5, features="traits")
    np.testing.assert_allclose(alone * 0.5, both[:, 4:])
    assert vectors(taste(), side, traits_weight=0.0, features="traits").any()


@pytest.mark.parametrize(
    "side", [SideInformation(), SideInformation(np.zeros((20, 1)), ("genre:a",))]
)
def test_traits_of_which_nothing_is_known(side):
    with pytest.raises(InvalidInput, match="whose genres, year or tags are known"):
        vectors(taste(), side, features="traits")
    assert vectors(taste(), side).shape == (20, 4)
    with pytest.raises(InvalidParameter, match="both or traits or interaction"):
        vectors(taste(), side, features="looks")


def tagged(plain):
    """Two families of five tags each, on items 0 to 9 and 10 to 18; item 19 has none."""
    tags = np.zeros((20, 10), np.float32)
    generator = np.random.default_rng(3)
    tags[:10, :5] = generator.random((10, 5)) < 0.6
    tags[10:19, 5:] = generator.random((9, 5)) < 0.6
    tags[:10, 0] = tags[10:19, 5] = 1
    names = [f"tag:{j}" for j in range(10)]
    if not plain:
        return SideInformation(tags, tuple(names))
    genres = np.eye(2, dtype=np.float32)[np.arange(20) % 2]
    return SideInformation(np.hstack([genres, tags]), ("genre:a", "genre:b", *names))


def test_tags_that_go_together_make_items_alike():
    block = vectors(taste(), tagged(plain=False), features="traits", dimensions=2)
    assert block.shape == (20, 2), "no more columns than dimensions, however many tags"
    np.testing.assert_allclose(np.linalg.norm(block[:19], axis=1), 1, rtol=1e-5)
    assert not block[19].any()
    cosine = block @ block.T
    assert cosine[:10, :10].min() > 0.8
    assert np.abs(cosine[:10, 10:]).max() < 0.1


def test_tags_and_genres_count_the_same():
    block = vectors(taste(), tagged(plain=True), features="traits", dimensions=2)
    np.testing.assert_allclose((block[:19, :2] ** 2).sum(axis=1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(block, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose((block[19, :2] ** 2).sum(), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1), (2, 2)])
def test_tiny_data(shape):
    found = vectors(np.ones(shape, bool), dimensions=8)
    assert len(found) == shape[1]
    assert np.isfinite(found).all()


def test_same_seed_same_bits():
    np.testing.assert_array_equal(vectors(taste()), vectors(taste()))
