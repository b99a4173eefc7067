"""The figures of ranx, which judges search engines: a person is a query, an item a document."""

from __future__ import annotations

from typing import Any

from ranx import Qrels, Run, evaluate

from contestants import lists

NAMES = ("ndcg@10", "precision@10", "recall@20", "map@10", "mrr@10", "hit_rate@10")


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Of people with something to find, which is what its Qrels hold; the others stay NaN."""
    wanted, shown = lists.relevant(data), lists.shown(data)
    judged = [person for person, items in enumerate(wanted) if len(items)]
    relevant = Qrels({f"{p:04d}": dict.fromkeys(map(str, wanted[p]), 1) for p in judged})
    # A list is a score of each item; it sorts by these.
    listed = {
        f"{p:04d}": {str(item): float(-rank) for rank, item in enumerate(shown[p])}
        for p in judged
        if len(shown[p])
    }
    run = Run(listed)
    found = evaluate(relevant, run, list(NAMES), return_mean=False, make_comparable=True)
    return {name: lists.filled(data, judged, values) for name, values in found.items()}
