"""What was judged is kept under a fingerprint of all that it depends on, and not judged again."""

from __future__ import annotations

import hashlib
import io
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

import matinee
from matinee.durable import replaced_file
from matinee.evaluation.metrics import Float64
from matinee.evaluation.records import OnCurve
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation

_COMPUTING = ("numpy", "scipy", "numba", "scikit-learn")
_TOLD = "told"
_CHECKSUM = 32
"""Bytes of the SHA-256 that a kept file begins with."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One fitted model on one split: its figures, and what is needed to pair it with another's.

    Attributes
    ----------
    figures, segments, counted
        See `evaluation.compare.Evaluation`.
    sizes
        People, or test ratings, of each segment.
    people : (people,) int64
        Users with test items or ratings.
    own : metric -> (people,) float64
        Each person's figure, NaN where there is none. Of ratings: sums over the person's, of
        squared errors for "rmse" and of absolute ones for "mae".
    ratings : (people,) float64, or None
        How many ratings the sums of `own` are over; None where it holds figures.
    lists : (people, 10) int32, or None
        What was recommended, best first.
    predicted : (test rows,) float32, or None
    """

    figures: dict[str, float]
    segments: dict[str, dict[str, dict[str, float]]]
    sizes: dict[str, dict[str, int]]
    counted: int
    fit_seconds: float
    answer_seconds: float
    peak_bytes: int | None
    people: Int64
    own: dict[str, Float64]
    ratings: Float64 | None = None
    lists: Int32 | None = None
    predicted: Float32 | None = None
    curve: list[OnCurve] = field(default_factory=list)


_ARRAYS = ("people", "ratings", "lists", "predicted")
_OWN = "own:"


def write(file: Path, judged: Judged) -> None:
    """Keep what was judged; after this no crash can lose it."""
    told = {
        name: getattr(judged, name)
        for name in Judged.__dataclass_fields__
        if name not in (*_ARRAYS, "own")
    }
    arrays = {name: getattr(judged, name) for name in _ARRAYS}
    arrays |= {_OWN + metric: of for metric, of in judged.own.items()}
    arrays[_TOLD] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    packed = io.BytesIO()
    np.savez(packed, **{name: array for name, array in arrays.items() if array is not None})
    content = packed.getbuffer()
    with replaced_file(file) as begun, begun.open("wb") as out:
        # The archive has checksums of arrays, and none of their names.
        out.write(hashlib.sha256(content).digest())
        out.write(content)


def read(file: Path) -> Judged | None:
    """What was kept; None where nothing is, or not just what was written."""
    try:
        content = file.read_bytes()
    except OSError:
        # Whatever it is, it is only a saving of time.
        return None
    checksum, packed = content[:_CHECKSUM], memoryview(content)[_CHECKSUM:]
    if hashlib.sha256(packed).digest() != checksum:
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        told = json.loads(arrays[_TOLD].tobytes())
        found = {name: arrays[name] for name in _ARRAYS if name in arrays}
        own = [name for name in arrays.files if name.startswith(_OWN)]
        told["own"] = {name.removeprefix(_OWN): arrays[name] for name in own}
        told["curve"] = [OnCurve(*point) for point in told["curve"]]
        return Judged(**told, **found)


# ---- fingerprints -------------------------------------------------------------------------


def digest(*parts: object) -> str:
    """SHA-256 of texts, numbers and fingerprints, by their `repr`."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def of_ratings(ratings: Interactions) -> str:
    """Fingerprint of ratings in their order."""
    columns = (ratings.user_index, ratings.item_index, ratings.value, ratings.time)
    return _of_arrays((ratings.n_users, ratings.n_items), columns)


def of_side(side: SideInformation) -> str:
    """Fingerprint of all that is known besides ratings."""
    names, arrays = [], []
    for name, value in vars(side).items():
        if isinstance(value, csr_array):
            arrays += [value.indptr, value.indices, value.data]
        elif isinstance(value, np.ndarray):
            arrays.append(value)
        names.append((name, value if isinstance(value, tuple) else value is None))
    return _of_arrays(names, arrays)


def of_array(array: npt.NDArray[Any]) -> str:
    """Fingerprint of one array."""
    return _of_arrays(None, [array])


def _of_arrays(said: object, arrays: Iterable[npt.NDArray[Any] | None]) -> str:
    found = hashlib.sha256(repr(said).encode())
    for array in arrays:
        found.update(b"-" if array is None else repr((array.dtype, array.shape)).encode())
        if array is not None:
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Of matinee, its source ("code"), Python, and the libraries that compute."""
    source = hashlib.sha256()
    folder = Path(matinee.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        source.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return {
        "matinee": matinee.__version__,
        "code": source.hexdigest()[:16],
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _COMPUTING},
    }
