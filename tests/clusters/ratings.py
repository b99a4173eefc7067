"""What the ratings of a workspace say, read without any of the code under test."""

from __future__ import annotations

from matinee.interactions import default_liked_threshold
from matinee.storage.workspace import Workspace

LIKED = default_liked_threshold(1, 5)


def liked_by(workspace: Workspace) -> dict[str, set[str]]:
    """Who likes what, read from the store without any of the code under test."""
    users, items = workspace.store.user_ids(), workspace.store.item_ids()
    ratings = workspace.store.interactions()
    assert ratings.value is not None
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    found: dict[str, set[str]] = {u: set() for u in users}
    for user, item, value in rows:
        if value >= LIKED:
            found[users[user]].add(items[item])
    return found
