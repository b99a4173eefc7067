"""What marks clusters out, and what they are called."""

from __future__ import annotations

import numpy as np
import pytest
from naive import trait_lifts
from scipy.sparse import csr_array

from matinee.cluster_answers import Mark
from matinee.clusters import marks, naming


def mark(kind: str, value: str, share: float = 0.5, lift: float = 2.0) -> Mark:
    return Mark(kind, value, share, share / lift, lift)


def test_lifts_of_traits_are_the_naive_ones() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 9, (4, 12))
    features = csr_array((rng.random((12, 5)) < 0.4).astype(np.float32))
    within, everybody = marks.shares(counts, features)
    expected = trait_lifts(counts, features.toarray(), marks.CHOICES, marks.SHARE)
    np.testing.assert_allclose(marks.lifts(within, everybody), expected, rtol=1e-12)


def test_a_rare_trait_does_not_win_and_few_choices_claim_little() -> None:
    # One of 1000 choices there and none of 9000 elsewhere: ten times everybody's share.
    features = csr_array(np.array([[1, 0], [0, 1], [0, 0]], np.float32))
    counts = np.array([[1, 500, 499], [0, 2000, 7000]])
    lift = marks.lifts(*marks.shares(counts, features))
    assert lift[0, 1] > lift[0, 0]
    assert lift[0, 0] < marks.MARKED
    few = marks.lifts(*marks.shares(np.array([[0, 3, 0], [0, 3000, 6000]]), features))
    assert few[0, 1] < 1.3


def test_lifts_of_titles() -> None:
    lift = marks.title_lifts(np.array([40, 1, 0]), 80, np.array([0.25, 0.001, 0.5]))
    np.testing.assert_allclose(lift, [45 / 25, 6 / 5.08, 5 / 45])


def test_profiles_of_small_clusters_are_drawn_to_everybodys() -> None:
    given = np.array([[1.0, 0.5], [0.2, 0.2]])
    shares, everybody = marks.profile_shares(given, np.array([5, 95]))
    np.testing.assert_allclose(everybody, [0.24, 0.215])
    assert shares[0, 0] == pytest.approx((5 * 1.0 + 20 * 0.24) / 25)
    # Two or three of five instead of one is nothing: 1.6 standard deviations.
    assert shares[0, 1] == everybody[1]


def test_clusters_without_members_and_choices_have_no_marks() -> None:
    within, everybody = marks.shares(np.zeros((2, 3)), csr_array(np.ones((3, 1), np.float32)))
    assert marks.marks_of(["genre:Drama"], within[0], everybody) == []


def named(*own: list[Mark], titles: list[str] | None = None, profiles: bool = False) -> list[str]:
    return naming.names(list(own), [titles or []] * len(own), profiles_first=profiles)


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ([("genre", "Drama"), ("genre", "Crime"), ("decade", "1990")], "1990s crime drama"),
        ([("genre", "Crime")], "crime"),
        ([("genre", "Romance"), ("genre", "Comedy")], "romantic comedy"),
        ([("genre", "Film-Noir"), ("genre", "Mystery")], "mystery film noir"),
        ([("decade", "1940"), ("decade", "1930"), ("decade", "1980")], "1930s to 1940s titles"),
        ([("genre", "Mumblecore"), ("genre", "Drama")], "mumblecore drama"),
        ([("tag", "dystopia"), ("decade", "2000")], "2000s dystopia"),
        ([("gender", "F"), ("age", "25-34"), ("occupation", "writer")],
         "women 25-34 years old, writer"),
        ([], naming.UNMARKED),
    ],
)  # fmt: skip
def test_names(own: list[tuple[str, str]], name: str) -> None:
    assert named([mark(*each) for each in own]) == [name]


def test_a_name_is_about_much_of_a_cluster() -> None:
    rare = mark("genre", "Documentary", share=0.03, lift=1.6)
    assert named([rare]) == [naming.UNMARKED]
    assert named([rare, mark("genre", "Comedy", share=0.4, lift=1.2)]) == ["comedy"]


def test_no_two_names_are_alike() -> None:
    drama = [mark("genre", "Drama")]
    own = [drama, [*drama, mark("genre", "War", share=0.1)], drama, drama, drama, []]
    found = naming.names(own, [["Fargo (1996)", "Heat (1995)"]] * 6, profiles_first=False)
    assert found == [
        "drama",
        "drama with war",
        "drama, such as Fargo",
        "drama, such as Heat",
        "drama, no. 4",
        naming.UNMARKED,
    ]
    assert found == naming.names(own, [["Fargo (1996)", "Heat (1995)"]] * 6, profiles_first=False)


def test_people_grouped_by_profile_are_named_by_it() -> None:
    own = [mark("genre", "Drama"), mark("gender", "M")]
    assert named(own, profiles=True) == ["men"]
    assert named(own) == ["drama"]
    assert named([mark("genre", "Drama")], profiles=True) == ["drama"]
