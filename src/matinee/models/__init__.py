"""The models, one a file: the folder is the registry, and a file's name is its model's name."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from matinee.errors import UnknownModel
from matinee.model import Model


def names() -> list[str]:
    """The names of all models, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def get(name: str) -> type[Model]:
    """The class of the model called `name`: the one `Model` that its file defines."""
    if name not in names():
        raise UnknownModel(f"There is no model {name!r}; there are {', '.join(names())}.")
    module = import_module(f"{__name__}.{name}")
    return next(
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Model) and c.__module__ == module.__name__
    )


def create(name: str, **parameters: Any) -> Model:
    """The model called `name` with these hyperparameters."""
    return get(name)(**parameters)
