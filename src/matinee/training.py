"""Training in a workspace: judge on held-out ratings, fit on all of them, save, activate."""

from __future__ import annotations

import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from matinee import memory, models
from matinee.cards import making, words
from matinee.data import load
from matinee.data.movielens import sets
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.evaluation import origins
from matinee.evaluation.compare import Evaluation, evaluate, quality
from matinee.evaluation.origins import Origin
from matinee.evaluation.protocols import parts
from matinee.features import known_tags, side_information
from matinee.interactions import Interactions, SideInformation, default_liked_threshold
from matinee.model import Model
from matinee.people_clusters import PeopleClusters
from matinee.progress import Progress, silent
from matinee.splits import Split
from matinee.storage import lineage
from matinee.storage.store import Store
from matinee.storage.workspace import Workspace

DEFAULT_MODELS = (
    "popularity",
    "biases",
    "als",
    "mle",
    "item_clusters",
    "user_clusters",
    "ials",
    "three_ways",
)


@dataclass(frozen=True)
class Trained:
    """A model that was trained, judged and saved."""

    archive_id: str
    name: str
    task: str
    evaluation: Evaluation | None
    """None where there were too few ratings to hold any out."""
    seconds: float


def import_once(
    workspace: Workspace, source: str, progress: Progress = silent, *, mix: bool = False
) -> None:
    """Import a MovieLens or merged set that the workspace does not hold yet, or a file anew."""
    published = source in sets.SETS and source in workspace.store.sources()
    if published or lineage.holds(workspace.store, source):
        return
    check_source(workspace, source, mix=mix)
    stated = {} if source in sets.SETS else {"scale": workspace.store.stated_scale()}
    is_table = Path(source).is_file() and not zipfile.is_zipfile(source)
    dataset = load(source, progress=progress, **(stated if is_table else {}))
    workspace.store.add_dataset(dataset, progress)


def check_source(workspace: Workspace, source: str, *, mix: bool = False) -> None:
    """Refuse to pour a MovieLens set and other ratings into one workspace, unless `mix`.

    Their ids look alike and mean other people and films, so nobody would notice.

    Raises
    ------
    InvalidInput
    """
    others = [held for held in workspace.store.sources() if held != source]
    published = [name for name in (source, *others) if name in sets.SETS]
    if published and others and not mix:
        raise InvalidInput(
            f"A workspace must hold ratings whose ids mean the same: {workspace.path} holds "
            f"{some(others)}, got {source} to add. Name another workspace by -w, or say --mix if "
            "the ids do mean the same people and items."
        )


def train(
    workspace: Workspace,
    names: Sequence[str] = DEFAULT_MODELS,
    *,
    parameters: dict[str, Any] | None = None,
    chosen_by: Mapping[str, str] | None = None,
    origin: Origin | None = None,
    progress: Progress = silent,
) -> list[Trained]:
    """Train models on all ratings of a workspace and activate the best of each task.

    Each model is first judged on held-out ratings (a tenth at random for rating models; a fifth
    of what each person liked for ranking models) and then fitted on everything. Of each task the
    one with the best first figure becomes active; a model active so far competes, unless it was
    trained anew on other ratings than before.

    Parameters
    ----------
    names
        Of models; InvalidInput before anything is fitted if one cannot be.
    parameters
        Hyperparameters that differ from the defaults, for those models that have them.
    chosen_by
        Where each of these comes from, such as "--set": it stands in the model's card.
    origin
        The search that chose them, if one did.
    """
    by = {**dict.fromkeys(parameters or {}, "stated"), **(chosen_by or {})}
    chosen = [_created(name, parameters or {}) for name in dict.fromkeys(names)]
    store = workspace.store
    ratings = store.interactions(progress)
    if not len(ratings):
        raise InvalidInput(
            f"Training needs ratings, and {workspace.path} has none; import some first: "
            "matinee data import ratings.csv, or matinee train --data ml-100k."
        )
    if ratings.value is None:
        chosen = _rankers_only(chosen)
    liked = float(store.setting("liked_threshold") or default_liked_threshold(*ratings.scale))
    if any(model.task == "ranking" for model in chosen):
        _check_likes(workspace, ratings, liked)
    sentences = any(model.parameters.get("sentence", 0) > 0 for model in chosen)
    tags = store.tags()
    side = _side(store, tags, sentences)
    made_from = lineage.of_training(store, ratings, side)
    splits = {task: _held_out(ratings, task, liked) for task in {m.task for m in chosen}}
    sides = {
        task: _side_of_judged(store, split, side, tags, sentences)
        for task, split in splits.items()
        if split is not None
    }
    results: dict[str, Trained] = {}
    # Baselines first: the cards of the others say how far above them they are.
    for done, model in enumerate(sorted(chosen, key=lambda m: not m.baseline)):
        progress("training", done, len(chosen))
        split = splits[model.task]
        evaluation = None
        if split is not None:
            evaluation = evaluate(model, split, sides[model.task], progress=progress)
        learned = ratings if model.task == "rating" else ratings.liked(liked)
        with memory.peak() as held:
            start = time.perf_counter()
            model.fit(learned, side, progress=progress)
            seconds = time.perf_counter() - start
        judged = None
        if split is not None and evaluation is not None:
            chosen_on = (
                None if origin is None else origins.check(origin, ratings, split, store.sources())
            )
            beside = _beside(workspace, model, evaluation)
            judged = making.judged_of(evaluation, split, beside=beside, chosen=chosen_on)
        card = making.made(
            model,
            making.data_of(ratings, learned, side, liked=liked, specs=made_from),
            judged,
            making.cost_of(seconds, held),
            side,
            by=by,
            origin=origin,
            unjudged="there were too few ratings to hold any out",
        )
        details = _details(workspace, model, ratings, liked, side, evaluation, seconds)
        details |= {"specs": made_from.as_dict(), "card": card.as_dict()}
        archive_id = workspace.save_model(model, details, card=words.as_text(card))
        if isinstance(model, PeopleClusters):
            workspace.keep_members(archive_id, model.members_, liked)
        results[model.name] = Trained(archive_id, model.name, model.task, evaluation, seconds)
    progress("training", len(chosen), len(chosen))
    trained = [results[model.name] for model in chosen]
    _activate_best(workspace, trained)
    return trained


