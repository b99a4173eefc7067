from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from movielens_folders import DAT, LATEST, write

from matinee.data import load, merge, specs
from matinee.data.specs import FileSpec, Ids, Specs, Words
from matinee.errors import InvalidInput

ITEMS = {"items": Ids(2, "a" * 64)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A merged set."""
    a, b = write(tmp_path / "a", DAT, "latin-1"), write(tmp_path / "b", LATEST)
    merge(a, b, tmp_path / "both")
    return tmp_path / "both"


def edited(folder: Path, **changes: object) -> None:
    told = json.loads((folder / "specs.json").read_text("utf-8"))
    (folder / "specs.json").write_text(json.dumps(told | changes), "utf-8")


def test_ids_are_told_by_order_and_text() -> None:
    assert specs.ids(["1", "2"]) == specs.ids(iter(["1", "2"]))
    assert specs.ids(["1", "2"]).count == 2
    several = [["1", "2"], ["2", "1"], ["12"], ["1", "2", ""], []]
    assert len({specs.ids(ids).sha256 for ids in several}) == len(several)


def test_blocks_of_words() -> None:
    told = specs.of_blocks(["tag:a", "title:a: b", "tag:c"], [3, 1, 2])
    assert told == {"tag": Words(2, 5), "title": Words(1, 1)}


def test_there_and_back(tmp_path: Path) -> None:
    source = Specs("source", "a", {"items": 2}, ITEMS, files={"f": FileSpec(3, "b" * 64)})
    told = replace(source, stage="merge", scale=(0.5, 5.0), sources=(source, source),
                   words={"tag": Words(1, 2)})  # fmt: skip
    specs.write(tmp_path, told)
    assert specs.read(tmp_path) == told
    assert told.origins() == [source, source]


def test_both_sides_are_named() -> None:
    said = Specs("source", "a", {"items": 9_742, "tags": 1}, ITEMS, files={"f": FileSpec(3, "b")})
    same = replace(said, sizes={"items": 9_742}, created="later", matinee="0", name="b")
    specs.check(said, same, "one", "other", "do this")
    found = replace(
        said,
        sizes={"items": 9_741},
        ids={"items": Ids(2, "c" * 64)},
        files={"f": FileSpec(4, "b")},
    )
    with pytest.raises(InvalidInput) as raised:
        specs.check(said, found, "specs.json", "items.parquet", "make it anew")
    assert str(raised.value) == (
        "specs.json says 9,742 items, items.parquet holds 9,741; specs.json says items with "
        "SHA-256 aaaaaaaaaaaa, items.parquet holds cccccccccccc; specs.json says 3 bytes of f, "
        "items.parquet holds 4: make it anew."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 9, "matinee": "9.1"}', "matinee 9.1 wrote it; install a newer"),
    ],
)
def test_damaged_specs(folder: Path, text: str, told: str) -> None:
    (folder / "specs.json").write_text(text)
    with pytest.raises(InvalidInput, match=told):
        load(folder)


def test_specs_that_are_gone(folder: Path) -> None:
    (folder / "specs.json").unlink()
    with pytest.raises(InvalidInput, match=r"must hold specs\.json, but: No such file"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sizes": {"items": 7}}, r"specs\.json says 7 items, .*both holds 5"),
        ({"ids": {"items": {"count": 5, "sha256": "0" * 64}}}, "items with SHA-256 000000000000"),
        ({"ids": {"ratings": {"count": 6, "sha256": "0" * 64}}}, "ratings with SHA-256 000"),
        ({"files": {"../x": {"bytes": 1, "sha256": ""}}}, r"of the files of a merge, got \.\./x"),
        ({"files": {}}, "lacks ratings.parquet, items.parquet, people.parquet"),
    ],
)
def test_specs_that_tell_otherwise(folder: Path, change: dict[str, object], told: str) -> None:
    edited(folder, **change)
    with pytest.raises(InvalidInput, match=told):
        load(folder)


def test_a_file_that_is_gone(folder: Path) -> None:
    (folder / "ratings.parquet").unlink()
    with pytest.raises(InvalidInput, match=r"the folder lacks ratings\.parquet: make"):
        load(folder)


def test_a_file_that_was_changed(folder: Path) -> None:
    path = folder / "items.parquet"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InvalidInput, match=r"says items\.parquet with SHA-256 .* holds"):
        load(folder)
    pq.write_table(pq.read_table(folder / "people.parquet").slice(1), folder / "people.parquet")
    with pytest.raises(InvalidInput, match=r"says [\d,]+ bytes of people\.parquet"):
        load(folder)


def test_a_file_that_is_no_parquet(folder: Path) -> None:
    path = folder / "tags.parquet"
    path.write_text("nothing")
    files = specs.files(folder.glob("*.parquet"))
    edited(folder, files=json.loads(json.dumps({n: vars(f) for n, f in files.items()})))
    with pytest.raises(InvalidInput, match="must hold what a merge wrote, got"):
        load(folder)
