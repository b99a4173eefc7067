"""Tables of a board: who leads, all figures, segments, tests, and what it took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matinee.evaluation.records import Board, Entry
from matinee.report import metric_words, page, verdict

_ACCURACY = (
    *("rmse", "mae", "r2", "log_likelihood"),
    *("ndcg", "recall", "recall_capped", "precision", "map", "mrr", "hit_rate", "auc"),
)
_JOINED = "\N{NO-BREAK SPACE}"


def ranks(board: Board) -> page.Table:
    """Models in order, each with its distance from the leader."""
    name = metric_words.name(board.metric)
    tests = verdict.against_leader(board)
    tied = {entry.label for entry in verdict.level_with_leader(board)}
    rows = []
    for entry in board.entries:
        of = verdict.primary(board, entry)
        test = tests.get(entry.model)
        behind = "–" if test is None else verdict.signed(-test.difference)
        luck = "–" if test is None else verdict.chance(test.corrected)[2:].removeprefix("= ")
        # On a phone an interval takes two lines, and no more.
        span = verdict.interval(of).replace(" to", _JOINED + "to")
        luck = luck.replace(" ", _JOINED)
        rows.append((entry.label, verdict.plain(of.mean), span, behind, luck))
    return page.Table(
        f"In order of {name}",
        ("model", name, "95 % interval", "from the leader", "p"),
        rows,
        marked=[place for place, entry in enumerate(board.entries) if entry.label in tied],
    )


def figures(board: Board) -> list[page.Table]:
    """All figures: of accuracy, and of everything else."""
    names = list(dict.fromkeys(m for entry in board.entries for m in entry.figures))
    right = [m for m in names if m.partition("@")[0] in _ACCURACY]
    tables = []
    for caption, metrics in (
        ("Accuracy", right),
        (
            "Beyond accuracy" if board.task == "ranking" else "Intervals of single ratings",
            [m for m in names if m not in right],
        ),
    ):
        if metrics:
            columns = ("model", *(metric_words.name(m) for m in metrics))
            rows = [
                (e.label, *(e.figures[m].mean if m in e.figures else None for m in metrics))
                for e in board.entries
            ]
            tables.append(page.Table(caption, columns, rows))
    return tables


def segments(board: Board) -> list[page.Table]:
    """The primary figure (or the first that is there) in each segment, shaded by what is better."""
    tables = []
    for name in dict.fromkeys(s for entry in board.entries for s in entry.segments):
        with_it = [entry for entry in board.entries if name in entry.segments]
        parts = list(dict.fromkeys(p for entry in with_it for p in entry.segments[name]))
        told = [m for m in _metrics(with_it, name) if m != "counted"]
        if not told:
            continue
        metric = board.metric if board.metric in told else told[0]
        sizes = board.sizes.get(name, {})
        rows = [
            (e.label, *(e.segments[name].get(part, {}).get(metric) for part in parts))
            for e in with_it
        ]
        heads = [f"{part} ({sizes[part]:,})" if part in sizes else part for part in parts]
        tables.append(
            page.Table(
                f"{metric_words.name(metric)} by {name}",
                ("model", *heads),
                rows,
                shades=_by_column(rows, less=board.task == "rating"),
            )
        )
    return tables


def _metrics(entries: Sequence[Entry], segmentation: str) -> list[str]:
    told = (m for e in entries for of in e.segments[segmentation].values() for m in of)
    return list(dict.fromkeys(told))


def _by_column(rows: Sequence[Sequence[object]], *, less: bool = False) -> list[list[float | None]]:
    """How near each number is to the best of its column, 0 to 1; nothing for the first column."""
    columns = [[None] * len(rows)]
    for place in range(1, len(rows[0]) if rows else 1):
        columns.append(_shades([row[place] for row in rows], less=less))  # type: ignore[arg-type]
    return [list(row) for row in zip(*columns, strict=True)]


def _shades(values: Sequence[object], *, less: bool = False) -> list[float | None]:
    known = [v for v in values if isinstance(v, float) and math.isfinite(v)]
    if not known or max(known) == min(known):
        return [None] * len(values)
    low, high = min(known), max(known)
    return [
        None
        if not isinstance(v, float) or not math.isfinite(v)
        else (high - v if less else v - low) / (high - low)
        for v in values
    ]


def alike(board: Board) -> page.Table | None:
    """How much each two models have in common."""
    found: dict[tuple[str, str], float] = {}
    for one in board.disagreements:
        value = one.overlap if board.task == "ranking" else one.correlation
        if value is not None and math.isfinite(value):
            found[one.first, one.second] = found[one.second, one.first] = value
    models = [e.model for e in board.entries if any(e.model in pair for pair in found)]
    if len(models) < 2:
        return None
    rows = [(first, *(found.get((first, second)) for second in models)) for first in models]
    flat = _shades([value for row in rows for value in row[1:]])
    shades = [[None, *flat[i * len(models) : (i + 1) * len(models)]] for i in range(len(models))]
    what = (
        "Share of titles that two first tens have in common"
        if board.task == "ranking"
        else "Correlation of predictions"
    )
    cells = [[row[0], *("–" if v is None else f"{v:.2f}" for v in row[1:])] for row in rows]
    return page.Table(what, ("model", *models), cells, shades=shades)


def contested(board: Board) -> page.Table | None:
    models = [e.model for e in board.entries if any(e.model in c.by_model for c in board.contested)]
    if not models:
        return None
    rows = [[c.by_model.get(model) for model in models] for c in board.contested]
    form = ".0%" if board.task == "ranking" else ".2f"
    cells = [["–" if v is None or math.isnan(v) else f"{v:{form}}" for v in row] for row in rows]
    what = (
        "Share of people who find the title in their first ten"
        if board.task == "ranking"
        else "Mean prediction of the title's test ratings"
    )
    return page.Table(
        what,
        ("title", "ratings", *models),
        [
            [c.title, f"{c.n_ratings:,}", *row]
            for c, row in zip(board.contested, cells, strict=True)
        ],
        shades=[[None, None, *_shades(row)] for row in rows],
    )


def tests(board: Board) -> page.Table | None:
    if not board.versus:
        return None
    name = metric_words.name(board.metric)
    return page.Table(
        f"Every pair by {name}, over {board.versus[0].people:,} people",
        ("first", "second", "difference", "95 % interval", "p", "p, corrected"),
        [
            (
                v.first,
                v.second,
                verdict.signed(v.difference),
                f"{verdict.signed(v.low)} to {verdict.signed(v.high)}",
                f"{v.p_value:.4f}",
                f"{v.corrected:.4f}",
            )
            for v in board.versus
        ],
    )


def repeats(board: Board) -> page.Table | None:
    if len(board.repeats) < 2:
        return None
    return page.Table(
        f"{metric_words.name(board.metric)} of each repeat",
        ("model", *board.repeats),
        [(e.label, *(part.get(board.metric) for part in e.by_repeat)) for e in board.entries],
    )


def costs(board: Board) -> page.Table:
    return page.Table(
        "Time and memory",
        ("model", "fit, s", "all answers, s", "tuning, s", "peak memory, MB"),
        [
            (
                entry.label,
                verdict.cell_of_seconds(entry.fit_seconds),
                verdict.cell_of_seconds(entry.answer_seconds),
                f"{entry.tune_seconds:,.1f}" if entry.trials else "–",
                "–" if entry.peak_bytes is None else f"{entry.peak_bytes / 1e6:,.1f}",
            )
            for entry in board.entries
        ],
    )


def settings(board: Board) -> page.Table:
    return page.Table(
        "What each model was set to",
        ("model", "hyperparameters"),
        [(entry.label, _listed(entry.parameters) or "none") for entry in board.entries],
    )


def trials(board: Board) -> page.Table | None:
    """What was tried of each model, and what that brought on validation ratings."""
    rows = [_tried(entry, less=board.task == "rating") for entry in board.entries if entry.trials]
    if not rows:
        return None
    name = metric_words.name(board.metric)
    return page.Table(
        f"Trials, judged by {name} on validation ratings",
        ("model", "tried", "not done", "default", "best", "best setting of what was searched"),
        rows,
    )


def _tried(entry: Entry, *, less: bool) -> tuple[object, ...]:
    done = [t for t in entry.trials if t.figure is not None and math.isfinite(t.figure)]
    failed: dict[str, int] = {}
    for trial in entry.trials:
        if trial.outcome != "done":
            failed[trial.outcome] = failed.get(trial.outcome, 0) + 1
    said = ", ".join(f"{count} {outcome}" for outcome, count in failed.items())
    default = next((t.figure for t in done if t.number == 0), None)
    if not done:
        return (entry.label, len(entry.trials), said or "–", default, None, "–")
    best = (min if less else max)(done, key=lambda t: t.figure or 0.0)
    setting = _listed(best.parameters) or "the default"
    return (entry.label, len(entry.trials), said or "–", default, best.figure, setting)


def protocol(board: Board) -> page.Table:
    """Each field of the protocol, and of each part where they differ."""
    keys = list(dict.fromkeys(key for part in board.protocols for key in part))
    rows = []
    for key in keys:
        told = list(dict.fromkeys(_plain(part.get(key)) for part in board.protocols))
        rows.append((key, "; ".join(told)))
    return page.Table("The protocol, field by field", ("field", "value"), rows)


def _listed(parameters: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in parameters.items())


def _plain(value: object) -> str:
    if value is None or value in ("", (), []):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
