"""A data set small enough to reason about, with taste in it, and a workspace made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.interactions import Interactions
from matinee.storage.workspace import Workspace
from matinee.training import train

FILMS = (
    "Fargo (1996)",
    "Big Sleep, The (1946)",
    "Big Night (1996)",
    "Notorious (1946)",
    "Sabrina (1954)",
    "Sabrina (1995)",
)


def small_dataset(low: float = 1, high: float = 5) -> Dataset:
    """30 people, 40 titles: even people like the first half, odd ones the second."""
    rng = np.random.default_rng(7)
    user, item = np.nonzero(rng.random((30, 40)) < 0.5)
    likes = (user % 2 == 0) == (item < 20)
    value = np.where(likes, high, low + 1) - rng.integers(0, 2, len(user))
    titles = [*FILMS, *(f"Picture {i:02d} ({1950 + i})" for i in range(len(FILMS), 40))]
    items = Vocabulary(f"m{i}" for i in range(40))
    users = Vocabulary(f"u{i}" for i in range(30))
    time = 1_000_000 + np.arange(len(user))
    return Dataset(
        name="small",
        interactions=Interactions(user, item, value, time, n_users=30, n_items=40),
        users=users,
        items=items,
        item_table=pa.table(
            {
                "item_id": items.ids,
                "title": titles,
                "year": pa.array([int(t[-5:-1]) for t in titles], pa.int32()),
                "genres": [["Crime", "Drama"] if i < 20 else ["Comedy"] for i in range(40)],
            }
        ),
        user_table=pa.table(
            {
                "user_id": users.ids,
                "age": pa.array([20 + i for i in range(30)], pa.int32()),
                "gender": ["F" if i % 2 else "M" for i in range(30)],
                "occupation": ["writer" if i % 3 else "student" for i in range(30)],
            }
        ),
        scale=(low, high),
    )


def small_workspace(
    path: Path, *, trained: bool = True, scale: tuple[float, float] = (1, 5)
) -> Path:
    """A workspace with the small data set, and every default model if `trained`."""
    with Workspace.open(path, create=True) as workspace:
        workspace.store.add_dataset(small_dataset(*scale))
        if trained:
            train(workspace)
    return path
