"""A model on disk: a folder with ``manifest.json`` and ``arrays.npz``, and no code in either.

The manifest holds what the model is, the name, shape and dtype of every array, the SHA-256 of
``arrays.npz``, and a SHA-256 of itself; it is accepted only in the very bytes in which it was
written. Nothing is unpickled, nothing is unpacked before its checksum fits, and no array is made
before its size is known to be that of the file, so a stranger's archive can neither run code nor
fill the memory.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

import matinee
from matinee import members, models
from matinee.durable import new_folder
from matinee.errors import (
    ArchiveError,
    CorruptArchive,
    InvalidInput,
    InvalidParameter,
    NewerArchive,
    UnknownModel,
    some,
)
from matinee.model import Model

FORMAT = 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.npz"
CARD = "card.md"
PEOPLE = frozenset({"people_", "seen_", "members_"})
"""What a model holds of the people it learned from; left out when ``people=False``."""

_MAX_MANIFEST = 64 << 20
_KINDS = "biufU"
# NumPy's own reader evaluates the header; what is written here has this one form.
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|][a-zA-Z]\d+)', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[\d, ]*)\), \} *\n"
)
_SAME = "same as "
_CSR_PARTS = ("data", "indices", "indptr", "shape")

Array = npt.NDArray[Any]
Content = tuple[dict[str, Any], dict[str, Array]]
"""A manifest and its arrays."""

UPGRADES: dict[int, Callable[[dict[str, Any], dict[str, Array]], Content]] = {}
"""From format f to f + 1. A new format adds one entry and raises `FORMAT`; "format", "arrays",
"arrays_sha256" and the manifest's own checksum keep their places in every format."""


def save(
    model: Model,
    path: str | Path,
    *,
    people: bool = True,
    details: dict[str, Any] | None = None,
    card: str | None = None,
) -> None:
    """Write a fitted model as a new folder.

    Parameters
    ----------
    model
        Fitted. Every attribute whose name ends in ``_`` is kept, bit by bit.
    path
        The folder to make. It appears whole or not at all, and survives a power cut.
    people
        Keep the rows of the people of the training data. Without them the model serves by
        folding histories in, and the archive holds nobody's data.
    details
        JSON of your own to keep in the manifest: data, protocol, figures.
    card
        The model's card as text, for people: the file ``card.md`` beside the others. No matinee
        reads it, so it stands under no checksum; what it says is in `details` as well.

    Raises
    ------
    InvalidInput
        `path` exists, `details` is not JSON, or an attribute is of a kind that has no place in
        an archive.
    NotReady
        The model is not fitted.
    DiskFull
    """
    _ = model.n_items  # raises NotReady
    arrays: dict[str, Array] = {}
    kinds: dict[str, str] = {}
    for name, value in sorted(vars(model).items()):
        if name.endswith("_") and (people or name not in PEOPLE):
            twin = next((other for other in kinds if getattr(model, other) is value), None)
            # Histories that are a model's state too are written once.
            shared = twin is not None and kinds[twin] == "csr"
            kinds[name] = f"{_SAME}{twin}" if shared else _pack(name, value, arrays)
    with new_folder(Path(path)) as folder:
        with (folder / ARRAYS).open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        with (folder / ARRAYS).open("rb") as file:
            digest = _digest(file)
        content = {
            "format": FORMAT,
            "matinee": matinee.__version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "model": model.name,
            "task": model.task,
            "parameters": model.parameters,
            "people": people,
            "details": _plain_json(details or {}),
            "attributes": kinds,
            "arrays": {
                n: {"shape": list(a.shape), "dtype": a.dtype.str} for n, a in arrays.items()
            },
            "arrays_sha256": digest,
        }
        (folder / MANIFEST).write_bytes(_rendered(content))
        if card is not None:
            (folder / CARD).write_text(card, encoding="utf-8")


def load(path: str | Path) -> Model:
    """Read a model back: bit for bit what was saved.

    Raises
    ------
    CorruptArchive
        Something is missing, or any byte differs from what was written.
    NewerArchive
        Written in a format that only a newer matinee knows.
    ArchiveError
        The model's name or hyperparameters are unknown here, or the model learns more here than
        was saved.
    """
    folder = Path(path)
    content = manifest(folder)
    arrays = _read_arrays(folder, content)
    content, arrays = _upgraded(folder, content, arrays)
    try:
        model = models.create(content["model"], **content["parameters"])
        for name, kind in sorted(content["attributes"].items()):
            if not (name.isidentifier() and name.endswith("_") and not name.startswith("_")):
                raise ValueError(f"no model can have learned {name!r}")
            twin = kind.removeprefix(_SAME)
            same = twin != kind
            setattr(model, name, vars(model)[twin] if same else _unpacked(name, kind, arrays))
    except (UnknownModel, InvalidParameter) as error:
        raise ArchiveError(f"{folder} cannot be used by this matinee: {error}") from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise CorruptArchive(f"{folder} does not hold what an archive must: {error}.") from error
    _check_learned(folder, content, model)
    return model


