"""``matinee recommend``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, ModelOption, WorkspaceOption
from matinee.cli.wishing import (
    DiversityOption,
    ExcludeOption,
    GenreOption,
    MinRatingsOption,
    YearsOption,
    wishes,
)


def recommend(
    workspace: WorkspaceOption,
    user: Annotated[str | None, typer.Option(help="A user's id.")] = None,
    like: Annotated[
        list[str] | None, typer.Option(help="A liked title, or its id. Repeatable.")
    ] = None,
    age: Annotated[int | None, typer.Option(help="Age in years.")] = None,
    gender: Annotated[str | None, typer.Option(help="F or M.")] = None,
    occupation: Annotated[
        str | None, typer.Option(help="In your own words, such as writer or nurse.")
    ] = None,
    zip_code: Annotated[
        str | None, typer.Option("--zip", help="Zip code of the United States.")
    ] = None,
    way: Annotated[
        str | None,
        typer.Option(
            help="For somebody new: alike (what the movies are), fans (what their fans like), "
            "people (what people like them like), or blend, all three."
        ),
    ] = None,
    genre: GenreOption = None,
    years: YearsOption = None,
    exclude: ExcludeOption = None,
    min_ratings: MinRatingsOption = 0,
    diversity: DiversityOption = 0.0,
    n: CountOption = 10,
    model: ModelOption = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Also what the user has rated.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Recommend to a user, for liked titles, or for a profile; each with its reason.

    What was made of a profile is said on standard error.

    Examples:

        matinee recommend --user 42

        matinee recommend --user 42 --genre Thriller --years 1990:1999 --diversity 0.3

        matinee recommend --like "Fargo (1996)" --way fans --exclude "Pulp Fiction"

        matinee recommend --age 34 --gender F --occupation librarian --like Fargo --like Heat
    """
    from matinee.answers import Profile
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    stated = {"age": age, "gender": gender, "occupation": occupation, "zip": zip_code}
    known = {k: v for k, v in stated.items() if v not in (None, "")}
    _check(user, [*(like or ()), *known], way)
    profile = Profile(age, gender, occupation, zip_code)
    wished = wishes(genre, years, exclude, min_ratings, diversity)
    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        if user is not None:
            found = engine.recommend(user, n, model=model, include_seen=include_seen, wishes=wished)
            title = f"For user {user}"
        else:
            for note in engine.understood(profile).notes:
                typer.echo(f"note: {note}", err=True)
            found = engine.recommend_for(
                like or [], profile, n, model=model, way=way, wishes=wished
            )
            if way in ("alike", "fans") and not like:
                typer.echo("note: no liked title is named, so this is what is popular", err=True)
            names = dict.fromkeys(engine.resolve(title).title for title in like or [])
            words = [f"{k} {v}" for k, v in known.items()] + [f"likes {name}" for name in names]
            title = f"For somebody new ({', '.join(words)})"
    if json:
        draw.as_json(found)
    else:
        # Of people like somebody, what these like is said first.
        draw.recommendations(title, found, "profile" if way == "people" else "")


def _check(user: str | None, said: list[str], way: str | None) -> None:
    from matinee.errors import InvalidParameter

    if user is not None and (said or way is not None):
        raise InvalidParameter(
            "--user names somebody whose ratings and profile are known, so it goes with none of "
            "--like, --age, --gender, --occupation, --zip and --way; leave one of them out."
        )
    if user is None and not said:
        raise InvalidParameter(
            "Say for whom: either --user ID, or --like TITLE and what is known of the person "
            "(--age, --gender, --occupation, --zip)."
        )
