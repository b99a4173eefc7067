"""The report of a scan: what every number of clusters is worth, drawn, tabled and said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from matinee.clustering.measuring import Float64
from matinee.clustering.scan import Scan
from matinee.report import page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = (
    ("k", "k", "d"),
    ("WCSS", "wcss", ".6g"),
    ("difference", "differences", ".4g"),
    ("silhouette", "silhouette", ".4f"),
    ("of a cloud", "cloud", ".4f"),
    ("Calinski-Harabasz", "calinski_harabasz", ".1f"),
    ("Davies-Bouldin", "davies_bouldin", ".3f"),
    ("stability", "stability", ".3f"),
    ("largest", "largest", ".1%"),
    ("of length", "of_length", ".0%"),
    ("NDCG@10", "quality", ".4f"),
    ("seconds", "seconds", ".1f"),
)
"""Of the table: heading, array of `Scan`, format."""


def default_boundary(scan: Scan) -> float:
    """A hundredth of the WCSS at the lowest k."""
    return 0.01 * float(scan.wcss[0])


def elbow(scan: Scan, upto: int | None = None) -> Figure:
    """WCSS by k, with the knee; up to the k `upto`."""
    shown = scan.up_to(upto)
    figure, axes = _by_k(shown, shown.wcss, "WCSS")
    if scan.knee is not None and scan.knee <= shown.k[-1]:
        axes.axvline(scan.knee, color=page.INK, linestyle=":", label=f"knee, k = {scan.knee}")
        page.legend(axes)
    return figure


def differences(scan: Scan, boundary: float | None = None, upto: int | None = None) -> Figure:
    """Consecutive differences of WCSS by k, and a band of +- `boundary` around 0.

    Parameters
    ----------
    boundary
        Default: `default_boundary`.
    """
    half = default_boundary(scan) if boundary is None else boundary
    shown = scan.up_to(upto)
    figure, axes = _by_k(shown, shown.differences, "difference of WCSS")
    axes.axhspan(-half, half, color=page.INK, alpha=0.15, linewidth=0, label=f"±{_short(half)}")
    axes.axhline(0, color=page.INK, linewidth=0.8)
    page.legend(axes)
    return figure


def silhouette(scan: Scan, upto: int | None = None) -> Figure:
    """Silhouette by k, and that of a cloud without clusters."""
    shown = scan.up_to(upto)
    figure, axes = _by_k(shown, shown.silhouette, "silhouette", label="these rows")
    axes.plot(
        shown.k, shown.cloud, color=page.INK, linestyle="--", label="a cloud without clusters"
    )
    page.legend(axes)
    return figure


def calinski_harabasz(scan: Scan, upto: int | None = None) -> Figure:
    """Calinski-Harabasz index by k."""
    shown = scan.up_to(upto)
    return _by_k(shown, shown.calinski_harabasz, "Calinski-Harabasz")[0]


def davies_bouldin(scan: Scan, upto: int | None = None) -> Figure:
    """Davies-Bouldin index by k."""
    shown = scan.up_to(upto)
    return _by_k(shown, shown.davies_bouldin, "Davies-Bouldin")[0]


def stability(scan: Scan, upto: int | None = None) -> Figure:
    """Stability by k, from 0 to 1."""
    shown = scan.up_to(upto)
    figure, axes = _by_k(shown, shown.stability, "adjusted Rand index")
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.02)
    return figure


def quality(scan: Scan, upto: int | None = None) -> Figure:
    """Held-out NDCG@10 of the recommender by k, and of popularity."""
    shown = scan.up_to(upto)
    figure, axes = _by_k(shown, shown.quality, "NDCG@10", label="clusters")
    if math.isfinite(scan.popularity):
        axes.axhline(scan.popularity, color=page.INK, linestyle="--", label="popularity")
        page.legend(axes)
    return figure


def write(
    path: Path,
    scan: Scan,
    *,
    name: str = "Choosing k",
    about: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    boundary: float | None = None,
    upto: int | None = None,
) -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left.

    Parameters
    ----------
    name
        What was scanned.
    about
        Facts for the top, such as how the rows were clustered.
    notes
        What must be known of the rows.
    boundary, upto
        See `differences` and `Scan.up_to`.
    """
    page.write(
        path,
        "choosing_k.html",
        name=name,
        verdict=scan.verdict,
        facts={"rows": f"{scan.n_rows:,}", **(about or {})},
        notes=notes,
        upto=upto,
        plots=_plots(scan, default_boundary(scan) if boundary is None else boundary, upto),
        figures=_table(scan),
    )


