"""Which clusterings a workspace has: the archives of models that group people or items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matinee import models
from matinee.cluster_answers import Clustering, On
from matinee.errors import NotReady, UnknownModel, Unsupported
from matinee.storage.archive import learned_by
from matinee.storage.workspace import Workspace

KINDS: Mapping[str, On] = {
    "user_clusters": "users",
    "spectral_clusters": "users",
    "item_clusters": "items",
}
"""The models that are clusterings, and what they group."""


def listed(workspace: Workspace) -> list[Clustering]:
    """All clusterings, the newest first."""
    found = [_told(manifest) for manifest in workspace.models() if _is_one(manifest)]
    return sorted(found, key=_moment, reverse=True)


def named(workspace: Workspace, name: str | None = None, on: On | None = None) -> Clustering:
    """The newest clustering with this model's name or this id, grouping `on` if that is said.

    Raises
    ------
    NotReady
        Nothing of the kind has been trained.
    UnknownModel, Unsupported
        There is no such model, or it is none that groups.
    """
    every = listed(workspace)
    fitting = [
        c for c in every if (name is None or name in (c.archive_id, c.model)) and on in (None, c.on)
    ]
    if fitting:
        return fitting[0]
    if name is None or (name in KINDS and on in (None, KINDS[name])):
        wanted = on or (KINDS[name] if name else "users")
        raise NotReady(
            f"No clusters of {'people' if wanted == 'users' else 'titles'} are trained yet; "
            f"make some: matinee clusters fit --on {wanted}."
        )
    known = {m[key] for m in workspace.models() for key in ("id", "model")}
    if name in known or name in KINDS:
        what = "people" if on == "users" else "titles" if on == "items" else "people or titles"
        fit = [kind for kind, groups in KINDS.items() if on in (None, groups)]
        raise Unsupported(f"{name} does not group {what}; name one of {', '.join(fit)}.")
    there = ", ".join(dict.fromkeys(c.model for c in every)) or "none yet"
    raise UnknownModel(f"There must be a clustering {name!r}, but there is {there}.")


def _moment(clustering: Clustering) -> tuple[str, str]:
    # Ids end in the moment of saving, to the microsecond, and something random.
    return clustering.created, "-".join(clustering.archive_id.rsplit("-", 2)[1:])


def _is_one(manifest: dict[str, Any]) -> bool:
    """Whether a manifest is of a clustering that can be read today.

    One that an older matinee saved may lack what is asked of it here; it waits to be trained again.
    """
    if manifest["model"] not in KINDS:
        return False
    return learned_by(models.get(manifest["model"])) <= set(manifest.get("attributes", ()))


def _told(manifest: dict[str, Any]) -> Clustering:
    on, parameters = KINDS[manifest["model"]], manifest["parameters"]
    arrays = manifest["arrays"]
    spectral = manifest["model"] == "spectral_clusters"
    return Clustering(
        manifest["id"],
        manifest["model"],
        on,
        str(parameters.get("features", "both")),
        "spectral" if spectral else str(parameters.get("method", "kmeans")),
        int(arrays["share_" if on == "items" else "size_"]["shape"][0]),
        manifest["created"],
        bool(manifest["active"]),
    )
