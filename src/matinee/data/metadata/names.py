"""Names in a cell such as ``[{'id': 931, 'name': 'jealousy'}, ...]``, which looks like Python.

Nothing is evaluated: a cell that is anything but such a list is refused.
"""

from __future__ import annotations

import re

_TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ENTRY = re.compile(
    rf"""\s*\{{\s*['"]id['"]\s*:\s*\d+\s*,\s*['"]name['"]\s*:\s*({_TEXT})\s*\}}\s*(,|\]\Z)""",
    re.DOTALL,
)
_EMPTY = re.compile(r"\[\s*\]")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def names(cell: str) -> list[str] | None:
    """The names that a cell lists, each once and without blanks around it; None if it is no list.

    Entries are written as Python or JSON write them, with ``id`` and ``name`` and nothing else.

    Examples
    --------
    >>> names("[{'id': 1, 'name': 'toy'}, {'id': 2, 'name': \\"children's book\\"}]")
    ['toy', "children's book"]
    >>> names("__import__('os').getcwd()") is None
    True
    """
    cell = cell.strip()
    if cell in ("", "[]") or _EMPTY.fullmatch(cell):
        return []
    if not cell.startswith("["):
        return None
    found, at = [], 1
    while at < len(cell):
        entry = _ENTRY.match(cell, at)
        if entry is None:
            return None
        text = entry[1][1:-1]
        name = _unescaped(text) if "\\" in text else text
        if name is None:
            return None
        found.append(name.strip())
        at = entry.end()
        if entry[2] != ",":
            return list(dict.fromkeys(name for name in found if name))
    return None  # a comma, and then nothing


def _unescaped(text: str) -> str | None:
    """`text` with its escapes read; None where one stands for no character."""
    codes = [int(a or b or c, 16) for a, b, c, _ in _ESCAPE.findall(text) if a or b or c]
    if any(code > 0x10FFFF or 0xD800 <= code < 0xE000 for code in codes):
        return None

    def character(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2] or escape[3]
        return chr(int(code, 16)) if code else _SIMPLE.get(escape[4], escape[4])

    return _ESCAPE.sub(character, text)
