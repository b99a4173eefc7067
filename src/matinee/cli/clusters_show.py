"""``matinee clusters list``, ``show``, ``people`` and ``of``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.cluster_answers import ClusterMap, Placement

Which = Annotated[
    str | None,
    typer.Option("--model", "-m", help="A clustering's model or id; default: the newest."),
]


def list_clusterings(workspace: WorkspaceOption, json: JsonOption = False) -> None:
    """The clusterings of a workspace, the newest first.

    Example:

        matinee clusters list
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        found = Engine(opened).clusters.listed()
    if json:
        draw.as_json(found)
        return
    if not found:
        typer.echo("None yet; make one: matinee clusters fit --on users --k 15")
        return
    rows = [
        (c.archive_id, c.on, c.features, c.method, c.clusters, "active" if c.active else "")
        for c in found
    ]
    draw.table("Clusterings", ("id", "of", "by", "method", "clusters", ""), rows)


def show(
    workspace: WorkspaceOption,
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="A cluster's number; without it, all of them.")
    ] = None,
    model: Which = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Order of its titles: lift (what marks it out), count or mean (damped).",
            show_default="lift; count for clusters of items",
        ),
    ] = None,
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """The clusters of a clustering with their names, or one with its marks and titles.

    A lift is how many times everybody's share it is, damped so that rarities do not win. Means are
    those of everybody's ratings; the order by mean damps them by 10 ratings like everybody's.

    Examples:

        matinee clusters show

        matinee clusters show 3 --model user_clusters
    """
    from matinee.cli import draw
    from matinee.clusters.naming import spoken_mark
    from matinee.clusters.titles import order
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        clusters = Engine(opened).clusters
        if number is None:
            shown = clusters.shown(model)
        else:
            clustering, cluster = clusters.cluster(number, model)
            found = clusters.titles(number, clustering.archive_id, n=n, by=order(by))
    if number is None:
        if json:
            draw.as_json(shown)
        else:
            draw_clusters(shown)
        return
    if json:
        draw.as_json({"clustering": clustering, "cluster": cluster, "titles": found})
        return
    people = clustering.on == "users"
    members = "people" if people else "titles"
    typer.echo(
        f"Cluster {cluster.number}: {cluster.name}; {cluster.size:,} {members} "
        f"({cluster.share:.0%})\n"
    )
    if cluster.marks:
        marks = [(m.kind, spoken_mark(m), m.share, m.everybody, m.lift) for m in cluster.marks]
        draw.table("What marks it out", ("", "", "share", "everybody", "lift"), marks[:12])
    else:
        typer.echo("Nothing marks it out from everybody.\n")
    rows = [
        (t.item_id, t.title, t.count, f"{t.share:.0%}", t.lift, t.n_ratings, t.mean) for t in found
    ]
    liked = "liked by" if people else "ratings here"
    draw.table("Titles", ("id", "title", liked, "share", "lift", "ratings", "mean"), rows)


def people(
    workspace: WorkspaceOption,
    number: Annotated[int, typer.Argument(metavar="N", help="A cluster's number.")],
    model: Which = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
    offset: Annotated[int, typer.Option(min=0, help="How many to pass over.")] = 0,
    json: JsonOption = False,
) -> None:
    """The ids of the people of a cluster.

    Example:

        matinee clusters people 3 --limit 20
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        found = Engine(opened).clusters.people(number, model, limit=limit, offset=offset)
    if json:
        draw.as_json(found)
        return
    for user in found.users:
        typer.echo(user)
    if len(found.users) < found.total:
        typer.echo(f"{offset + 1} to {offset + len(found.users)} of {found.total:,}", err=True)


def of(
    workspace: WorkspaceOption,
    title: Annotated[str | None, typer.Argument(help="A title, or its id.")] = None,
    user: Annotated[str | None, typer.Option(help="A user's id, instead of a title.")] = None,
    model: Which = None,
    json: JsonOption = False,
) -> None:
    """The clusters that like a title, or the cluster of a user.

    Examples:

        matinee clusters of "Fargo (1996)"

        matinee clusters of --user 42
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.errors import InvalidParameter
    from matinee.storage.workspace import Workspace

    if (title is None) == (user is None):
        raise InvalidParameter("Name either a title or, by --user, a person.")
    with Workspace.open(workspace) as opened:
        clusters = Engine(opened).clusters
        if user is not None:
            where = clusters.of_user(user, model)
        else:
            found = clusters.of_title(title or "", model)
    if json:
        draw.as_json(where if user is not None else found)
    elif user is not None:
        say_placement(f"User {user}", where)
    else:
        rows = [
            (t.model, t.number, t.name, t.size, t.count, f"{t.share:.0%}", t.lift) for t in found
        ]
        columns = ("model", "N", "cluster", "members", "count", "share", "lift")
        draw.table(f"Clusters of {title}", columns, rows)


def draw_clusters(shown: ClusterMap) -> None:
    """Print the clusters of a clustering, by number."""
    from matinee.cli import draw
    from matinee.clusters.naming import spoken_mark

    clustering, clusters = shown.clustering, shown.clusters
    rows = [
        (
            c.number,
            c.name,
            c.size,
            f"{c.share:.0%}",
            ", ".join(f"{spoken_mark(m)} x{m.lift:.1f}" for m in c.marks[:3]),
            ", ".join(c.titles[:2]),
        )
        for c in clusters
    ]
    what = "people" if clustering.on == "users" else "titles"
    number = f"{len(clusters)} cluster{'s' * (len(clusters) != 1)}"
    draw.table(
        f"{clustering.model}: {number} of {what} by {clustering.features} ({clustering.method})",
        ("N", "name", what, "share", "marks", "such as"),
        rows,
    )
    if shown.left_out:
        typer.echo(
            f"People of the training data who are in none, as nothing tells: {shown.left_out:,}\n"
        )


def say_placement(who: str, where: Placement) -> None:
    """Print where somebody belongs, and why."""
    if where.number is None:
        typer.echo(f"{who} is in no cluster: {where.why}.")
        return
    likely = "" if where.weight > 0.995 else f", {where.weight:.0%} likely"
    typer.echo(
        f"{who} is in cluster {where.number}, {where.name} ({where.size:,} people, "
        f"{where.share:.0%}): {where.why}{likely}."
    )