def manifest(path: str | Path) -> dict[str, Any]:
    """The manifest of an archive, checked against its own checksum; the arrays are not read.

    Raises
    ------
    CorruptArchive, NewerArchive
    """
    folder = Path(path)
    try:
        with (folder / MANIFEST).open("rb") as file:
            raw = file.read(_MAX_MANIFEST + 1)
    except OSError as error:
        raise CorruptArchive(
            f"{folder} must be a folder with {MANIFEST} and {ARRAYS}, but {error.strerror}; "
            "train or copy the model again."
        ) from error
    try:
        content = json.loads(raw)
        claimed = content.pop("sha256")
        whole = len(raw) <= _MAX_MANIFEST and raw == _rendered(content)
        newest = int(content["format"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _changed(folder / MANIFEST) from None
    if not whole:
        raise _changed(folder / MANIFEST)
    if newest > FORMAT:
        raise NewerArchive(
            f"{folder} is of format {newest} (matinee {content.get('matinee')}), this matinee "
            f"{matinee.__version__} reads up to {FORMAT}; install a newer matinee."
        )
    return {**content, "sha256": claimed}


# ---- manifest ---------------------------------------------------------------------------


def _rendered(content: dict[str, Any]) -> bytes:
    """The only bytes in which this content is accepted; the checksum of itself stands within."""

    def text(of: dict[str, Any]) -> bytes:
        return (json.dumps(of, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()

    return text({**content, "sha256": hashlib.sha256(text(content)).hexdigest()})


def _plain_json(details: dict[str, Any]) -> dict[str, Any]:
    try:
        # There and back, so that what is rendered now is what will be rendered when read.
        plain: dict[str, Any] = json.loads(json.dumps(details, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"`details` must be plain JSON with finite numbers: {error}.") from error
    return plain


def _upgraded(folder: Path, content: dict[str, Any], arrays: dict[str, Array]) -> Content:
    for step in range(content["format"], FORMAT):
        if step not in UPGRADES:
            raise ArchiveError(f"{folder} is of format {step}, which is no longer read.")
        content, arrays = UPGRADES[step](content, arrays)
    return content, arrays


def learned_by(kind: type[Model]) -> set[str]:
    """What a model of this class learns today, without what it holds of people."""
    declared = {n for base in kind.__mro__ for n in inspect.get_annotations(base)}
    return {n for n in declared if n.endswith("_") and not n.startswith("_")} - PEOPLE


def _check_learned(folder: Path, content: dict[str, Any], model: Model) -> None:
    """Refuse a model that lacks what its class, or a member's, has come to learn since it was
    saved, or holds it in other shapes."""
    missing, misshapen = _misfits(model)
    if missing or misshapen:
        what = f"has no {some(missing)}" if missing else f"has {some(misshapen)}"
        raise ArchiveError(
            f"{folder} must hold what {model.name} learns today, but it was saved by matinee "
            f"{content['matinee']} and {what}; train it again: matinee train {model.name}."
        )


def _misfits(model: Model) -> tuple[list[str], list[str]]:
    """What a model or a member of it lacks; where nothing, what is of another shape."""
    missing = sorted(learned_by(type(model)) - set(vars(model)))
    if missing:
        return missing, []
    found: tuple[list[str], list[str]] = [], []
    try:
        for held in model._held():
            of_member = _misfits(members.kept(model, held))
            for names, more in zip(found, of_member, strict=True):
                names += [f"{held.name}__{name}" for name in more]
        if any(found):
            # The host may ask its members, and these must be whole.
            return found
        for name, shape in model._shapes().items():
            got = np.shape(vars(model)[name])
            if got != shape:
                found[1].append(f"{name} of shape {got} in place of {shape}")
    except (ArithmeticError, AttributeError, IndexError, TypeError) as error:
        # What the shapes follow from is itself of another kind.
        found[1].append(f"another kind of array: {error}")
    return found


def _changed(file: Path) -> CorruptArchive:
    return CorruptArchive(
        f"{file} is not what was written (a byte changed, or it is cut off); "
        "train or copy the model again."
    )


# ---- attributes -------------------------------------------------------------------------


def _pack(name: str, value: object, arrays: dict[str, Array]) -> str:
    """Put `value` into `arrays` and return the kind by which `_unpacked` restores it."""
    if value is None:
        return "none"
    if isinstance(value, csr_array):
        parts = (value.data, value.indices, value.indptr, np.array(value.shape, np.int64))
        for part, array in zip(_CSR_PARTS, parts, strict=True):
            arrays[f"{name}.{part}"] = array
        return "csr"
    kind = "scalar" if isinstance(value, np.generic) else type(value).__name__
    empty = isinstance(value, tuple) and not value
    array = np.asarray(value, dtype="U1" if empty else None)
    lost = isinstance(value, str | tuple) and not _same_text(array, value)
    if array.dtype.kind not in _KINDS or kind not in _RESTORE or lost:
        raise InvalidInput(
            f"`{name}` must be an array, a CSR array, a number or texts to be saved, got "
            f"{type(value).__name__} of {array.dtype}."
        )
    arrays[name] = array
    return kind


def _same_text(array: Array, value: object) -> bool:
    # NumPy drops a text's trailing zeros, and would make one array of texts and numbers.
    back = array.tolist()
    return array.dtype.kind == "U" and (back if isinstance(value, str) else tuple(back)) == value


_RESTORE: dict[str, Callable[[Array], Any]] = {
    "ndarray": lambda array: array,
    "scalar": lambda array: array[()],
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "tuple": lambda array: tuple(array.tolist()),
}


def _unpacked(name: str, kind: str, arrays: dict[str, Array]) -> Any:
    if kind == "none":
        return None
    if kind == "csr":
        return _csr(*(arrays[f"{name}.{part}"] for part in _CSR_PARTS))
    return _RESTORE[kind](arrays[name])


def _csr(data: Array, indices: Array, indptr: Array, shape: Array) -> csr_array:
    rows, columns = shape.tolist()
    if len(indptr) != rows + 1:
        raise ValueError("indptr does not fit the shape")
    matrix = csr_array((data, indices, indptr), shape=(rows, columns))
    # SciPy may have narrowed the indices, and checks only lengths: kernels trust what they get.
    matrix.indices, matrix.indptr = indices, indptr
    matrix.check_format(full_check=True)
    return matrix


# ---- arrays -----------------------------------------------------------------------------


def _digest(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _read_arrays(folder: Path, content: dict[str, Any]) -> dict[str, Array]:
    path = folder / ARRAYS
    try:
        with path.open("rb") as file:
            if _digest(file) != content["arrays_sha256"]:
                raise _changed(path)
            file.seek(0)
            with zipfile.ZipFile(file) as bundle:
                expected = content["arrays"]
                if sorted(bundle.namelist()) != sorted(f"{name}.npy" for name in expected):
                    wrong = set(bundle.namelist()) ^ {f"{name}.npy" for name in expected}
                    raise CorruptArchive(
                        f"{path} must hold the arrays of the manifest and no others, "
                        f"got {some(sorted(wrong)) or 'one of them twice'}."
                    )
                return {name: _read_array(bundle, name, expected[name]) for name in expected}
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise CorruptArchive(f"{path} cannot be read: {error}.") from error


def _read_array(bundle: zipfile.ZipFile, name: str, expected: dict[str, Any]) -> Array:
    entry = bundle.getinfo(f"{name}.npy")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, so its size is not known")
    with bundle.open(entry) as file:
        start = file.read(10)
        header = _HEADER.fullmatch(file.read(int.from_bytes(start[8:], "little")))
        if start[:8] != b"\x93NUMPY\x01\x00" or header is None:
            raise ValueError(f"{name} is not a plain array")
        dtype = np.dtype(header["dtype"].decode())
        shape = tuple(int(n) for n in header["shape"].replace(b",", b" ").split())
        told = {"shape": list(shape), "dtype": dtype.str}
        size = math.prod(shape) * dtype.itemsize
        if told != expected or dtype.kind not in _KINDS or file.tell() + size != entry.file_size:
            raise ValueError(f"{name} is not of the shape, dtype or size that the manifest tells")
        array = np.frombuffer(bytearray(file.read()), dtype) if size else np.empty(0, dtype)
        return array.reshape(shape, order="F" if header["fortran"] == b"True" else "C")
