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

    wished = wishes(genre, years, exclude, min_ratings, 0.0)
    with Workspace.open(workspace) as opened:
        found = Engine(opened).fans(titles, n, wishes=wished)
    if json:
        draw.as_json(found)
    else:
        rows = [
            (r.item_id, r.title, f"{r.share:.0%}", f"{r.everybody:.1%}", f"{r.lift:.2f}", r.people)
            for r in found
        ]
        columns = ("id", "title", "of fans", "of everybody", "lift", "fans")
        draw.table(f"Fans of {' and '.join(titles)} also like", columns, rows)
