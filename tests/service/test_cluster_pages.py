"""The pages of clusters: without a browser, and in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from serving import API, Served, answered
from test_browser import DESK, PHONE, Visit, chromium, looked_at, visit

__all__ = ["chromium"]

HTML = {"Accept": "text/html"}


@pytest.fixture
def reader(served: Served) -> Iterator[httpx.Client]:
    with served.client(headers=HTML) as somebody:
        yield somebody


class Check(HTMLParser):
    """Every id once, nothing inline, nothing from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("style", "script")
        assert not [a for a in given if a == "style" or a.startswith("on")]
        for name in ("src", "href", "action"):
            assert (given.get(name) or "/").startswith(("/", "#"))
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))


def checked(page: httpx.Response) -> Check:
    assert page.status_code == 200
    check = Check()
    check.feed(page.text)
    assert len(check.ids) == len(set(check.ids))
    return check


@pytest.mark.parametrize("model", ["user_clusters", "item_clusters"])
def test_the_map_and_its_table(reader: httpx.Client, client: httpx.Client, model: str) -> None:
    shown = answered(client.get(f"{API}/clusters/{model}"))
    page = reader.get("/clusters", params={"model": model})
    links = checked(page).links
    for cluster in shown["clusters"]:
        address = f"/clusters/{shown['clustering']['archive_id']}/{cluster['number']}"
        # In two maps (for wide and for narrow screens), on its card and in the table.
        assert links.count(address) == 4
        assert page.text.count(cluster["name"]) >= 4
    table = page.text[page.text.index("<table>") : page.text.index("</table>")]
    assert table.count("<tr>") == len(shown["clusters"]) + 1
    assert "/clusters" in checked(reader.get("/clusters")).links


@pytest.mark.parametrize(("model", "by"), [("user_clusters", "lift"), ("item_clusters", "count")])
def test_one_cluster(reader: httpx.Client, client: httpx.Client, model: str, by: str) -> None:
    titles = answered(client.get(f"{API}/clusters/{model}/0/titles", params={"n": 24}))["titles"]
    name = answered(client.get(f"{API}/clusters/{model}/0"))["cluster"]["name"]
    page = reader.get(f"/clusters/{model}/0")
    assert f"</span> {name}</h1>" in page.text
    assert page.text.count("<h3>") == len(titles)
    links = checked(page).links
    assert any(link.endswith(f"/0?by={by}") for link in links)
    ordered = reader.get(f"/clusters/{model}/0", params={"by": "mean"})
    assert checked(ordered).links
    assert "damps it by 10 ratings" in ordered.text


def test_nobodys_id_stands_on_the_pages(reader: httpx.Client, owner: httpx.Client) -> None:
    people = answered(owner.get(f"{API}/clusters/user_clusters/0/users"))["users"]
    for path in ("/clusters", "/clusters/user_clusters/0"):
        words = set(re.findall(r"[\w-]+", re.sub(r"<[^>]*>", " ", reader.get(path).text)))
        assert not words & set(people)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/clusters?model=nothing", 404),
        ("/clusters?model=als", 422),
        ("/clusters/nothing/0", 404),
        ("/clusters/user_clusters/999", 404),
        ("/clusters/user_clusters/first", 404),
        ("/clusters/user_clusters/0?by=size", 422),
        ("/clusters/item_clusters/0?by=lift", 422),
    ],
)
def test_what_is_not_there(reader: httpx.Client, path: str, status: int) -> None:
    page = reader.get(path)
    assert page.status_code == status
    assert "Back to the page" in page.text
    assert reader.head("/clusters").status_code == 200


def test_what_to_do_before_anything_is_grouped(untrained: Served) -> None:
    with untrained.client(headers=HTML) as reader:
        page = reader.get("/clusters")
    checked(page)
    assert "matinee clusters fit --on users" in page.text


@pytest.mark.browser
def test_from_the_page_to_a_cluster(chromium: Browser, served: Served, tmp_path: Path) -> None:
    for seen in visit(chromium, served, DESK, "light"):
        page = seen.page
        page.get_by_role("link", name="Clusters").click()
        circles = page.locator(".map.wide a.cluster")
        expect(circles.first).to_be_visible()
        expect(page.locator(".map.narrow")).to_be_hidden()
        assert circles.count() == page.locator(".cards .card").count() > 1
        looked_at(page, tmp_path / "map.png")
        name = circles.first.get_attribute("aria-label") or ""
        # By keyboard as by mouse.
        circles.first.focus()
        assert circles.first.locator("circle").evaluate("e => getComputedStyle(e).strokeWidth") == (
            "4px"
        )
        page.keyboard.press("Enter")
        heading = page.locator("h1")
        expect(heading).to_contain_text(name.partition(":")[0])
        looked_at(page, tmp_path / "cluster.png")
        page.get_by_role("link", name="most liked").click()
        expect(page.locator(".tabs.small [aria-current]")).to_have_text("most liked")
        page.get_by_role("link", name="All").click()
        page.get_by_text("The map as a table").click()
        expect(page.locator("table")).to_be_visible()
        assert complaints(seen) == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(chromium: Browser, served: Served, tmp_path: Path, scheme: str) -> None:
    for seen in visit(chromium, served, PHONE, scheme):
        fits_in(seen, f"{served.address}/clusters")
        page = seen.page
        expect(page.locator(".map.wide")).to_be_hidden()
        circle = page.locator(".map.narrow a.cluster circle").first.bounding_box()
        assert circle
        assert circle["width"] >= 20
        looked_at(page, tmp_path / "map.png")
        fits_in(seen, f"{served.address}/clusters/user_clusters/0")
        looked_at(page, tmp_path / "cluster.png")
        assert complaints(seen) == []


def fits_in(seen: Visit, address: str) -> None:
    seen.page.goto(address)
    width = seen.page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]


def complaints(seen: Visit) -> list[str]:
    """What a page complained of, but for an icon that was still on its way when it was left."""
    return [what for what in seen.trouble if not what.endswith("/icon.svg")]
