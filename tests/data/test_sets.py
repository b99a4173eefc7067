from __future__ import annotations

import re

import pytest

from matinee.data.movielens.sets import SETS, find
from matinee.errors import UnknownDataset


def test_every_published_set_is_there() -> None:
    assert list(SETS) == (
        ["ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m", "ml-latest", "ml-latest-small"]
    )


@pytest.mark.parametrize("name", SETS)
def test_a_set_says_what_it_is(name: str) -> None:
    known = find(name)
    assert known.name == name
    assert known.zip_name == f"{name}.zip"
    assert "cite" in known.terms
    assert "commercial" in known.terms
    assert "\n" not in known.terms
    assert known.development == ("latest" in name) == (known.md5 is None)
    assert known.md5 is None or re.fullmatch("[0-9a-f]{32}", known.md5)
    assert known.has_people == (name in {"ml-100k", "ml-1m"})
    assert known.has_tags == (known.tags > 0) == (not known.has_people)
    assert known.has_genome == (name in {"ml-20m", "ml-25m", "ml-latest"})
    assert known.as_dict()["has_links"] == known.has_links == (known.links == known.items)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownDataset, match=r"ml-100k, .*ml-latest-small.*got 'ml-2k'"):
        find("ml-2k")
