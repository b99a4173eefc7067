"""``matinee clusters``: groups of people and of titles."""

from __future__ import annotations

import typer

from matinee.cli import clusters_make, clusters_scan, clusters_show, clusters_use

app = typer.Typer(
    help="Groups of people and of titles: made, looked at, used.", no_args_is_help=True
)
app.command()(clusters_scan.scan)
app.command()(clusters_make.fit)
app.command("list")(clusters_show.list_clusterings)
app.command()(clusters_show.show)
app.command()(clusters_show.people)
app.command()(clusters_show.of)
app.command()(clusters_use.like)
app.command()(clusters_use.place)
app.command()(clusters_make.repair)
app.command()(clusters_make.export)
