"""docs/evaluation.md names every split, figure and segment that there is, and no other."""

from __future__ import annotations

from documents import code, rows, section, spans, text_of
from small import small_dataset

import matinee
from matinee.evaluation.compare import evaluate
from matinee.evaluation.protocols import NAMES, parts

PAGE = text_of("docs/evaluation.md")


def named(heading: str) -> list[str]:
    """What the first column of the table under a heading names."""
    first = [row[0] for row in rows(section(PAGE, heading))[1:]]
    return [name for cell in first for name in spans(cell) if name]


def judged(model: str, task: str):
    dataset = small_dataset()
    side = matinee.side_information(dataset.item_table, dataset.user_table)
    (split,) = parts("random", dataset.interactions, task, liked=4.0)
    auc = {"auc": True} if task == "ranking" else {}
    return evaluate(matinee.create(model), split, side, **auc)


def test_every_split():
    assert named("## How ratings are held out") == list(NAMES)


def test_every_figure_of_ratings():
    found = judged("biases", "rating")
    assert named("### Of predicted ratings") == list(found.figures)


def test_every_figure_of_lists_and_segment():
    found = judged("popularity", "ranking")
    assert sorted(named("### Of lists")) == sorted(found.figures)
    assert named("### Of lists")[:2] == list(found.figures)[:2], "the primary one first"
    said = section(PAGE, "### By segment")
    for segments in found.segments.values():
        for segment in segments:
            assert segment in said


def test_ten_points():
    points = [code(row[0]) for row in rows(section(PAGE, "## What a careful reader insists upon"))]
    assert [p.partition(".")[0] for p in points[1:]] == [str(n) for n in range(1, 11)]
