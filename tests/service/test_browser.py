"""The page in a real Chromium: what a visitor does, sees, and never sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from serving import KEY, Served

pytestmark = pytest.mark.browser

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


class Visit:
    """A page, and whatever it complained of or asked of whom."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda m: self.trouble.append(m.text) if m.type != "log" else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("requestfailed", lambda request: self.trouble.append(request.url))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def titles(self, section: str) -> list[str]:
        return self.page.locator(f"#{section} h3").all_inner_texts()

    def rate(self, place: str, stars: int) -> None:
        self.page.locator(f"{place} .stars label").nth(stars - 1).click()

    def search(self, text: str) -> None:
        self.page.get_by_label("Title", exact=True).fill(text)


def visit(browser: Browser, served: Served, size: ViewportSize, scheme: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    seen = Visit(context.new_page())
    seen.page.goto(f"{served.address}/?key={KEY}")
    yield seen
    context.close()


@pytest.fixture
def at_the_desk(chromium: Browser, served: Served) -> Iterator[Visit]:
    yield from visit(chromium, served, DESK, "light")


@pytest.fixture(params=["light", "dark"])
def on_the_phone(
    chromium: Browser, served: Served, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    yield from visit(chromium, served, PHONE, request.param)


def looked_at(page: Page, path: Path) -> None:
    """A screenshot that shows something: many bytes, and not one color."""
    # Playwright would hide the caret by an inline style, which our policy forbids.
    picture = page.screenshot(path=path, full_page=True, caret="initial")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
    assert len(set(picture)) > 200


def test_search_rate_and_see_the_recommendations_change(
    at_the_desk: Visit, served: Served, tmp_path: Path
) -> None:
    page = at_the_desk.page
    assert "key" not in page.url
    expect(page.get_by_text("Rate a few titles")).to_be_visible()
    at_the_desk.search("Fargo")
    expect(page.locator("#found h3")).to_have_text(["Fargo"])
    at_the_desk.rate("#found li:first-child", 5)
    expect(page.locator("#program li")).to_have_count(10)
    expect(page.get_by_role("status").filter(has_text="Fargo: 5.")).to_be_visible()
    first = at_the_desk.titles("program")
    assert at_the_desk.titles("yours") == ["Fargo"]
    assert "Fargo" not in first
    # A film of the program, rated there, leaves it at once.
    page.locator("#program li:first-child summary").click()
    at_the_desk.rate("#program li:first-child", 1)
    expect(page.locator("#yours li")).to_have_count(2)
    second = at_the_desk.titles("program")
    assert first[0] not in second
    assert first != second
    looked_at(page, tmp_path / "desk.png")
    # It is all still there when the page is opened again.
    page.reload()
    assert at_the_desk.titles("program") == second
    assert at_the_desk.trouble == []
    assert at_the_desk.hosts == {urlsplit(served.address).netloc}
    cookies = {c["name"]: c for c in page.context.cookies()}
    assert set(cookies) == {"matinee_key", "matinee_user"}
    assert all(c["httpOnly"] and c["sameSite"] == "Strict" for c in cookies.values())


def test_everything_can_be_done_by_keyboard(at_the_desk: Visit) -> None:
    page = at_the_desk.page
    for _ in ("the wordmark", "Program", "Somebody new", "Clusters", "the search"):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Title", exact=True)).to_be_focused()
    page.keyboard.type("Notorious")
    expect(page.locator("#found h3")).to_have_text(["Notorious"])
    for _ in ("its page", "the stars"):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = page.locator("#found input:checked")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_value("3")
    outline = chosen.locator("xpath=..").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    expect(page.locator("#yours h3")).to_have_text(["Notorious"])
    expect(page.locator("#yours input:checked")).to_have_value("3")
    # What was chosen keeps the focus when the list around it is new.
    page.locator("#yours input:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Notorious: 4.")).to_be_visible()
    expect(page.locator("#yours input:checked")).to_be_focused()
    assert at_the_desk.trouble == []


def test_a_phone_shows_it_without_scrolling_sideways(on_the_phone: Visit, tmp_path: Path) -> None:
    page = on_the_phone.page
    at_rest = "document.documentElement.scrollWidth"
    assert page.evaluate(at_rest) == PHONE["width"]
    on_the_phone.search("Big Sleep")
    expect(page.locator("#found h3")).to_have_text(["The Big Sleep"])
    on_the_phone.rate("#found li:first-child", 4)
    expect(page.locator("#program li")).to_have_count(10)
    page.locator("#program li:first-child summary").click()
    assert page.evaluate(at_rest) == PHONE["width"]
    star = page.locator("#found .stars label").first.bounding_box()
    assert star
    assert min(star["width"], star["height"]) >= 24
    looked_at(page, tmp_path / "phone.png")
    assert on_the_phone.trouble == []


def test_text_stands_out(on_the_phone: Visit) -> None:
    """WCAG AA: 4.5 to 1 between every text color and the paper it stands on."""
    pairs = on_the_phone.page.evaluate(
        """() => {
            const style = getComputedStyle(document.documentElement);
            const color = n => {
                const hex = style.getPropertyValue(n).trim().slice(1);
                return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16));
            };
            return [["--ink", "--paper"], ["--ink", "--sheet"], ["--soft", "--paper"],
                ["--soft", "--sheet"], ["--accent", "--paper"], ["--accent", "--sheet"],
                ["--on-accent", "--accent"]].map(p => p.map(color));
        }"""
    )

    def luminance(color: list[int]) -> float:
        parts = [c / 255 for c in color]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for pair in pairs:
        dark, light = sorted(luminance(color) for color in pair)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, pair


def test_trouble_is_said_on_the_page(at_the_desk: Visit) -> None:
    page = at_the_desk.page
    page.context.clear_cookies(name="matinee_key")
    at_the_desk.rate("#found li:first-child", 3)
    expect(page.locator("#notice")).to_contain_text("needs this workspace's key")
    expect(page.get_by_text("Rate a few titles")).to_be_visible()
    page.context.set_offline(True)
    at_the_desk.rate("#found li:last-child", 3)
    expect(page.locator("#notice")).to_contain_text("cannot be reached")


def test_somebody_new_chooses_titles_as_they_type(at_the_desk: Visit, tmp_path: Path) -> None:
    page = at_the_desk.page
    page.get_by_role("link", name="Somebody new").click()
    page.wait_for_url("**/new")  # and for its scripts, which see what is typed
    page.get_by_label("A title you like").fill("sabrina")
    expect(page.locator("#offered .chip")).to_have_count(2)
    page.locator("#offered .chip").filter(has_text="1954").click()
    # The chosen one leaves the search, which is empty again.
    expect(page.locator("#liked input:checked")).to_have_count(1)
    expect(page.get_by_label("A title you like")).to_have_value("")
    page.get_by_label("Work").fill("studnet")
    page.get_by_role("button", name="Show what I might like").click()
    expect(page.locator(".way")).to_have_count(4)
    expect(page.locator(".notes")).to_contain_text("was read as student")
    expect(page.locator(".way.first li")).to_have_count(8)
    looked_at(page, tmp_path / "new.png")
    # A title has a page of its own, from which one comes back to the lists.
    name = page.locator(".way.first h3 a").first.inner_text()
    page.locator(".way.first h3 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    looked_at(page, tmp_path / "title.png")
    page.go_back()
    expect(page.locator(".way")).to_have_count(4)
    page.locator("#liked .chip").first.click()
    expect(page.locator("#liked input:checked")).to_have_count(0)
    assert at_the_desk.trouble == []


def test_new_people_and_titles_on_a_phone(on_the_phone: Visit) -> None:
    page = on_the_phone.page
    address = page.url.rstrip("/")
    for path in ("/new", "/new?like=m0&age=34&genre=Drama", "/new?q=sabrina", "/title/m0"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path


def test_plain_forms_do_as_well(chromium: Browser, served: Served) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served.address}/?key={KEY}")
        page.get_by_label("Title", exact=True).fill("Fargo")
        page.get_by_role("button", name="Search").click()
        page.locator("#found .stars label").nth(3).click()
        page.locator("#found").get_by_role("button", name="Rate").click()
        expect(page.locator("#yours h3")).to_have_text(["Fargo"])
        expect(page.locator("#program li")).to_have_count(10)
        page.goto(f"{served.address}/new")
        page.get_by_label("A title you like").fill("sabrina")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_contain_text("choose the one you mean")
        page.locator("#offered .chip").first.click()
        page.get_by_label("A title you like").fill("")
        page.get_by_role("button", name="Show what I might like").click()
        expect(page.locator(".way")).to_have_count(4)
        page.goto(f"{served.address}/")
        page.get_by_text("Forget me").click()
        page.get_by_role("button", name="Remove all my ratings").click()
        expect(page.get_by_text("Rate a few titles")).to_be_visible()
