"""What a stage made, in figures that the next stage holds it to.

A stage (a set as it was got, sets merged, a model trained) notes the sizes and ids of what it made,
its words, its files with their checksums, and the specs of what it was made from. Whoever takes it
over compares, and refuses what differs with both sides named. Plain JSON: ``specs.json`` beside
the files, ``specs`` in an archive's details.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import matinee
from matinee.errors import InvalidInput
from matinee.interactions import Interactions

if TYPE_CHECKING:
    from matinee.data.dataset import Dataset

FILE = "specs.json"
FORMAT = 1


@dataclass(frozen=True)
class Ids:
    """Ids in their order: how many, and the SHA-256 of their lines (of ratings: their columns)."""

    count: int
    sha256: str


@dataclass(frozen=True)
class Words:
    """A block of words: how many distinct ones, and how often they are used in all."""

    distinct: int
    uses: int


@dataclass(frozen=True)
class FileSpec:
    """A file's size and checksum."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Specs:
    """What a stage made.

    Attributes
    ----------
    stage
        "source" (a set as it was got), "merge" or "training".
    name
        Of the data set, or of the model.
    sizes
        "users", "items", "ratings", "tags" ...: how many.
    ids
        "users", "items", "ratings", "matches": which.
    words
        Blocks such as "genre", "tag", "keyword".
    scale : (low, high) or None
        Of the ratings, as declared.
    files
        By name, without folders.
    sources
        Specs of what it was made from.
    created, matinee
        When (UTC), and by which version.
    """

    stage: str
    name: str
    sizes: Mapping[str, int]
    ids: Mapping[str, Ids]
    words: Mapping[str, Words] = field(default_factory=dict)
    scale: tuple[float, float] | None = None
    files: Mapping[str, FileSpec] = field(default_factory=dict)
    sources: tuple[Specs, ...] = ()
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    matinee: str = matinee.__version__

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def origins(self) -> list[Specs]:
        """The specs that all this was made from in the beginning."""
        return [leaf for s in self.sources for leaf in s.origins()] or [self]


def ids(every: Iterable[str]) -> Ids:
    """The specs of ids, in this order; ten million a second."""
    lines = list(every)
    return Ids(len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest())


def files(paths: Iterable[Path]) -> dict[str, FileSpec]:
    """Size and SHA-256 of files; about two seconds a GB."""
    found = {}
    for path in sorted(paths):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found[path.name] = FileSpec(path.stat().st_size, digest)
    return found


def of(dataset: Dataset, stage: str = "source") -> Specs:
    """The specs of a data set: those it came with, else found in it."""
    if dataset.specs is not None:
        return dataset.specs
    sizes = {
        "users": len(dataset.users),
        "items": len(dataset.items),
        "ratings": len(dataset.interactions),
        "tags": 0 if dataset.tags is None else dataset.tags.num_rows,
        "genome": 0 if dataset.genome is None else dataset.genome.num_rows,
    }
    which = {
        "users": ids(dataset.users.ids),
        "items": ids(dataset.items.ids),
        "ratings": _ratings(dataset.interactions),
    }
    return Specs(stage, dataset.name, sizes, which, _words(dataset), dataset.scale)


def _ratings(ratings: Interactions) -> Ids:
    """Who rated what and how high, in its order; a third of a second for 25 million."""
    digest = hashlib.sha256()
    for column in (ratings.user_index, ratings.item_index, ratings.value):
        if column is not None:
            digest.update(np.ascontiguousarray(column).data)
    return Ids(len(ratings), digest.hexdigest())


def _words(dataset: Dataset) -> dict[str, Words]:
    items = dataset.item_table
    columns = {
        name.removesuffix("s"): pc.list_flatten(items.column(name))
        for name in ("genres", "keywords")
        if name in items.column_names and pa.types.is_list(items.schema.field(name).type)
    }
    columns |= {
        name: table.column("tag")
        for name, table in (("tag", dataset.tags), ("genome", dataset.genome))
        if table is not None
    }
    return {name: _counted(column) for name, column in columns.items()}


