"""``matinee clusters scan``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.clustering.measuring import Measured
    from matinee.progress import Progress
    from matinee.scanning.running import Scanning
    from matinee.scanning.source import Source


def scan(
    workspace: WorkspaceOption,
    data: Annotated[
        str | None,
        typer.Option(
            help="A MovieLens set or a ratings file.", show_default="the workspace's ratings"
        ),
    ] = None,
    on: Annotated[str, typer.Option(help="What to cluster: users or items.")] = "users",
    features: Annotated[
        str | None,
        typer.Option(
            help="Of users: taste, likes, genres, factors, profiles; of items: both, traits, "
            "interaction.",
            show_default="the recommender's",
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="kmeans, minibatch or spectral.")] = "kmeans",
    scaling: Annotated[
        str | None,
        typer.Option(help="Of genres: sums, minmax or rows.", show_default="the recommender's"),
    ] = None,
    k: Annotated[str, typer.Option(help="Numbers of clusters: 1:30, 5 or 2,4,8.")] = "1:30",
    max_iter: Annotated[int, typer.Option(help="Rounds of k-means, at most.")] = 300,
    n_init: Annotated[int, typer.Option(help="Starts of k-means; the best one counts.")] = 4,
    seed: Annotated[int, typer.Option(help="Of the clustering.")] = 0,
    silhouette_sample: Annotated[
        int, typer.Option(help="Rows that the silhouette is the mean of, at most.")
    ] = 10_000,
    quality: Annotated[
        bool,
        typer.Option("--quality/--no-quality", help="Judge the recommender on held-out ratings."),
    ] = True,
    boundary: Annotated[
        float | None,
        typer.Option(
            help="Half the band around 0 in the plot of differences.",
            show_default="1 % of the first WCSS",
        ),
    ] = None,
    upto: Annotated[int | None, typer.Option(help="Highest k in the plots.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="HTML file.", show_default="beside the scan's file")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Cluster people or movies into every number of clusters, and say what each is worth.

    Each k is kept in a file in the workspace's folder once it is done: a scan that was broken off
    goes on, and 11:30 adds to what 1:10 has found. Plots, figures and a verdict stand in an HTML
    report.

    Examples:

        matinee clusters scan --data ml-100k --features likes --k 1:30 --boundary 500

        matinee clusters scan --on items --features traits --k 2,4,8 --no-quality
    """
    from matinee.cli import draw
    from matinee.scanning import options
    from matinee.scanning.running import scanning
    from matinee.scanning.subject import subject

    ks = options.numbers(k)
    options.check_report(boundary, upto, report, ks)
    with draw.progress_bar(json) as progress:
        source = _source(workspace, data, progress)
        rows = subject(source, on, features, scaling=scaling, method=method, seed=seed)
        settings = {"n_init": n_init, "max_iter": max_iter, "silhouette_sample": silhouette_sample}
        with scanning(rows, workspace / "scans", **settings) as found:
            if not json:
                _say_what(found)
            try:
                found.run(
                    ks,
                    quality=quality,
                    tell=(lambda measured, difference: None) if json else _say_k,
                    progress=progress,
                )
            except KeyboardInterrupt:
                typer.echo(
                    f"Interrupted: {len(found.scan.k)} numbers of clusters are kept in "
                    f"{found.file}; the same command goes on from there.",
                    err=True,
                )
                raise
            written = found.write_report(report, boundary=boundary, upto=upto)
            if json:
                draw.as_json({**found.as_dict(boundary), "report": written})
            else:
                _say_result(found, boundary, written)


def _source(workspace: Path, data: str | None, progress: Progress) -> Source:
    from matinee.data import load
    from matinee.scanning.source import Source
    from matinee.storage.workspace import Workspace

    if data is not None:
        return Source.of_dataset(load(data, progress=progress))
    with Workspace.open(workspace) as opened:
        return Source.of_workspace(opened, progress)


def _say_what(found: Scanning) -> None:
    rows, columns = found.shape
    typer.echo(f"{found.subject}, {found.subject.method}: {rows:,} rows, {columns:,} columns")
    sampled = found.scan.sample_size
    if sampled < rows:
        typer.echo(f"Note: Silhouettes are of a sample of {sampled:,} rows.")
    for note in found.subject.notes:
        typer.echo(f"Note: {note}")


def _say_k(measured: Measured, difference: float) -> None:
    if math.isnan(difference):
        typer.echo(
            "    k        WCSS  difference  silhouette  of a cloud  Calinski-H.  Davies-B."
            "  stability  largest  NDCG@10  seconds"
        )
    m = measured
    cells = (
        _cell(m.wcss, 10, ".6g"), _cell(difference, 10, ".4g"), _cell(m.silhouette, 10, ".4f"),
        _cell(m.cloud, 10, ".4f"), _cell(m.calinski_harabasz, 11, ".1f"),
        _cell(m.davies_bouldin, 9, ".3f"), _cell(m.stability, 9, ".3f"),
        _cell(m.largest, 7, ".1%"), _cell(m.quality, 7, ".4f"), _cell(m.seconds, 7, ".1f"),
    )  # fmt: skip
    typer.echo("  ".join([f"{m.k:5d}", *cells]))


def _cell(value: float, width: int, form: str) -> str:
    return f"{value:>{width}{form}}" if math.isfinite(value) else " " * width


def _say_result(found: Scanning, boundary: float | None, written: Path) -> None:
    scan = found.scan
    typer.echo(f"\n{scan.verdict}")
    if boundary is not None:
        typer.echo(_said_of_boundary(scan.settled(boundary), boundary))
    typer.echo(f"Scan:   {found.file}\nReport: {written}")


def _said_of_boundary(settled: int | None, boundary: float) -> str:
    if settled is None:
        return f"The differences of WCSS never stay within ±{boundary:g}."
    return f"The differences of WCSS stay within ±{boundary:g} from k = {settled} on."
