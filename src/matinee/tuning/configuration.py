"""A model and its hyperparameters in a TOML file: what tuning writes and training takes.

model = "als"

[parameters]
factors = 64
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matinee import models
from matinee.durable import replaced_file
from matinee.errors import InvalidParameter, UnknownModel
from matinee.model import Model


def write(path: Path, model: Model, said: Sequence[str] = ()) -> None:
    """Write all hyperparameters of `model`, below the lines of `said` as comments."""
    # Numbers, truth values and plain texts look in TOML just as in JSON.
    stated = [f"{name} = {json.dumps(value)}" for name, value in model.parameters.items()]
    lines = [*(f"# {line}" for line in said), f'model = "{model.name}"', "", "[parameters]"]
    with replaced_file(path) as file:
        file.write_text("\n".join([*lines, *stated]) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """The name and the hyperparameters of a model, checked.

    Raises
    ------
    InvalidParameter
        It is not such a file, or a hyperparameter is unknown or out of its bounds.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{path} must be a TOML file: {error}.") from error
    except OSError as error:
        raise InvalidParameter(f"{path} must be a file to read, but {error.strerror}.") from error
    name, parameters = content.pop("model", None), content.pop("parameters", {})
    if not isinstance(name, str) or not isinstance(parameters, dict) or content:
        raise InvalidParameter(
            f'{path} must hold model = "als" (or another) and below [parameters] its '
            "hyperparameters, and nothing else; matinee tune writes such files."
        )
    try:
        models.create(name, **parameters)
    except (UnknownModel, InvalidParameter) as error:
        raise InvalidParameter(f"{path} cannot be used: {error}") from error
    return name, parameters


def chosen(path: Path, names: Sequence[str] | None) -> tuple[list[str], dict[str, Any]]:
    """The model and hyperparameters of a file, where `names` ask for no other model.

    Raises
    ------
    InvalidParameter
    """
    name, parameters = read(path)
    if names and list(names) != [name]:
        raise InvalidParameter(
            f"{path} is for {name}, so MODELS must be {name} or left out, got {' '.join(names)}."
        )
    return [name], parameters
