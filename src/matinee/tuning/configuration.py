"""A model and its hyperparameters in a TOML file: what tuning writes and training takes.

Below [origin] stands which ratings the search has looked at, so that nobody takes figures on these
for figures on ratings that nothing has seen.

model = "als"

[parameters]
factors = 64

[origin]
study = "als-ml-100k-42.sqlite"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matinee import models
from matinee.durable import replaced_file
from matinee.errors import InvalidParameter, UnknownModel
from matinee.evaluation.origins import Origin
from matinee.model import Model


class Settings(NamedTuple):
    """What such a file says."""

    model: str
    parameters: dict[str, Any]
    origin: Origin | None
    """None where nobody says how they were chosen."""


def write(path: Path, model: Model, said: Sequence[str] = (), origin: Origin | None = None) -> None:
    """Write all hyperparameters of `model`, below the lines of `said` as comments."""
    lines = [*(f"# {line}" for line in said), f'model = "{model.name}"']
    lines += _table("parameters", model.parameters)
    if origin is not None:
        stated = origin.as_dict()
        protocol = stated.pop("protocol")
        del protocol["text"]
        lines += [*_table("origin", stated), *_table("origin.protocol", protocol)]
    with replaced_file(path) as file:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    # Numbers, truth values, plain texts and lists of these look in TOML just as in JSON.
    stated = ((key, value) for key, value in values.items() if value is not None)
    rows = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in stated]
    return ["", f"[{name}]", *rows]


def read(path: Path) -> Settings:
    """The model and its hyperparameters, checked, and where they come from.

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
    stated = content.pop("origin", None)
    if not isinstance(name, str) or not isinstance(parameters, dict) or content:
        raise InvalidParameter(
            f'{path} must hold model = "als" (or another), below [parameters] its hyperparameters '
            "and, if known, below [origin] how they were chosen, and nothing else; matinee tune "
            "writes such files."
        )
    try:
        models.create(name, **parameters)
        origin = None if stated is None else Origin.of(stated)
    except (UnknownModel, InvalidParameter) as error:
        raise InvalidParameter(f"{path} cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidParameter(
            f"{path} must say below [origin] what matinee tune says there, or have none, but it "
            f"cannot be read ({error}); tune again, or take the part out."
        ) from error
    return Settings(name, parameters, origin)


def chosen(path: Path, names: Sequence[str] | None) -> Settings:
    """What a file says, where `names` ask for no other model.

    Raises
    ------
    InvalidParameter
    """
    found = read(path)
    if names and list(names) != [found.model]:
        raise InvalidParameter(
            f"{path} is for {found.model}, so MODELS must be {found.model} or left out, got "
            f"{' '.join(names)}."
        )
    return found
