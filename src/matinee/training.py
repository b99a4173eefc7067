"""Training in a workspace: judge on held-out ratings, fit on all of them, save, activate."""

from __future__ import annotations

import logging
import math
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matinee import models
from matinee.data import load
from matinee.data.movielens import sets
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.evaluation.compare import Evaluation, compare, evaluate, quality
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation, default_liked_threshold
from matinee.model import Model
from matinee.models.regressors import Regressors
from matinee.people_clusters import PeopleClusters
from matinee.progress import Progress, silent
from matinee.splits import Split, random_split, time_split, user_holdout
from matinee.storage import lineage
from matinee.storage.workspace import Workspace

_log = logging.getLogger(__name__)

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


def held_out(ratings: Interactions, task: str, liked: float, seed: int = 42) -> Split:
    """The split by which models of a task are judged: random ratings, or liked items a person."""
    if task == "rating":
        return random_split(ratings, 0.1, seed)
    return user_holdout(ratings, 0.2, seed, liked=liked)


def held_out_by_time(ratings: Interactions, task: str, liked: float) -> Split:
    """One cut in time for everybody, the last tenth of the ratings held out."""
    split = time_split(ratings, 0.1)
    if task == "rating":
        return split
    return Split(split.train.liked(liked), split.test.liked(liked), split.protocol)


def _created_for(way: str, name: str) -> Model:
    """A model with its defaults; by time its features know the past only."""
    past = way == "time" and models.get(name) is Regressors
    return models.create(name, features="past") if past else models.create(name)


_WAYS = {"random": held_out, "time": held_out_by_time}


def leaderboard(
    ratings: Interactions,
    side: SideInformation,
    names: Sequence[str] = DEFAULT_MODELS,
    *,
    liked: float | None = None,
    split: str | None = None,
    progress: Progress = silent,
) -> list[Evaluation]:
    """Every model on held-out ratings, by a random split and, where times are known, by time.

    Models of a task are judged by the same split and listed best first; nothing is tuned here.

    Parameters
    ----------
    split
        "random" or "time", for one of the two only.
    """
    if split not in (None, *_WAYS):
        raise InvalidParameter(f"`split` must be {' or '.join(_WAYS)}, got {split!r}.")
    liked = default_liked_threshold(*ratings.scale) if liked is None else liked
    results: list[Evaluation] = []
    failed: InvalidInput | None = None
    for task in ("rating", "ranking"):
        chosen = [name for name in names if models.get(name).task == task]
        if not chosen or (task == "rating" and ratings.value is None):
            continue
        default = ["random"] if ratings.time is None else list(_WAYS)
        for way in [split] if split else default:
            try:
                parts = _WAYS[way](ratings, task, liked)
            except InvalidInput as error:
                # Too little to hold out this way is no reason to lose what the others show.
                failed = error
                _log.warning("No %s models by this split: %s", task, error)
                continue
            fitting = [_created_for(way, name) for name in chosen]
            results += compare(fitting, parts, side, progress=progress)
    if not results and failed is not None:
        raise failed
    return results


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
    """
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
    side = side_information(
        store.items(),
        store.users(),
        store.tags(),
        store.genome(),
        sentences=any(model.parameters.get("sentence", 0) > 0 for model in chosen),
    )
    made_from = lineage.of_training(store, ratings, side).as_dict()
    results = []
    for done, model in enumerate(chosen):
        progress("training", done, len(chosen))
        start = time.perf_counter()
        evaluation = _judged(model, ratings, liked, side, progress)
        learned = ratings if model.task == "rating" else ratings.liked(liked)
        model.fit(learned, side, progress=progress)
        seconds = time.perf_counter() - start
        details = _details(workspace, model, ratings, liked, side, evaluation, seconds)
        details["specs"] = made_from
        archive_id = workspace.save_model(model, details)
        if isinstance(model, PeopleClusters):
            workspace.keep_members(archive_id, model.members_, liked)
        results.append(Trained(archive_id, model.name, model.task, evaluation, seconds))
    progress("training", len(chosen), len(chosen))
    _activate_best(workspace, results)
    return results


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


def _judged(
    model: Model,
    ratings: Interactions,
    liked: float,
    side: SideInformation,
    progress: Progress,
) -> Evaluation | None:
    try:
        split = held_out(ratings, model.task, liked)
    except InvalidInput:
        # Too few ratings to hold any out: the model is fitted, and nothing is claimed of it.
        return None
    return evaluate(model, split, side, progress=progress)


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


def for_comparison(names: Sequence[str] | None, task: str | None) -> list[str]:
    """The models to compare: those named or all of a task, and always its baselines.

    A transductive model is there only if it is named.
    """
    if task not in (None, "rating", "ranking"):
        raise InvalidParameter(f"`task` must be rating or ranking, got {task!r}.")
    honest = (n for n in models.names() if not models.get(n).transductive)
    chosen = [models.get(n.strip()) for n in (honest if names is None else names)]
    kept = [m.name for m in chosen if task in (None, m.task)]
    if not kept:
        raise InvalidParameter(f"None of {', '.join(names or ())} is a model for {task}.")
    tasks = {models.get(n).task for n in kept}
    every = [models.get(n) for n in models.names()]
    baselines = [m.name for m in every if m.baseline and m.task in tasks]
    return list(dict.fromkeys([*baselines, *kept]))