def _held_out(ratings: Interactions, task: str, liked: float) -> Split | None:
    """What models of a task are judged by; None where there are too few ratings to hold any out:
    they are fitted then, and nothing is claimed of them."""
    try:
        split = parts("random", ratings, task, liked=liked)[0]
    except InvalidInput:
        return None
    # A file has its rows in another order, and the same seed draws others of them.
    return replace(split, protocol=replace(split.protocol, note="rows by user and item"))


def _side(store: Store, tags: pa.Table, sentences: bool) -> SideInformation:
    return side_information(store.items(), store.users(), tags, store.genome(), sentences=sentences)


def _side_of_judged(
    store: Store, split: Split, side: SideInformation, tags: pa.Table, sentences: bool
) -> SideInformation:
    """`side`, made with all `tags`, without those that tell of test ratings."""
    if not len(tags):
        return side
    ids = (store.users().column("user_id"), store.items().column("item_id"))
    known = known_tags(tags, split, *(column.to_pylist() for column in ids))
    return side if len(known) == len(tags) else _side(store, known, sentences)


def _beside(
    workspace: Workspace, model: Model, evaluation: Evaluation
) -> dict[str, dict[str, float]]:
    """Figures of the baselines of a model's task on the very same held-out ratings."""
    protocol, version = str(evaluation.protocol), workspace.store.version()
    found: dict[str, dict[str, float]] = {}
    for name in models.names():
        kind = models.get(name)
        if not kind.baseline or kind.task != model.task or name == model.name:
            continue
        for told in workspace.newest(name, 1):
            details = told.get("details", {})
            if (details.get("store_version"), details.get("protocol")) == (version, protocol):
                found[name] = details["figures"]
    return found


def _created(name: str, parameters: dict[str, Any]) -> Model:
    kind = models.get(name)
    if kind.transductive:
        raise InvalidParameter(
            f"{name} learns from which ratings will be asked for, which nobody knows who serves; "
            "it may be compared, and not trained."
        )
    return kind(**{k: v for k, v in parameters.items() if k in kind.hyperparameters})


def _check_likes(workspace: Workspace, ratings: Interactions, liked: float) -> None:
    if ratings.value is not None and not (ratings.value >= liked).any():
        raise InvalidInput(
            f"Ranking models learn from what people like, and in {workspace.path} nobody rated "
            f"anything {liked:g} or higher; import ratings that do, or state the scale that these "
            "are on: matinee data import ratings.csv --scale LOW:HIGH."
        )


def _rankers_only(chosen: list[Model]) -> list[Model]:
    rankers = [m for m in chosen if m.task == "ranking"]
    if not rankers:
        raise InvalidInput(
            "Implicit feedback has no ratings to predict: train a ranking model such as "
            f"popularity or user_clusters, not {', '.join(m.name for m in chosen)}."
        )
    return rankers


def _details(
    workspace: Workspace,
    model: Model,
    ratings: Interactions,
    liked: float,
    side: SideInformation,
    evaluation: Evaluation | None,
    seconds: float,
) -> dict[str, Any]:
    return {
        "task": model.task,
        "store": workspace.store.id,
        "store_version": workspace.store.version(),
        "users": ratings.n_users,
        "items": ratings.n_items,
        "ratings": len(ratings),
        "liked_threshold": liked,
        "user_feature_names": list(side.user_feature_names),
        "seconds": round(seconds, 3),
        "protocol": None if evaluation is None else str(evaluation.protocol),
        # Ratings that are all equal have no r2; JSON knows no NaN.
        "figures": {
            name: value
            for name, value in ({} if evaluation is None else evaluation.figures).items()
            if math.isfinite(value)
        },
        "calibration": evaluation.calibration.as_dict()
        if evaluation is not None and evaluation.calibration is not None
        else None,
    }


def _activate_best(workspace: Workspace, trained: list[Trained]) -> None:
    saved = {m["id"]: m for m in workspace.models() if "error" not in m}
    for task in {t.task for t in trained}:
        candidates = [t.archive_id for t in trained if t.task == task]
        active = saved.get(workspace.active(task) or "")
        anew = active is not None and active["model"] in {saved[i]["model"] for i in candidates}
        same_ratings = active is not None and all(
            saved[i]["details"]["store_version"] == active["details"].get("store_version")
            for i in candidates
        )
        if active is not None and (same_ratings or not anew):
            candidates.append(active["id"])
        workspace.activate(
            max(candidates, key=lambda i: quality(task, saved[i]["details"]["figures"]))
        )


def parsed(stated: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Hyperparameters from texts like "factors=64", in the types that these models declare."""
    declared = {k: p for name in names for k, p in models.get(name).hyperparameters.items()}
    values: dict[str, Any] = {}
    for text in stated:
        name, _, value = text.partition("=")
        if name not in declared:
            raise InvalidParameter(
                f"There must be a hyperparameter {name!r} of {' or '.join(names)}, but there is "
                f"{', '.join(sorted(declared)) or 'none at all'}."
            )
        kind = type(declared[name].default)
        try:
            values[name] = kind(value)
        except ValueError as error:
            raise InvalidParameter(
                f"`{name}` must be of type {kind.__name__}, got {value!r}."
            ) from error
    return values
