"""Where tuning keeps its trials: an optuna study in a SQLite file."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, Unsupported
from matinee.hyperparameters import Space
from matinee.interactions import SideInformation
from matinee.splits import Split

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes
    ----------
    number
        From 0, the default setting.
    outcome
        "done"; "stopped" half or three quarters through its epochs, when three of four trials that
        were done before stood better there; "diverged"; "refused" by the model.
    figure
        The primary figure of the task on validation ratings; None unless done.
    parameters
        Those that were searched.
    """

    number: int
    outcome: Literal["done", "stopped", "diverged", "refused"]
    figure: float | None
    parameters: dict[str, Any]
    seconds: float


def check_optuna() -> None:
    """Raise Unsupported, with what to do, where optuna is missing."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise Unsupported(
            "Tuning needs optuna, which is not installed; install it: pip install 'matinee[tune]'"
        ) from error


@contextmanager
def opened(file: Path, name: str, made_of: str, *, minimize: bool) -> Iterator[Study]:
    """The study in `file`, made if it is not there.

    Parameters
    ----------
    made_of
        What the trials depend on, see `fingerprint`.

    Raises
    ------
    InvalidInput
        The file is no study, or its trials are of something else.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = sa.URL.create("sqlite", database=str(file))
    unreadable = InvalidInput(
        f"{file} must be a study that matinee tune has made, but it cannot be read; move it away, "
        "or name another workspace."
    )
    try:
        # Asked first by a connection that is closed: optuna leaves its own open where it fails.
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version").fetchall()
        storage = optuna.storages.RDBStorage(address.render_as_string())
    except (sqlite3.DatabaseError, sa.exc.DatabaseError, RuntimeError) as error:
        raise unreadable from error
    try:
        study = optuna.create_study(
            storage=storage,
            pruner=optuna.pruners.PercentilePruner(75.0, n_startup_trials=5),
            study_name=name,
            direction="minimize" if minimize else "maximize",
            load_if_exists=True,
        )
        if study.user_attrs.get("made of", made_of) != made_of:
            raise InvalidInput(
                f"{file} holds trials of other ratings, or of another matinee; move it away to "
                "begin anew, or name another workspace."
            )
        study.set_user_attr("made of", made_of)
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def fingerprint(name: str, space: object, split: Split, side: SideInformation, seed: int) -> str:
    """SHA-256 of all that makes trials comparable: the model, its space, all that it may learn
    from or be judged by, the seed."""
    digest = hashlib.sha256(repr((name, space, split.protocol, seed)).encode())
    for part in (split.train, split.test, split.given):
        if part is not None:
            for column in (part.user_index, part.item_index, part.value, part.time):
                _add(digest, column)
    for value in vars(side).values():
        if isinstance(value, csr_array):
            for array in (value.indptr, value.indices, value.data):
                _add(digest, array)
        elif isinstance(value, np.ndarray):
            _add(digest, value)
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, column: npt.NDArray[Any] | None) -> None:
    """A column, told from none and from one of another length."""
    digest.update(b"-" if column is None else repr((column.dtype, column.shape)).encode())
    if column is not None:
        digest.update(np.ascontiguousarray(column).tobytes())


def distribution(space: Space) -> BaseDistribution:
    """The values of a hyperparameter in optuna's words."""
    from optuna import distributions

    if space.kind == "choice":
        return distributions.CategoricalDistribution(space.choices)
    if space.kind == "int":
        return distributions.IntDistribution(int(space.low), int(space.high), log=space.log)
    return distributions.FloatDistribution(space.low, space.high, log=space.log)


def finished(study: Study) -> list[FrozenTrial]:
    """The trials that came to an end, in their order; not those that were broken off."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def give_up_broken(study: Study) -> None:
    """Trials in which a process was killed stay "running"; call under `alone`."""
    from optuna.trial import TrialState

    for broken in study.get_trials(states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(broken.number, state=TrialState.FAIL)


def trial_of(number: int, frozen: FrozenTrial) -> Trial:
    """A finished trial as it is told."""
    told = frozen.user_attrs
    figure = frozen.value if told["outcome"] == "done" else None
    return Trial(number, told["outcome"], figure, frozen.params, told["seconds"])
