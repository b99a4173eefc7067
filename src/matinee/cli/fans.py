"""``matinee fans``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption
from matinee.cli.wishing import (
    ExcludeOption,
    GenreOption,
    MinRatingsOption,
    YearsOption,
    wishes,
)


def fans(
    workspace: WorkspaceOption,
    titles: Annotated[list[str], typer.Argument(help="Titles, or their ids.")],
    genre: GenreOption = None,
    years: YearsOption = None,
    exclude: ExcludeOption = None,
    min_ratings: MinRatingsOption = 0,
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """What the fans of a title, or of several, like more than everybody does.

    Examples:

        matinee fans "Die Hard"

        matinee fans "Die Hard" "Heat" --genre Comedy -n 5
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace
    from matinee.wishes import Wishes

    wished = wishes(genre, years, exclude, min_ratings, 0.0)
    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        names = " and ".join(dict.fromkeys(engine.resolve(title).title for title in titles))
        found = engine.fans(titles, n, wishes=wished)
    if json:
        draw.as_json(found)
    elif not found:
        among = "" if wished == Wishes() else " of what fits the filters"
        typer.echo(f"Too few like {names} to tell what else they like{among}.")
    else:
        rows = [
            (r.item_id, r.title, f"{r.share:.0%}", f"{r.everybody:.1%}", f"{r.lift:.2f}", r.people)
            for r in found
        ]
        columns = ("id", "title", "of fans", "of everybody", "lift", "fans")
        draw.table(f"Fans of {names} also like", columns, rows)
