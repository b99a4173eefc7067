"""Options by which a list is filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from matinee.wishes import Wishes

GenreOption = Annotated[
    list[str] | None, typer.Option("--genre", help="Only of this genre. Repeatable: any of them.")
]
YearsOption = Annotated[
    str | None,
    typer.Option(
        "--years", metavar="FROM:TO", help="Only of these years: 1990:1999, 1990:, :1999 or 1994."
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="A title, or its id, to leave out. Repeatable."),
]
MinRatingsOption = Annotated[
    int, typer.Option("--min-ratings", help="Only what has at least so many ratings.")
]
DiversityOption = Annotated[
    float,
    typer.Option(
        "--diversity", help="From 0, by score alone, to 1, as different from each other as can be."
    ),
]


def wishes(
    genre: list[str] | None,
    years: str | None,
    exclude: list[str] | None,
    min_ratings: int,
    diversity: float,
) -> Wishes:
    """What these options wish for.

    Raises
    ------
    InvalidParameter
    """
    from matinee.wishes import Wishes

    return Wishes(tuple(genre or ()), _years(years), tuple(exclude or ()), min_ratings, diversity)


def _years(text: str | None) -> tuple[int | None, int | None]:
    from matinee.errors import InvalidParameter

    if text is None:
        return None, None
    first, colon, last = (part.strip() for part in text.partition(":"))
    ends = [first, last if colon else first]
    if not any(ends) or any(e and not (e.isascii() and e.isdigit() and len(e) <= 4) for e in ends):
        raise InvalidParameter(
            f"`--years` must be a year, or two with a colon, such as 1990:1999, 1990:, :1999 or "
            f"1994, got {text!r}."
        )
    low, high = (int(end) if end else None for end in ends)
    return low, high