def _plots(scan: Scan, half: float, upto: int | None) -> list[page.Plot]:
    shown = scan.up_to(upto)

    def plot(title: str, figure: Figure, meaning: str, *arrays: tuple[str, Float64]) -> page.Plot:
        columns = [array.tolist() for _, array in arrays]
        rows = list(zip(shown.k.tolist(), *columns, strict=True))
        return page.Plot(title, figure, meaning, ("k", *(name for name, _ in arrays)), rows)

    plots = [
        plot("Elbow", elbow(scan, upto), _ELBOW, ("WCSS", shown.wcss)),
        plot(
            "Differences",
            differences(scan, half, upto),
            _said_of_differences(scan, half),
            ("difference of WCSS", shown.differences),
        ),
    ]
    if np.isfinite(scan.quality).any():
        of = ("NDCG@10", shown.quality)
        plots.append(plot("Held-out quality", quality(scan, upto), _QUALITY, of))
    if np.isfinite(scan.silhouette).any():
        pair = (("silhouette", shown.silhouette), ("of a cloud", shown.cloud))
        of_calinski = ("Calinski-Harabasz", shown.calinski_harabasz)
        of_davies = ("Davies-Bouldin", shown.davies_bouldin)
        plots += [
            plot("Silhouette", silhouette(scan, upto), _said_of_silhouette(scan), *pair),
            plot("Stability", stability(scan, upto), _STABILITY, ("stability", shown.stability)),
            plot("Calinski-Harabasz", calinski_harabasz(scan, upto), _CALINSKI, of_calinski),
            plot("Davies-Bouldin", davies_bouldin(scan, upto), _DAVIES, of_davies),
        ]
    return plots


def _table(scan: Scan) -> page.Table:
    """All figures of each k, and what is to be said of it."""
    best = int(np.nanargmax(scan.quality)) if np.isfinite(scan.quality).any() else -1
    columns = [(getattr(scan, array), form) for _, array, form in COLUMNS]
    rows, marked = [], []
    for i, k in enumerate(scan.k.tolist()):
        cells = [f"{v[i]:{form}}" if np.isfinite(v[i]) else "" for v, form in columns]
        said = (["knee"] if k == scan.knee else []) + (["best NDCG"] if i == best else [])
        rows.append([*cells, ", ".join(said)])
        if said:
            marked.append(i)
    return page.Table("", [*(heading for heading, _, _ in COLUMNS), "remark"], rows, marked)


def _by_k(scan: Scan, values: Float64, said: str, label: str = "") -> tuple[Figure, Axes]:
    from matplotlib.ticker import MaxNLocator

    figure, axes = page.axes()
    axes.plot(scan.k, values, color=page.ACCENT, marker=".", label=label)
    axes.set_xlabel("k")
    axes.set_ylabel(said)
    axes.set_xlim(scan.k[0] - 0.5, scan.k[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure, axes


def _short(half: float) -> str:
    return f"{half:,.0f}" if half >= 100 else f"{half:.3g}"


def _said_of_differences(scan: Scan, half: float) -> str:
    settled = scan.settled(half)
    said = (
        "How much WCSS changes for one cluster more. Where it stays within the band, more "
        "clusters bring little: "
    )
    if settled is None:
        return f"{said}here it never stays within ±{_short(half)}."
    return f"{said}here it stays within ±{_short(half)} from k = {settled} on."


def _said_of_silhouette(scan: Scan) -> str:
    of = f"of {scan.sample_size:,} of the {scan.n_rows:,} rows" if scan.sampled else "of all rows"
    return (
        f"How much nearer rows are to their own cluster than to the next one ({of}): 1 is "
        "well apart, 0 is on the border. Above 0.25 one speaks of weak structure, above 0.5 of "
        "reasonable, above 0.7 of strong, provided that it is clearly above the dashed line, "
        "which a cloud of the same spread without clusters reaches."
    )


_ELBOW = (
    "WCSS, the sum of squared distances of rows to the center of their cluster. It falls with k, "
    "and past a knee slowly. Where it rises, the starts were unlucky: more of them help."
)
_QUALITY = (
    "NDCG@10 of the recommender that these clusters make, on validation ratings held out of "
    "training; more is better. The dashed line is what recommending the most popular reaches. "
    "Test ratings are not touched."
)
_STABILITY = (
    "How far clusterings of different samples of the rows agree (adjusted Rand index): 1 is "
    "wholly, 0 is no better than chance. Low means that the clusters depend on who happens to "
    "be there."
)
_CALINSKI = "Spread between the clusters over spread within them; more is better."
_DAVIES = "How like each cluster is to the one most like it, on average; less is better."
