"""The page without a browser: plain forms, the parts that htmx swaps, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from serving import KEY, Served, answered, serving
from small import small_workspace

from matinee.service import keys, pages

HTML = {"Accept": "text/html,application/xhtml+xml"}
HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def visitor(served: Served) -> Iterator[httpx.Client]:
    """A browser that has opened the printed address."""
    same = {**HTML, "Sec-Fetch-Site": "same-origin"}
    with served.client(cookies={keys.COOKIE: KEY}, headers=same) as browser:
        yield browser


def part(page: str, section: str) -> str:
    found = re.search(rf'<section class="{section}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def headings(text: str) -> list[str]:
    return re.findall(r'<h3><a href="/title/[^"]+">(.*?)</a></h3>', text)


def test_an_empty_page_offers_well_known_titles(visitor: httpx.Client) -> None:
    page = visitor.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert len(headings(part(page.text, "find"))) == pages.FOUND
    assert "Rate a few titles" in part(page.text, "program")
    assert "set-cookie" not in page.headers


def test_search_shows_titles_as_people_say_them(visitor: httpx.Client) -> None:
    whole = visitor.get("/", params={"q": "big"})
    assert set(headings(part(whole.text, "find"))) == {"The Big Sleep", "Big Night"}
    swapped = visitor.get("/search", params={"q": "big"}, headers=HTMX)
    assert swapped.text.startswith('<div id="found">')
    assert set(headings(swapped.text)) == {"The Big Sleep", "Big Night"}
    # Without scripts the same address shows the whole page.
    assert "<html" in visitor.get("/search", params={"q": "big"}).text
    assert "No title holds" in visitor.get("/", params={"q": "zzzz"}).text
    assert visitor.get("/", params={"q": "x" * 5000}).status_code == 200


def test_what_is_typed_is_never_markup(visitor: httpx.Client) -> None:
    page = visitor.get("/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_rating_with_plain_forms(visitor: httpx.Client) -> None:
    answer = visitor.post("/rate", data={"item_id": "m0", "value": "5", "q": "fargo"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?q=fargo#program"
    cookie = answer.headers["set-cookie"]
    assert re.match(r"matinee_user=visitor-[A-Za-z0-9_-]{22};", cookie)
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    page = visitor.get("/", params={"q": "fargo"}).text
    assert headings(part(page, "yours")) == ["Fargo"]
    assert len(headings(part(page, "program"))) == pages.PROGRAM
    assert "Fargo" not in headings(part(page, "program"))
    assert re.search(r'value="5" id="found-m0-5" required checked', page)
    # The next rating is the same visitor's.
    again = visitor.post("/rate", data={"item_id": "m1", "value": "2"})
    assert "set-cookie" not in again.headers
    assert len(headings(part(visitor.get("/").text, "yours"))) == 2
    assert "Fargo" not in headings(part(visitor.get("/").text, "find"))


def test_rating_with_htmx_swaps_what_changed(visitor: httpx.Client) -> None:
    answer = visitor.post("/rate", data={"item_id": "m0", "value": "5"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert len(headings(part(answer.text, "program"))) == pages.PROGRAM
    assert 'hx-swap-oob="outerHTML"' in part(answer.text, "yours")
    assert "Fargo: 5." in answer.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("you like Big Sleep, The (1946): both Crime", "you like The Big Sleep: both Crime"),
        ("you rated Boot, Das (Boat, The) (1981) 2", "you rated Das Boot 2"),
        ("you like Dune", "you like Dune"),
        ("liked by 501 people", "liked by 501 people"),
    ],
)
def test_reasons_spell_titles_as_one_says_them(text: str, said: str) -> None:
    assert pages.reason(text) == said


def test_each_recommendation_says_why_and_how_sure(visitor: httpx.Client) -> None:
    for item in ("m0", "m1", "m2"):
        visitor.post("/rate", data={"item_id": item, "value": "5"})
    program = part(visitor.get("/").text, "program")
    for entry in program.split("<li>")[1:]:
        assert re.search(r'<p class="reason">.*\w.*</p>', entry)
        assert re.search(r"a guess|fairly sure|quite sure", entry)
        assert re.search(r"[1-5]\.\d</p>", entry)
        assert re.search(r"likely [1-5]( to [1-5])?<.*nine times in ten [1-5]", entry)
        assert len(re.findall(r'<rect class="(?:likely|nearly|hardly)"', entry)) == 5
    assert "half of such ratings" in program
    # What is told of a title on its own page is the same, and more.
    first = program.split("<li>")[1]
    address = re.search(r'href="(/title/[^"]+)"', first)[1]  # type: ignore[index]
    predicted = re.search(r"([1-5]\.\d)</p>", first)[1]  # type: ignore[index]
    told = visitor.get(address).text
    assert f"{predicted}</p>" in told
    assert re.search(r"most likely give it [1-5].*, and nine times in ten [1-5]", told)
    assert re.search(r"predictions are off by \d\.\d on average", told)
    visitor.cookies.delete(pages.VISITOR)
    assert "most likely" not in visitor.get(address).text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"item_id": "m0"},
        {"item_id": "m0", "value": "much"},
        {"item_id": "m0", "value": "nan"},
        {"item_id": "m0", "value": "6"},
        {"item_id": "", "value": "3"},
        {"item_id": "m0", "value": "3", "more": "x"},
    ],
)
def test_bad_forms(visitor: httpx.Client, form: dict[str, str]) -> None:
    answer = visitor.post("/rate", data=form)
    assert answer.status_code == 422
    assert "<h1>Invalid input</h1>" in answer.text
    notice = visitor.post("/rate", data=form, headers=HTMX)
    assert notice.status_code == 422
    assert notice.text.startswith("<p>")
    assert pages.VISITOR not in visitor.cookies


def test_unknown_titles_and_pages(visitor: httpx.Client) -> None:
    assert visitor.post("/rate", data={"item_id": "m99", "value": "3"}).status_code == 404
    missing = visitor.get("/nothing")
    assert missing.status_code == 404
    assert "Back to the page" in missing.text


def test_a_visitor_is_never_somebody_else(served: Served, client: httpx.Client) -> None:
    before = answered(client.get("/api/v1/users/u0/ratings"))
    cookies = {keys.COOKIE: KEY, pages.VISITOR: "u0"}
    with served.client(cookies=cookies, headers=HTMX) as browser:
        assert "None yet" in browser.get("/").text
        browser.post("/rate", data={"item_id": "m0", "value": "1"})
        browser.post("/forget")
    assert answered(client.get("/api/v1/users/u0/ratings")) == before


def test_forgetting(visitor: httpx.Client, client: httpx.Client) -> None:
    visitor.post("/rate", data={"item_id": "m0", "value": "5"})
    name = visitor.cookies[pages.VISITOR]
    answered(client.get(f"/api/v1/users/{name}/ratings"))
    answer = visitor.post("/forget")
    assert answer.status_code == 303
    assert pages.VISITOR not in visitor.cookies
    assert client.get(f"/api/v1/users/{name}/ratings").status_code == 404
    assert visitor.post("/forget").status_code == 303
    # Somebody who still shows the cookie is a newcomer.
    visitor.cookies[pages.VISITOR] = name
    assert "None yet" in visitor.get("/").text


def test_without_the_key_one_may_look(client: httpx.Client) -> None:
    page = client.get("/", headers=HTML).text
    assert "You are only looking" in page
    assert page.count("<fieldset") == page.count("disabled>\n") > 0


def test_the_page_before_a_model_is_there(untrained: Served) -> None:
    with untrained.client(headers=HTML) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "matinee train" in answer.text


@pytest.mark.parametrize(
    ("scale", "control"),
    [
        ((1, 5), 'class="stars"'),
        ((0.5, 5), 'class="stars halves"'),
        ((1, 10), 'class="stars many"'),
        ((-10, 10), 'type="number"'),
        ((1.25, 5), 'min="1.25"'),
        ((0, 1e9), 'max="1000000000"'),
    ],
)
def test_the_control_follows_the_scale(
    tmp_path: Path, scale: tuple[float, float], control: str
) -> None:
    low, high = scale
    path = small_workspace(tmp_path / "workspace", scale=(low, high))
    same = {**HTML, "Sec-Fetch-Site": "same-origin"}
    with (
        serving(path, key=KEY) as running,
        running.client(cookies={keys.COOKIE: KEY}, headers=same) as visitor,
    ):
        assert control in visitor.get("/").text
        given = {"item_id": "m0", "value": str(high)}
        assert visitor.post("/rate", data=given).status_code == 303
        assert headings(part(visitor.get("/").text, "yours")) == ["Fargo"]


def test_nothing_comes_from_elsewhere_and_nothing_stands_inline(visitor: httpx.Client) -> None:
    class Check(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.labelled: set[str] = set()
            self.ids: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            assert tag != "style"
            assert not [a for a in given if a == "style" or a.startswith(("on", "hx-on"))]
            for name in ("src", "href", "action"):
                assert (given.get(name) or "/").startswith(("/", "#"))
            if tag == "script":
                assert given["src"]
            if "id" in given:
                self.ids.append(str(given["id"]))

    visitor.post("/rate", data={"item_id": "m0", "value": "5"})
    check = Check()
    check.feed(visitor.get("/", params={"q": "fargo"}).text)
    assert len(check.ids) == len(set(check.ids))
    for path in (pages.WEB / "static").glob("*.css"):
        assert "http" not in path.read_text(encoding="utf-8")


def test_steps() -> None:
    assert pages.steps((1, 5)) == [1, 2, 3, 4, 5]
    assert pages.steps((0.5, 2)) == [0.5, 1, 1.5, 2]
    assert pages.steps((1, 1)) == [1]
