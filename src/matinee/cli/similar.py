"""``matinee similar``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption
from matinee.cli.wishing import (
    DiversityOption,
    ExcludeOption,
    GenreOption,
    MinRatingsOption,
    YearsOption,
    wishes,
)


def similar(
    workspace: WorkspaceOption,
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    threshold: Annotated[
        float | None, typer.Option(help="Only what has at least this cosine, at most 1.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="A trained model's name or id; default: alike, where trained."
        ),
    ] = None,
    genre: GenreOption = None,
    years: YearsOption = None,
    exclude: ExcludeOption = None,
    min_ratings: MinRatingsOption = 0,
    diversity: DiversityOption = 0.0,
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """Items alike a title, by what they are and (where the model knows) by who chose them.

    Examples:

        matinee similar "Fargo"

        matinee similar "Fargo (1996)" --threshold 0.95 -n 50

        matinee similar Fargo --model ials --genre Comedy --years 1980:1999
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    wished = wishes(genre, years, exclude, min_ratings, diversity)
    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        asked = engine.resolve(title)
        found = engine.similar(title, n, model=model, threshold=threshold, wishes=wished)
    if json:
        draw.as_json(found)
    elif not found:
        least = "" if threshold is None else f" with a cosine of {threshold:g} or more"
        typer.echo(f"Nothing is alike {asked.title}{least}; wish for less.")
    else:
        rows = [
            (r.item_id, r.title, ", ".join(r.genres), round(r.score, 4), r.reasons[0].text)
            for r in found
        ]
        draw.table(f"Alike {asked.title}", ("id", "title", "genres", "cosine", "because"), rows)
