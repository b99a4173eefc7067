"""``matinee clusters fit``, ``repair`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee.cli.clusters_show import Which, draw_clusters
from matinee.cli.options import JsonOption, WorkspaceOption


def fit(
    workspace: WorkspaceOption,
    on: Annotated[str, typer.Option(help="What to group: users or items.")] = "users",
    features: Annotated[
        str | None,
        typer.Option(
            help="Of users: taste, likes, genres, factors, profiles; of items: both, traits, "
            "interaction.",
            show_default="the model's own",
        ),
    ] = None,
    scaling: Annotated[
        str | None,
        typer.Option(
            help="Of genres: sums, minmax or rows (shares).", show_default="the model's own"
        ),
    ] = None,
    k: Annotated[
        int | None, typer.Option(help="Clusters, at most.", show_default="the model's own")
    ] = None,
    method: Annotated[str, typer.Option(help="kmeans, minibatch or spectral.")] = "kmeans",
    smallest: Annotated[
        int | None,
        typer.Option(help="Members below which a cluster is dissolved.", show_default="6"),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair/--no-repair", help="Whether small clusters are dissolved.")
    ] = True,
    data: Annotated[
        str | None,
        typer.Option(help="A MovieLens set or a ratings file, imported first if it is not yet."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the clustering.", show_default="0")] = None,
    json: JsonOption = False,
) -> None:
    """Group the people or the titles of a workspace.

    It trains the model that groups so (user_clusters, spectral_clusters or item_clusters), judged
    on held-out ratings, saved, and active if it is the best, as `matinee train` does.

    Examples:

        matinee clusters fit --on users --features likes --k 15 --data ml-100k

        matinee clusters fit --on users --features genres --k 4 --method spectral

        matinee clusters fit --on items --features both --k 12 --seed 7
    """
    from matinee import training
    from matinee.cli import draw
    from matinee.clusters.options import asked_for
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    name, parameters = asked_for(
        on,
        features=features,
        scaling=scaling,
        k=k,
        method=method,
        smallest=smallest,
        repair=repair,
        seed=seed,
    )
    with (
        draw.progress_bar(json) as progress,
        Workspace.open(workspace, create=data is not None) as opened,
    ):
        if data is not None:
            training.import_once(opened, data, progress)
        done = training.train(opened, [name], parameters=parameters, progress=progress)[0]
        shown = Engine(opened).clusters.shown(done.archive_id)
    if json:
        draw.as_json({"trained": done, **vars(shown)})
        return
    draw_clusters(shown)
    figures = {} if done.evaluation is None else done.evaluation.figures
    held = ", ".join(f"{metric} {value:.4f}" for metric, value in figures.items())
    if k is not None and len(shown.clusters) < k:
        typer.echo(
            f"{k} were asked for: there are no more where {on} are too few or too much alike"
            f"{', or where small clusters were dissolved' if on == 'users' and repair else ''}."
        )
    typer.echo(f"{done.archive_id}: {done.seconds:.1f} s; on held-out ratings: {held or 'none'}.")


def repair(
    assignment: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or Parquet with userId and Cluster.")
    ],
    data: Annotated[str, typer.Option(help="The MovieLens set or ratings file it was made of.")],
    out: Annotated[Path, typer.Option(help="A new folder for both tables.")],
    smallest: Annotated[
        int, typer.Option(min=0, help="Members below which a cluster is dissolved.")
    ] = 6,
    json: JsonOption = False,
) -> None:
    """Dissolve the small clusters of any given assignment of people.

    Each of their people moves to the cluster that covers most of what they like. Writes both
    tables: users_cluster.csv (userId, Cluster) and clusters_movies.csv (Cluster, movieId, Count).

    Example:

        matinee clusters repair assignment.csv --data ml-100k --smallest 6 --out repaired
    """
    from matinee.cli import draw
    from matinee.clusters import tables
    from matinee.data import load

    given = tables.read_assignment(assignment)
    with draw.progress_bar(json) as progress:
        done = tables.repaired(load(data, progress=progress), given, smallest=smallest)
    tables.write(done.tables, out)
    dissolved = sum(new < 0 for new in done.renumbered.values())
    if json:
        draw.as_json(
            {
                "folder": out,
                "renumbered": done.renumbered,
                "dissolved": dissolved,
                "moved": done.moved,
            }
        )
        return
    typer.echo(
        f"{dissolved} of {len(done.renumbered)} clusters dissolved, {len(done.moved)} people "
        f"moved; {len(done.renumbered) - dissolved} clusters are left. Tables: {out}"
    )


def export(
    workspace: WorkspaceOption,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    model: Which = None,
    format_: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    json: JsonOption = False,
) -> None:
    """Write both tables of a clustering of people: who is where, and what each cluster likes.

    users_cluster has userId and Cluster, clusters_movies has Cluster, movieId and Count;
    `matinee.clusters.tables.read_tables` reads them back.

    Example:

        matinee clusters export tables --format parquet
    """
    from matinee.cli import draw
    from matinee.clusters import tables
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        both = tables.tables_of(Engine(opened).clusters, model)
    tables.write(both, folder, format_)
    people, movies = both.users.num_rows, both.movies.num_rows
    if json:
        draw.as_json({"folder": folder, "people": people, "counts": movies})
    else:
        typer.echo(f"{people:,} people in clusters and {movies:,} counts of movies: {folder}")
