"""The map of clusters as SVG: circles by size, names beside them, nothing that hides another.

It stands alone: every element says how it looks and draws in the ink of the page around it, so a
report in light or dark can hold it; a style sheet may say more by the classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.cluster_answers import Cluster, ClusterMap

Float64 = npt.NDArray[np.float64]

FONT = 15.0
_LETTER = 0.54
"""The width of a letter, in sizes of the font: a little more than serif letters need."""
_LINE = 1.15
_LONGEST = 20
"""Letters from which on a name takes two lines."""
_GAP = 4.0
_EDGE = 24
"""Pixels above and below that hold what the axes mean."""
_STEPS, _PAIRS = 300, 2_000_000
"""Steps in which circles are pushed apart, and pairs of circles that may be compared for it."""
_NAMED = 40
"""Clusters that may have their names on the map, the largest ones."""


class Box(NamedTuple):
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0


class Circle(NamedTuple):
    """A cluster on the picture, in pixels."""

    x: float
    y: float
    r: float

    @property
    def wide(self) -> Box:
        """The square around it, with a margin."""
        half = self.r + _GAP
        return Box(self.x - half, self.y - half, self.x + half, self.y + half)


class Label(NamedTuple):
    """A name beside its circle: its lines, where the first one stands, and on which side."""

    lines: list[str]
    x: float
    y: float
    anchor: str
    box: Box


def draw(
    shown: ClusterMap,
    *,
    link: Callable[[Cluster], str] | None = None,
    width: int = 900,
    height: int = 560,
    kind: str = "",
) -> str:
    """The map as an ``<svg>`` element.

    Parameters
    ----------
    link
        The address that a cluster's circle leads to; none by default.
    width, height
        Pixels; it is scaled to the space it gets.
    kind
        One more class of the element.
    """
    circles, (x0, y0) = circles_of(shown.clusters, width, height)
    labels = labels_of(shown.clusters, circles, width, height)
    x, y = shown.axes
    bottom = height - 8
    parts = [
        f'<svg class="map {escape(kind)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width} {height}" role="group" aria-label="Map of the clusters" '
        f'font-family="Georgia, serif" font-size="{FONT:g}" fill="currentColor">',
        '<g class="axes" stroke="currentColor" stroke-opacity=".25" stroke-dasharray="2 5">'
        f'<line x1="8" y1="{y0:.1f}" x2="{width - 8}" y2="{y0:.1f}"/>'
        f'<line x1="{x0:.1f}" y1="{_EDGE}" x2="{x0:.1f}" y2="{height - _EDGE}"/></g>',
        '<g class="ends" font-size="13" font-style="italic" fill-opacity=".7">',
        _end(8, bottom, "start", "←", x.low),
        _end(width - 8, bottom, "end", "→", x.high),
        _end(width / 2, 15, "middle", "↑", y.high),
        _end(width / 2, bottom, "middle", "↓", y.low),
        "</g>",
    ]
    for cluster, circle, label in zip(shown.clusters, circles, labels, strict=True):
        parts.append(_cluster(cluster, circle, label, link))
    return "\n".join([*parts, "</svg>"])


def circles_of(
    clusters: Sequence[Cluster], width: int, height: int
) -> tuple[list[Circle], tuple[float, float]]:
    """Circles whose areas follow the sizes, moved apart where one would hide another.

    Also where the middle of both axes is: the mean of all clusters.
    """
    if not clusters:
        return [], (width / 2, height / 2)
    room = min(width, height)
    largest = max(1, *(c.size for c in clusters))
    top = max(14.0, min(0.12 * room, 0.36 * room / math.sqrt(len(clusters) + 1)))
    radii = [max(11.0, top * math.sqrt(c.size / largest)) for c in clusters]
    # One scale for both axes, with room for the largest circle and for names at the edges.
    inner = width - 2 * (top + 0.1 * width), height - 2 * (top + _EDGE + 4)
    (left, right), (low, high) = (
        (min(at), max(at)) for at in ([c.x for c in clusters], [c.y for c in clusters])
    )
    scale = min(inner[0] / max(right - left, 0.1), inner[1] / max(high - low, 0.1))
    x0 = width / 2 - scale * (left + right) / 2
    y0 = height / 2 + scale * (low + high) / 2
    at = np.array([(x0 + scale * c.x, y0 - scale * c.y) for c in clusters])
    at = _apart(at, np.array(radii), (width, height))
    circles = [Circle(x, y, r) for (x, y), r in zip(at.tolist(), radii, strict=True)]
    return circles, (x0, y0)


def _apart(at: Float64, radii: Float64, size: tuple[int, int]) -> Float64:
    """(k, 2) places from which each two circles that overlapped were pushed until none does."""
    k = len(at)
    margin = np.stack([radii + 4, radii + _EDGE], axis=1)
    # Circles at one place go some way out, opposite ones for the two of a pair.
    turn = 2.4 * np.add.outer(np.arange(k), np.arange(k))
    side = np.sign(np.subtract.outer(np.arange(k), np.arange(k)))
    out = np.stack([np.cos(turn), np.sin(turn)], axis=2) * side[:, :, np.newaxis]
    wanted = np.add.outer(radii, radii) + _GAP
    np.fill_diagonal(wanted, 0)
    for _ in range(min(_STEPS, 1 + _PAIRS // k**2)):
        away = at[:, np.newaxis] - at[np.newaxis]
        far = np.hypot(away[:, :, 0], away[:, :, 1])
        missing = np.maximum(wanted - far, 0)
        if missing.max(initial=0.0) < 0.01:
            break
        same = (far < 1e-9)[:, :, np.newaxis]
        way = np.where(same, out, away / np.maximum(far, 1e-9)[:, :, np.newaxis])
        at = at + (0.5 * missing[:, :, np.newaxis] * way).sum(axis=1)
        at = np.clip(at, margin, np.array(size) - margin)
    return at


def labels_of(
    clusters: Sequence[Cluster], circles: Sequence[Circle], width: int, height: int
) -> list[Label | None]:
    """Where names stand: the larger cluster chooses first; None where there is no room."""
    labels: list[Label | None] = [None] * len(clusters)
    taken: list[Box] = []
    order = sorted(range(len(clusters)), key=lambda i: (-clusters[i].size, i))
    for at in order[:_NAMED]:
        best: tuple[float, Label] | None = None
        # Nearer places come first, and only a better one takes their place.
        for label in _candidates(clusters[at].name, circles[at]):
            box = label.box
            if box.left < 2 or box.right > width - 2:
                continue
            if box.top < _EDGE or box.bottom > height - _EDGE:
                continue
            cost = 3 * sum(box.overlap(other) for other in taken)
            # A name that is as near to another circle would be read as that one's.
            cost += sum(box.overlap(c.wide) for i, c in enumerate(circles) if i != at)
            if best is None or cost < best[0] - 1e-9:
                best = cost, label
        # A sliver of another's corner does no harm.
        if best is not None and best[0] < 0.05 * _area(best[1].box):
            labels[at] = best[1]
            taken.append(best[1].box)
    return labels


def _candidates(name: str, circle: Circle) -> list[Label]:
    lines = _lines(name)
    wide = max(len(line) for line in lines) * _LETTER * FONT
    tall = len(lines) * _LINE * FONT
    x, y, r = circle
    found = []
    for far in (0.0, 9.0):
        side, slant = r + 5 + far, 0.75 * r + 4 + 0.75 * far
        for anchor, at, top in (
            ("start", x + side, y - tall / 2),
            ("end", x - side, y - tall / 2),
            ("middle", x, y + side - 2),
            ("middle", x, y - side + 2 - tall),
            ("start", x + slant, y + 0.8 * slant),
            ("start", x + slant, y - 0.8 * slant - tall),
            ("end", x - slant, y + 0.8 * slant),
            ("end", x - slant, y - 0.8 * slant - tall),
        ):
            left = at - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            box = Box(left, top, left + wide, top + tall)
            found.append(Label(lines, at, top + 0.82 * FONT, anchor, box))
    return found


def _lines(name: str) -> list[str]:
    """A name in one line, or in two about equally long ones."""
    words = name.split(" ")
    if len(name) <= _LONGEST or len(words) == 1:
        return [name]
    cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return list(min(cuts, key=lambda pair: max(map(len, pair))))


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _end(x: float, y: float, anchor: str, arrow: str, traits: list[str]) -> str:
    if not traits:
        return ""
    words = escape(", ".join(traits))
    said = f"{words} {arrow}" if anchor == "end" else f"{arrow} {words}"
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{said}</text>'


def _cluster(
    cluster: Cluster,
    circle: Circle,
    label: Label | None,
    link: Callable[[Cluster], str] | None,
) -> str:
    name = escape(f"{cluster.name}: {cluster.size:,} ({cluster.share:.0%})")
    inside = (
        f"<title>{name}</title>"
        f'<circle cx="{circle.x:.1f}" cy="{circle.y:.1f}" r="{circle.r:.1f}" '
        'fill-opacity=".18" stroke="currentColor" stroke-width="1.5"/>'
        f'<text class="number" x="{circle.x:.1f}" y="{circle.y + 4.5:.1f}" '
        f'text-anchor="middle" font-size="13">{cluster.number}</text>'
    )
    if label is not None:
        spans = "".join(
            f'<tspan x="{label.x:.1f}" y="{label.y + place * _LINE * FONT:.1f}">'
            f"{escape(line)}</tspan>"
            for place, line in enumerate(label.lines)
        )
        inside += f'<text class="name" text-anchor="{label.anchor}">{spans}</text>'
    if link is None:
        return f'<g class="cluster">{inside}</g>'
    return f'<a class="cluster" href="{escape(link(cluster))}" aria-label="{name}">{inside}</a>'
