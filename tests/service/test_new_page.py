"""The pages for somebody new and of one title, without a browser: forms, parts, bad input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pyarrow as pa
import pytest
from serving import KEY, Served, serving
from small import small_workspace

from matinee.storage.workspace import Workspace

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def visitor(served: Served) -> Iterator[httpx.Client]:
    with served.client(headers=HTML) as browser:
        yield browser


def chosen(page: str) -> list[str]:
    return re.findall(r'name="like" value="([^"]*)" id="[^"]*" checked', page)


def offered(page: str) -> list[str]:
    return re.findall(r'name="like" value="([^"]*)" id="[^"]*" hx-get', page)


def ways(page: str) -> dict[str, list[str]]:
    """Titles of each list, by its heading."""
    parts = re.findall(r'<section class="way.*?<h2[^>]*>(.*?)</h2>(.*?)</section>', page, re.DOTALL)
    return {name: re.findall(r'<h3><a href="/title/([^"]+)">', body) for name, body in parts}


def alert(page: str) -> str:
    found = re.search(r'role="alert">(.*?)</p>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def test_the_empty_form(visitor: httpx.Client) -> None:
    page = visitor.get("/new")
    assert page.status_code == 200
    assert not chosen(page.text)
    assert len(offered(page.text)) == 6
    assert not ways(page.text)
    assert '<option value="writer">' in page.text
    assert ">Woman</option>" in page.text
    assert 'value="Comedy"' in page.text
    assert visitor.head("/new").status_code == 200


def test_four_lists_for_what_is_said(visitor: httpx.Client) -> None:
    said = {"like": ["m0", "m1"], "age": "34", "gender": "F", "occupation": "studnet", "q": ""}
    page = visitor.get("/new", params=said).text
    found = ways(page)
    assert len(found) == 4
    assert all(len(titles) == 8 and not {"m0", "m1"} & set(titles) for titles in found.values())
    assert page.count('class="reason"') == 32
    assert "you like Fargo:" in page
    assert "Big Sleep, The" not in page
    assert "&#39;studnet&#39; was read as student" in page
    # The form is as it was sent.
    assert chosen(page) == ["m0", "m1"]
    assert 'value="34"' in page
    assert re.search(r'value="F" selected', page)


def test_a_typed_title_is_chosen_if_it_is_clear_which_is_meant(visitor: httpx.Client) -> None:
    page = visitor.get("/new", params={"q": "big sleep", "like": "m0"}).text
    assert chosen(page) == ["m0", "m1"]
    assert ways(page)
    several = visitor.get("/new", params={"q": "sabrina"})
    assert several.status_code == 200
    assert sorted(offered(several.text)) == ["m4", "m5"]
    assert "choose the one you mean" in alert(several.text)
    assert not ways(several.text)
    mistyped = visitor.get("/new", params={"q": "fragoo"}).text
    assert "m0" in offered(mistyped)
    assert "did you mean" in alert(mistyped)


def test_parts_that_are_swapped(visitor: httpx.Client) -> None:
    found = visitor.get("/new/titles", params={"q": "big", "like": "m1", "age": "34"}).text
    assert found.startswith('<div id="offered">')
    assert offered(found) == ["m2"]
    after = visitor.get("/new/liked", params={"q": "big", "like": ["m1", "m2"]}).text
    assert after.startswith('<div class="likes" id="liked">')
    assert chosen(after) == ["m1", "m2"]
    assert not offered(after)
    assert 'name="q" value=""' in after
    assert visitor.get("/new/liked", params={"like": "m99"}).status_code == 404


def test_wishes(visitor: httpx.Client) -> None:
    said = {"like": "m0", "genre": ["Comedy"], "year_from": "1975", "variety": "0.7"}
    page = visitor.get("/new", params={**said, "exclude": "m30\r\nPicture 31 (1981)\r\n"}).text
    for titles in ways(page).values():
        assert titles
        assert all(int(i[1:]) >= 25 and i not in ("m30", "m31") for i in titles)
    assert re.search(r"<details[^>]* open", page)
    assert not re.search(r"<details[^>]* open", visitor.get("/new").text)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"age": "-3"}, 422, "got -3"),
        ({"age": "old"}, 422, "must be a whole number"),
        ({"age": "3.5"}, 422, "must be a whole number"),
        ({"occupation": "wizard"}, 422, "student, writer"),
        ({"like": "m99"}, 404, "m99"),
        ({"like": "m0", "genre": "Western"}, 422, "Comedy, Crime, Drama"),
        ({"like": "m0", "genre": "Comedy", "year_to": "1950"}, 422, "Nothing is left"),
        ({"like": "m0", "year_from": "1990", "year_to": "1980"}, 422, "1990 to 1980"),
        ({"like": "m0", "exclude": "Sabrina"}, 409, "m4"),
        ({"like": "m0", "variety": "9"}, 422, "variety"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_form(
    visitor: httpx.Client, said: dict[str, str], status: int, words: str
) -> None:
    page = visitor.get("/new", params=said)
    assert page.status_code == status
    assert words in alert(page.text)
    assert 'id="person"' in page.text
    assert not ways(page.text)


def test_what_no_form_sends_is_refused(visitor: httpx.Client) -> None:
    for said in ({"shoe": "44"}, {"age": "9" * 500}, {"like": ["m0"] * 51}):
        assert visitor.get("/new", params=said).status_code == 422
    page = visitor.get("/new", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_before_anything_is_trained(untrained: Served) -> None:
    with untrained.client(headers=HTML) as client:
        assert client.get("/new").status_code == 503
        page = client.get("/title/m0")
        assert page.status_code == 200
        assert "No model here knows" in page.text


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workspace in which one title is described and nothing is trained."""
    path = small_workspace(tmp_path_factory.mktemp("described") / "w", trained=False)
    with Workspace.open(path) as workspace:
        table = pa.table(
            {
                "item_id": ["m0"],
                "overview": ["A <snowy> crime."],
                "keywords": [["kidnapping"]],
                "runtime": pa.array([98.4], pa.float32()),
                "revenue": pa.array([60611975.0]),
                "release_date": ["1996-03-08"],
                "language": ["en"],
                "tmdb_id": ["275"],
            }
        )
        workspace.store.describe_items(table)
    with serving(path, key=KEY) as running:
        yield running


def test_a_title_with_all_that_is_known(described: Served) -> None:
    with described.client(headers=HTML) as client:
        page = client.get("/title/m0").text
    for words in (
        '<h1 id="name">Fargo</h1>',
        "A &lt;snowy&gt; crime.",
        "kidnapping",
        "98 minutes",
        "$60,611,975",
        "1996-03-08",
        'href="https://www.themoviedb.org/movie/275" rel="noreferrer"',
    ):
        assert words in page


def test_a_title_among_others(visitor: httpx.Client) -> None:
    page = visitor.get("/title/m0").text
    assert '<a href="/new?like=m0#ways">' in page
    found = ways(page)
    assert list(found) == ["Alike", "Its fans also like"]
    assert all(titles and "m0" not in titles for titles in found.values())
    links = re.findall(r'href="(/clusters/[^"]+)"', page)
    assert links
    assert visitor.get(links[0]).status_code == 200
    assert visitor.get("/title/m99").status_code == 404
    assert visitor.head("/title/m0").status_code == 200


def test_titles_lead_to_their_pages(visitor: httpx.Client) -> None:
    for path in ("/", "/new?like=m0", "/title/m0", "/clusters/user_clusters/0"):
        links = re.findall(r'<h3><a href="(/title/[^"]+)"', visitor.get(path).text)
        assert links, path
        assert visitor.get(links[0]).status_code == 200
