"""``matinee recommend``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, ModelOption, WorkspaceOption


def recommend(
    workspace: WorkspaceOption,
    user: Annotated[str | None, typer.Option(help="A user's id.")] = None,
    like: Annotated[
        list[str] | None, typer.Option(help="A liked title, or its id. Repeatable.")
    ] = None,
    age: Annotated[int | None, typer.Option(help="Age in years.")] = None,
    gender: Annotated[str | None, typer.Option(help="F or M.")] = None,
    occupation: Annotated[str | None, typer.Option(help="Such as writer or student.")] = None,
    zip_code: Annotated[
        str | None, typer.Option("--zip", help="Zip code of the United States.")
    ] = None,
    n: CountOption = 10,
    model: ModelOption = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Also what the user has rated.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Recommend to a user, for liked titles, or for a profile; each with its reason.

    Examples:

        matinee recommend --user 42

        matinee recommend --like "Fargo (1996)"

        matinee recommend --age 34 --gender F --occupation librarian --like Fargo --like Heat
    """
    from matinee.answers import Profile
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.errors import InvalidParameter
    from matinee.storage.workspace import Workspace

    stated = {"age": age, "gender": gender, "occupation": occupation, "zip": zip_code}
    known = {k: v for k, v in stated.items() if v is not None}
    if user is not None and (like or known):
        raise InvalidParameter(
            "--user names somebody whose ratings and profile are known, so it goes with none of "
            "--like, --age, --gender, --occupation and --zip; leave one of them out."
        )
    if user is None and not like and not known:
        raise InvalidParameter(
            "Say for whom: either --user ID, or --like TITLE and what is known of the person "
            "(--age, --gender, --occupation, --zip)."
        )
    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        if user is not None:
            found = engine.recommend(user, n, model=model, include_seen=include_seen)
            title = f"For user {user}"
        else:
            profile = Profile(age, gender, occupation, zip_code)
            found = engine.recommend_for(like or [], profile, n, model=model)
            words = [f"{k} {v}" for k, v in known.items()] + [f"likes {t}" for t in like or []]
            title = f"For somebody new ({', '.join(words)})"
    if json:
        draw.as_json(found)
    else:
        draw.recommendations(title, found)
