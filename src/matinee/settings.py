"""Every setting, in one table: its name, default and meaning.

A flag on the command line wins over the environment (``MATINEE_`` and the name in capitals),
which wins over ``matinee.toml`` in the working directory (or the file that MATINEE_CONFIG names),
which wins over the default.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from matinee.errors import InvalidParameter, some


class Setting(NamedTuple):
    """One row of the table."""

    default: str
    meaning: str


SETTINGS = {
    "workspace": Setting("matinee-workspace", "folder with the ratings and the trained models"),
    "data": Setting("", "folders with MovieLens sets (zips or unpacked), looked at first"),
    "cache": Setting("", "folder for fetched sets; default: matinee in the user's cache folder"),
    "grouplens": Setting(
        "https://files.grouplens.org/datasets/movielens", "address that sets are fetched from"
    ),
    "host": Setting("127.0.0.1", "address that `serve` binds"),
    "port": Setting("8000", "port that `serve` binds; PORT is honoured too"),
    "key": Setting("", "key that writes need; default: the workspace's own"),
    "log_level": Setting("warning", "debug, info, warning or error"),
}


def environment_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"MATINEE_{name.upper()}"


def get(name: str) -> str:
    """The value of a setting as the environment, the file or the default has it."""
    stated = os.environ.get(environment_name(name))
    return stated if stated else _file(_path()).get(name, SETTINGS[name].default)


def _path() -> Path:
    return Path(os.environ.get("MATINEE_CONFIG", "matinee.toml")).absolute()


@cache
def _file(path: Path) -> dict[str, str]:
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{path} must be a TOML file: {error}.") from error
    unknown = sorted(set(stated) - set(SETTINGS))
    if unknown:
        raise InvalidParameter(
            f"{path} may set {', '.join(SETTINGS)}; it sets {some(unknown)}, which mean nothing."
        )
    return {name: str(value) for name, value in stated.items()}
