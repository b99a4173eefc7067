"""Reading the documents: their blocks, spans, sections and tables."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language; "" for those without one."""
    return [body for found, body in _FENCED.findall(text) if found == language]


def spans(text: str) -> list[str]:
    """What stands in `code` outside of blocks, on one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", _FENCED.sub("", text))]


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[tuple[str, ...]]:
    """The cells of all table rows, headings included."""
    lines = [line[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return [tuple(c.strip() for c in re.split(r"(?<!\\)\|", line)) for line in lines]


def code(cell: str) -> str:
    """A cell without its back quotes."""
    return cell.removeprefix("`").removesuffix("`")
