"""``matinee demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from matinee.data.dataset import Dataset
    from matinee.evaluation.records import Comparison
    from matinee.report.first_look import Asked
    from matinee.storage.workspace import Workspace

SET = "ml-100k"
TITLE = "Fargo (1996)"
AGE, GENDER, OCCUPATION = 34, "F", "librarian"
LIKED = ["Fargo (1996)", "Sense and Sensibility (1995)"]


def demo(
    workspace: WorkspaceOption,
    user: Annotated[str, typer.Option(help="The known user to recommend to.")] = "42",
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve pages and REST at the end.")
    ] = True,
) -> None:
    """See all of it at work on MovieLens 100K, in a minute.

    Gets the ratings, imports them, compares the models on held-out ratings, trains them,
    recommends to a known user, for a title and to a new person, writes an HTML report, and serves
    until interrupted.

    Examples:

        matinee demo

        matinee demo --no-serve
    """
    from matinee import comparing, training
    from matinee.cli import draw
    from matinee.data import load
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace, create=True) as opened:
        with draw.progress_bar() as progress:
            training.import_once(opened, SET, progress)
            dataset = load(SET, progress=progress)
            compared = comparing.run(
                dataset,
                training.DEFAULT_MODELS,
                folder=opened.path / "comparisons",
                progress=progress,
            )
            training.train(opened, progress=progress)
        for board in compared.boards:
            draw.board(board)
        asked = _ask(opened, user)
        for item in asked:
            draw.recommendations(item.question, item.answer)
        report = _report(opened, dataset, compared, asked)
    typer.echo(f"Report: {report}")
    if serve:
        from matinee.cli.serve import serve as run

        run(workspace)


def _ask(workspace: Workspace, user: str) -> list[Asked]:
    from matinee.answers import Profile
    from matinee.engine import Engine
    from matinee.report.first_look import Asked

    engine = Engine(workspace)
    new = f"age {AGE}, {GENDER}, {OCCUPATION}, likes {' and '.join(LIKED)}"
    profile = Profile(AGE, GENDER, OCCUPATION)
    return [
        Asked(f"For user {user}", engine.recommend(user)),
        Asked(f"For somebody who likes {TITLE}", engine.recommend_for([TITLE])),
        Asked(f"For somebody new ({new})", engine.recommend_for(LIKED, profile)),
    ]


def _report(
    workspace: Workspace, dataset: Dataset, compared: Comparison, asked: list[Asked]
) -> Path:
    from matinee.report.first_look import write

    folder = workspace.path / "reports"
    folder.mkdir(exist_ok=True)
    path = folder / "first-look.html"
    write(path, dataset, compared, asked)
    return path
