"""``matinee clusters like`` and ``place``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.clusters_show import Which, say_placement
from matinee.cli.options import CountOption, JsonOption, WorkspaceOption


def like(
    workspace: WorkspaceOption,
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    by: Annotated[
        str, typer.Option(help="mean (damped by 10 ratings like everybody's) or likeness (cosine).")
    ] = "mean",
    model: Which = None,
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """The best other titles of a title's cluster.

    Example:

        matinee clusters like "Fargo (1996)" --by likeness
    """
    from matinee.cli import draw
    from matinee.clusters.titles import mate_order
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        found = Engine(opened).clusters.mates(title, by=mate_order(by), n=n, name=model)
    if json:
        draw.as_json(found)
        return
    score = "damped mean" if by == "mean" else "cosine"
    rows = [(m.item_id, m.title, ", ".join(m.genres), m.n_ratings, m.mean, m.score) for m in found]
    columns = ("id", "title", "genres", "ratings", "mean", score)
    draw.table(f"In the cluster of {title}", columns, rows)


def place(
    workspace: WorkspaceOption,
    like: Annotated[
        list[str] | None, typer.Option(help="A liked title, or its id. Repeatable.")
    ] = None,
    rating: Annotated[
        list[str] | None,
        typer.Option(help="A title with its rating, such as 'Fargo (1996)=4.5'. Repeatable."),
    ] = None,
    age: Annotated[int | None, typer.Option(help="Age in years.")] = None,
    gender: Annotated[str | None, typer.Option(help="F or M.")] = None,
    occupation: Annotated[str | None, typer.Option(help="Such as writer or student.")] = None,
    zip_code: Annotated[
        str | None, typer.Option("--zip", help="Zip code of the United States.")
    ] = None,
    model: Which = None,
    json: JsonOption = False,
) -> None:
    """The cluster that somebody new belongs to; nothing is stored.

    Ratings count where they say that a title is liked.

    Examples:

        matinee clusters place --like "Fargo (1996)" --like "Heat (1995)"

        matinee clusters place --age 30 --gender F --occupation writer

        matinee clusters place --rating "Fargo (1996)=5" --rating "Speed (1994)=2"
    """
    from matinee.answers import Profile
    from matinee.cli import draw
    from matinee.clusters.options import rated
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    profile = Profile(age, gender, occupation, zip_code)
    ratings = rated(rating or [])
    with Workspace.open(workspace) as opened:
        clusters = Engine(opened).clusters
        where = clusters.place(like or [], profile, ratings=ratings, name=model)
    if json:
        draw.as_json(where)
    else:
        say_placement("Somebody new", where)
