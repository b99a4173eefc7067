"""A real Chromium that opens reports and complains of what a reader would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from matinee.report.page import LARGEST

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}

Opened = Callable[[Path], Page]

# What axe looks for as well, but in seconds, and not in plots. The ground of a word is that of the
# nearest ancestor that has one; words upon bars of a plot cannot be judged this way.
_FAINT_WORDS = """() => {
  const channels = color => {
    const found = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(srgb") ? found.map((v, i) => i < 3 ? v * 255 : v) : found;
  };
  const light = c => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = at => {
    for (; at; at = at.parentElement) {
      const c = channels(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const words = [...document.body.querySelectorAll("*")].filter(at =>
    [...at.childNodes].some(node => node.nodeType == 3 && node.data.trim()));
  return words.map(at => {
    const style = getComputedStyle(at), drawn = at.ownerSVGElement;
    const [a, b] = [channels(drawn ? style.fill : style.color), ground(at)].map(light);
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), at.textContent.slice(0, 40)];
  }).filter(([contrast]) => !(contrast >= 4.5));
}"""
_AXE = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """A function that opens a report, light and dark, on a desk and a phone.

    It fails on whatever the console says, any request beyond the file, a file of more than 2 MB,
    a page wider than the phone, contrast under AA, and whatever axe finds; and gives the page,
    which is at the desk.
    """
    context = chromium.new_context(viewport=DESK)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)

    def open_(path: Path) -> Page:
        assert path.stat().st_size <= LARGEST
        page = context.new_page()
        trouble: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        # What is folded away is read as well.
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = [
            f"{fault['id']}: {fault['help']}: {fault['nodes'][0]['html'][:300]}"
            for fault in Axe().run(page, options=_AXE).response["violations"]
        ]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for contrast, words in page.evaluate(_FAINT_WORDS):
                found.append(f"contrast {contrast:.1f} of {words!r} ({scheme})")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{wide} px wide on a phone"
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        assert found == []
        assert trouble == []
        assert asked == [path.as_uri()]
        return page

    yield open_
    context.close()
