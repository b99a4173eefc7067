"""Matinee turns a table of ratings into recommendations that can be trusted, explained, served.

Everything that most programs need can be imported from here; it is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "Dataset": "matinee.data",
    "Engine": "matinee.engine",
    "Interactions": "matinee.interactions",
    "MatineeError": "matinee.errors",
    "Profile": "matinee.answers",
    "SideInformation": "matinee.interactions",
    "Workspace": "matinee.storage.workspace",
    "compare": "matinee.evaluation.compare",
    "create": "matinee.models",
    "from_arrays": "matinee.data",
    "from_frame": "matinee.data",
    "import_ratings": "matinee.data",
    "load": "matinee.data",
    "load_model": "matinee.storage.archive",
    "random_split": "matinee.splits",
    "save_model": "matinee.storage.archive",
    "side_information": "matinee.features",
    "time_split": "matinee.splits",
    "train": "matinee.training",
    "user_holdout": "matinee.splits",
}
_AS = {"load_model": "load", "save_model": "save"}

__all__ = [*_WHERE, "__version__"]  # noqa: PLE0604  names are text, put together

if TYPE_CHECKING:
    from matinee.answers import Profile as Profile
    from matinee.data import Dataset as Dataset
    from matinee.data import from_arrays as from_arrays
    from matinee.data import from_frame as from_frame
    from matinee.data import import_ratings as import_ratings
    from matinee.data import load as load
    from matinee.engine import Engine as Engine
    from matinee.errors import MatineeError as MatineeError
    from matinee.evaluation.compare import compare as compare
    from matinee.features import side_information as side_information
    from matinee.interactions import Interactions as Interactions
    from matinee.interactions import SideInformation as SideInformation
    from matinee.models import create as create
    from matinee.splits import random_split as random_split
    from matinee.splits import time_split as time_split
    from matinee.splits import user_holdout as user_holdout
    from matinee.storage.archive import load as load_model  # noqa: F401
    from matinee.storage.archive import save as save_model  # noqa: F401
    from matinee.storage.workspace import Workspace as Workspace
    from matinee.training import train as train


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'matinee' has no attribute {name!r}")
    value = getattr(import_module(_WHERE[name]), _AS.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