def _counted(column: pa.ChunkedArray) -> Words:
    uses = len(column) - column.null_count
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
        column = column.chunk(0).dictionary if column.num_chunks else column
    return Words(pc.count_distinct(column).as_py(), uses)


def of_blocks(names: Sequence[str], uses: Sequence[int]) -> dict[str, Words]:
    """Words by block, of columns that are named "block:word" and how often each is used."""
    found: dict[str, Words] = {}
    for name, n in zip(names, uses, strict=True):
        block = name.partition(":")[0]
        so_far = found.get(block, Words(0, 0))
        found[block] = Words(so_far.distinct + 1, so_far.uses + int(n))
    return found


# ---- comparing --------------------------------------------------------------------------


def differences(said: Specs, found: Specs) -> list[tuple[str, str]]:
    """What both tell and tell differently, each in the words of either side."""
    pairs = [
        (f"{said.sizes[n]:,} {n}", f"{found.sizes[n]:,}")
        for n in said.sizes
        if n in found.sizes and said.sizes[n] != found.sizes[n]
    ]
    for name, one in said.ids.items():
        other = found.ids.get(name, one)
        if one.count != other.count and name not in said.sizes:
            pairs.append((f"{one.count:,} {name}", f"{other.count:,}"))
        elif one.count == other.count and one.sha256 != other.sha256:
            pairs.append((f"{name} with SHA-256 {one.sha256[:12]}", other.sha256[:12]))
    for name, file in said.files.items():
        there = found.files.get(name, file)
        if there.bytes != file.bytes:
            pairs.append((f"{file.bytes:,} bytes of {name}", f"{there.bytes:,}"))
        elif there.sha256 != file.sha256:
            pairs.append((f"{name} with SHA-256 {file.sha256[:12]}", there.sha256[:12]))
    return pairs


def check(said: Specs, found: Specs, said_by: str, found_by: str, remedy: str) -> None:
    """Refuse what differs.

    Parameters
    ----------
    said_by, found_by
        The two sides, as a message names them.
    remedy
        What to do.

    Raises
    ------
    InvalidInput
    """
    wrong = differences(said, found)
    if wrong:
        told = "; ".join(f"{said_by} says {a}, {found_by} holds {b}" for a, b in wrong[:3])
        raise InvalidInput(f"{told}: {remedy}.")


# ---- JSON -------------------------------------------------------------------------------


def write(folder: Path, specs: Specs) -> None:
    """Put ``specs.json`` into a folder."""
    text = json.dumps({"format": FORMAT, **specs.as_dict()}, indent=1, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Specs:
    """The specs of a folder.

    Raises
    ------
    InvalidInput
        There are none, or they are damaged or of a newer matinee.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if int(told.pop("format")) > FORMAT:
            raise InvalidInput(
                f"{path} must be of format {FORMAT} or older, but matinee {told.get('matinee')} "
                "wrote it; install a newer matinee."
            )
        return parsed(told)
    except OSError as error:
        raise InvalidInput(
            f"{folder} must hold {FILE}, but: {error.strerror}; make the folder anew."
        ) from error
    except InvalidInput:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidInput(
            f"{path} must be as matinee wrote it, but it is damaged ({error}); make the folder "
            "anew."
        ) from error


def parsed(told: Mapping[str, Any]) -> Specs:
    """Specs from what `Specs.as_dict` made.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        It is nothing of the kind.
    """
    plain = Specs(**told)
    scale = None if plain.scale is None else (float(plain.scale[0]), float(plain.scale[1]))
    return replace(
        plain,
        sizes={str(n): int(size) for n, size in plain.sizes.items()},
        ids={n: Ids(**one) for n, one in told["ids"].items()},
        words={n: Words(**one) for n, one in told["words"].items()},
        files={n: FileSpec(**one) for n, one in told["files"].items()},
        scale=scale,
        sources=tuple(parsed(source) for source in told["sources"]),
    )
