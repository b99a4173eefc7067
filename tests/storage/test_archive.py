"""What is saved comes back bit for bit; what was touched is refused."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import durable, models
from matinee.errors import (
    ArchiveError,
    CorruptArchive,
    DiskFull,
    InvalidInput,
    NewerArchive,
    NotReady,
)
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.storage import archive

TRAIN = Interactions(
    [0, 0, 1, 2, 2], [0, 2, 2, 1, 3], [4.0, 3.5, 5.0, 1.0, 2.0], n_users=4, n_items=5
)


def fitted(name: str = "biases") -> Model:
    model = models.create(name)
    return model.fit(TRAIN.liked(3.0) if model.task == "ranking" else TRAIN)


def learned(model: Model) -> dict[str, Any]:
    return {n: v for n, v in vars(model).items() if n.endswith("_")}


def same(one: Any, two: Any) -> bool:
    if isinstance(one, csr_array):
        parts = ("data", "indices", "indptr")
        return one.shape == two.shape and all(same(getattr(one, p), getattr(two, p)) for p in parts)
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.flags.f_contiguous) == (
            two.dtype,
            two.shape,
            two.flags.f_contiguous,
        ) and one.tobytes() == two.tobytes()
    return type(one) is type(two) and one == two


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    archive.save(fitted(), tmp_path / "a", details={"data": "few", "rmse": 0.9})
    return tmp_path / "a"


@pytest.mark.parametrize("name", models.names())
@pytest.mark.parametrize("people", [True, False])
def test_every_model_comes_back_bit_for_bit(tmp_path: Path, name: str, people: bool) -> None:
    model = fitted(name)
    archive.save(model, tmp_path / "deep" / "a", people=people)
    back = archive.load(tmp_path / "deep" / "a")
    assert type(back) is type(model)
    assert back.parameters == model.parameters
    wanted = learned(model)
    if not people:
        wanted = {n: v for n, v in wanted.items() if n not in archive.PEOPLE}
    got = learned(back)
    assert sorted(got) == sorted(wanted)
    assert all(same(v, got[n]) for n, v in wanted.items())
    one, two = model.recommend(TRAIN.matrix, 3), back.recommend(TRAIN.matrix, 3)
    assert one.items.tobytes() == two.items.tobytes()
    assert one.scores.tobytes() == two.scores.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">i2").reshape(2, 3)[:, ::2],
        np.zeros((0, 4), np.float32),
        np.array(7),
        np.array([np.nan, -0.0, np.inf], np.float32),
        np.array(["é", "long text", ""]),
        np.array([True, False]),
        np.float32(1.5),
        np.int64(-3),
        csr_array((3, 4), dtype=np.float32),
        True,
        3,
        2.5,
        "snow",
        "",
        ("genre:Drama", "genre:Æ"),
        (),
        None,
    ],
    ids=repr,
)
def test_every_kind_of_attribute(tmp_path: Path, value: Any) -> None:
    model = fitted()
    model.extra_ = value  # type: ignore[attr-defined]
    archive.save(model, tmp_path / "a")
    back = archive.load(tmp_path / "a").extra_  # type: ignore[attr-defined]
    assert same(np.ascontiguousarray(value) if _odd(value) else value, back)


def _odd(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not value.flags.forc


def test_wide_indices_stay_wide(tmp_path: Path) -> None:
    model, wide = fitted(), csr_array((2, 3), dtype=np.float64)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    model.extra_ = wide  # type: ignore[attr-defined]
    archive.save(model, tmp_path / "a")
    assert same(wide, archive.load(tmp_path / "a").extra_)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1},
        [1, 2],
        np.array([None]),
        ("a", 1),
        ("ends in\0",),
        "zero\0",
        1 << 70,
        np.zeros(2, [("a", "i4")]),
        np.array("2020-01-01", "datetime64[D]"),
    ],
    ids=repr,
)
def test_what_has_no_place_in_an_archive_is_refused(tmp_path: Path, value: Any) -> None:
    model = fitted()
    model.extra_ = value  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match="extra_"):
        archive.save(model, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_the_manifest_tells(saved: Path) -> None:
    told = archive.manifest(saved)
    assert told["format"] == archive.FORMAT
    assert (told["model"], told["task"]) == ("biases", "rating")
    assert told["parameters"] == fitted().parameters
    assert told["details"] == {"data": "few", "rmse": 0.9}
    assert told["arrays"]["item_count_"] == {"shape": [5], "dtype": "<i4"}
    assert told["created"].endswith("+00:00")
    assert told["people"] is True


def test_details_are_kept_as_json_would(tmp_path: Path) -> None:
    archive.save(fitted(), tmp_path / "a", details={"n": {2: "b", 10: (1, "é")}})
    assert archive.manifest(tmp_path / "a")["details"] == {"n": {"2": "b", "10": [1, "é"]}}
    for wrong in ({"x": float("nan")}, {"x": object()}, {"x": np.float32(1)}):
        with pytest.raises(InvalidInput, match="plain JSON"):
            archive.save(fitted(), tmp_path / "b", details=wrong)
    assert [f.name for f in tmp_path.iterdir()] == ["a"]


def test_nothing_is_overwritten(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")
    for taken in (saved, tmp_path / "empty", tmp_path / "file"):
        with pytest.raises(InvalidInput, match="must not exist"):
            archive.save(fitted(), taken)
    assert archive.load(saved).n_items == 5
    assert (tmp_path / "file").read_text() == "mine"


def test_of_two_at_once_one_wins(tmp_path: Path) -> None:
    def overtaken() -> None:
        with durable.new_folder(tmp_path / "a") as folder:
            (folder / "x").write_text("late")
            archive.save(fitted(), tmp_path / "a")

    with pytest.raises(InvalidInput, match="must not exist"):
        overtaken()
    assert archive.load(tmp_path / "a").n_items == 5
    assert [f.name for f in tmp_path.iterdir()] == ["a"]


def test_an_unfitted_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        archive.save(models.create("biases"), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def fill() -> None:
    with Path("/dev/full").open("w") as full:
        full.write("x")


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def folder() -> None:
        with durable.new_folder(tmp_path / "a") as begun:
            (begun / "some").write_text("begun")
            fill()

    def file() -> None:
        with durable.replaced_file(tmp_path / "b") as begun:
            begun.write_text("begun")
            fill()

    for write in (folder, file):
        with pytest.raises(DiskFull, match="needs more space"):
            write()
    assert not list(tmp_path.iterdir())


# ---- damage -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [archive.MANIFEST, archive.ARRAYS])
def test_any_changed_byte_is_refused(saved: Path, name: str) -> None:
    file = saved / name
    whole = file.read_bytes()
    chance = random.Random(1)
    spots = (
        range(len(whole)) if len(whole) < 2500 else sorted(chance.sample(range(len(whole)), 500))
    )
    for spot in spots:
        changed = bytearray(whole)
        changed[spot] ^= 1 << chance.randrange(8)
        file.write_bytes(changed)
        with pytest.raises(CorruptArchive):
            archive.load(saved)
    file.write_bytes(whole)
    assert archive.load(saved).n_items == 5


@pytest.mark.parametrize("name", [archive.MANIFEST, archive.ARRAYS])
def test_cut_off_grown_or_missing_files_are_refused(saved: Path, name: str) -> None:
    file = saved / name
    whole = file.read_bytes()
    for damaged in (b"", whole[:1], whole[: len(whole) // 2], whole[:-1], whole + b"\n"):
        file.write_bytes(damaged)
        with pytest.raises(CorruptArchive):
            archive.load(saved)
    file.unlink()
    with pytest.raises(CorruptArchive):
        archive.load(saved)
    file.mkdir()
    with pytest.raises(CorruptArchive):
        archive.load(saved)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    for wrong in ("file", "folder", "missing"):
        with pytest.raises(CorruptArchive, match="must be a folder"):
            archive.load(tmp_path / wrong)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "7",
        "{}",
        '{"sha256": 1}',
        "[" * 100_000,
        "\xff",
        '{"sha256": "", "format": []}',
    ],
)
def test_a_manifest_that_is_something_else_is_refused(saved: Path, text: str) -> None:
    (saved / archive.MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(CorruptArchive):
        archive.load(saved)


# ---- forgeries: checksums that fit, made by somebody who means harm ------------------------


def forge(folder: Path, bundle: bytes | None = None, **changes: Any) -> None:
    content = archive.manifest(folder)
    del content["sha256"]
    content.update(changes)
    if bundle is not None:
        (folder / archive.ARRAYS).write_bytes(bundle)
        content["arrays_sha256"] = hashlib.sha256(bundle).hexdigest()
    (folder / archive.MANIFEST).write_bytes(archive._rendered(content))


def bundled(folder: Path, *more: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    with zipfile.ZipFile(folder / archive.ARRAYS) as old:
        entries = {n: old.read(n) for n in old.namelist()}
    into = io.BytesIO()
    replaced = {n for n, _ in more}
    with zipfile.ZipFile(into, "w", compression) as new:
        for name, data in entries.items():
            if name not in replaced:
                new.writestr(name, data)
        for name, data in more:
            new.writestr(name, data)
    return into.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def test_a_forgery_that_changes_nothing_is_read(saved: Path) -> None:
    forge(saved, bundled(saved))
    assert archive.load(saved).n_items == 5


def test_extra_and_double_entries_are_refused(saved: Path) -> None:
    pristine = saved.with_name("pristine")
    shutil.copytree(saved, pristine)
    forge(saved, bundled(saved, ("evil.npy", npy("{}"))))
    with pytest.raises(CorruptArchive, match=r"evil\.npy"):
        archive.load(saved)
    entry = zipfile.ZipFile(pristine / archive.ARRAYS).read("bounds_.npy")
    with pytest.warns(UserWarning, match="Duplicate"):
        double = bundled(pristine, ("bounds_.npy", entry), ("bounds_.npy", entry))
    forge(pristine, double)
    with pytest.raises(CorruptArchive, match="twice"):
        archive.load(pristine)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        # a shape that would take all memory
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"),
            {"shape": [10**12], "dtype": "<f4"},
        ),
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -1), }", b"\0" * 8),
            {"shape": [-2, -1], "dtype": "<f4"},
        ),
        # a pickle
        (
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n(."),
            {"shape": [1], "dtype": "|O"},
        ),
        # not what the manifest tells
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", b"\0" * 8),
            {"shape": [1], "dtype": "<f8"},
        ),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", b"\0" * 9), None),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", b"\0" * 7), None),
        (npy("{'descr': 1, 'fortran_order': False, 'shape': (2,), }"), None),
        (npy("(" * 90), None),
        (b"\x93NUMPY\x03\x00" + npy("{}")[8:], None),
        (b"no array", None),
        (b"", None),
    ],
)
def test_absurd_arrays_are_refused(saved: Path, entry: bytes, told: dict[str, Any] | None) -> None:
    arrays = archive.manifest(saved)["arrays"]
    if told is not None:
        arrays["bounds_"] = told
    forge(saved, bundled(saved, ("bounds_.npy", entry)), arrays=arrays)
    with pytest.raises(CorruptArchive):
        archive.load(saved)


def test_a_compressed_bundle_is_refused(saved: Path) -> None:
    forge(saved, bundled(saved, compression=zipfile.ZIP_DEFLATED))
    with pytest.raises(CorruptArchive, match="compressed"):
        archive.load(saved)


def test_a_bundle_that_is_no_zip_is_refused(saved: Path) -> None:
    forge(saved, b"not a zip")
    with pytest.raises(CorruptArchive, match="zip"):
        archive.load(saved)


def test_csr_indices_out_of_range_are_refused(tmp_path: Path) -> None:
    for number, (part, broken) in enumerate(
        [
            ("indices", np.array([0, 2, 2, 1, 99], np.int32)),
            ("indices", np.array([0, 2, 2, 1, -1], np.int32)),
            ("indptr", np.array([0, 2, 9, 5, 5], np.int32)),
            ("indptr", np.array([0, 5], np.int32)),
            ("shape", np.array([4, 5, 6])),
        ]
    ):
        folder = tmp_path / str(number)
        archive.save(fitted(), folder)
        into = io.BytesIO()
        np.save(into, broken)
        arrays = archive.manifest(folder)["arrays"]
        arrays[f"seen_.{part}"] = {"shape": list(broken.shape), "dtype": broken.dtype.str}
        forge(folder, bundled(folder, (f"seen_.{part}.npy", into.getvalue())), arrays=arrays)
        with pytest.raises(CorruptArchive):
            archive.load(folder)


def test_forged_manifests_are_refused(saved: Path) -> None:
    whole = (saved / archive.MANIFEST).read_bytes()
    kinds = archive.manifest(saved)["attributes"]
    for changes in (
        {"attributes": {**kinds, "__class__": "ndarray"}},
        {"attributes": {**kinds, "nowhere_": "ndarray"}},
        {"attributes": {**kinds, "bounds_": "code"}},
        {"attributes": 7},
        {"parameters": 7},
        {"arrays": 7},
    ):
        forge(saved, **changes)
        with pytest.raises(CorruptArchive):
            archive.load(saved)
        (saved / archive.MANIFEST).write_bytes(whole)


# ---- other versions -----------------------------------------------------------------------


def test_models_and_parameters_that_are_unknown_here(saved: Path) -> None:
    forge(saved, model="tomorrow")
    with pytest.raises(ArchiveError, match="tomorrow"):
        archive.load(saved)
    forge(saved, model="../../evil")
    with pytest.raises(ArchiveError, match="evil"):
        archive.load(saved)
    forge(saved, model="biases", parameters={"charm": 1})
    with pytest.raises(ArchiveError, match="charm"):
        archive.load(saved)


def test_a_model_that_learned_less_than_today_must_be_trained_again(tmp_path: Path) -> None:
    model = fitted("user_clusters")
    del model.count_  # type: ignore[attr-defined]
    archive.save(model, tmp_path / "a")
    with pytest.raises(ArchiveError, match=r"no count_; train it again: matinee train user_clu"):
        archive.load(tmp_path / "a")


@pytest.mark.parametrize("lost", ["alike__everybody_", "people__ials__average_", "blend"])
def test_a_member_that_learned_less_than_today_must_be_trained_again(
    tmp_path: Path, lost: str
) -> None:
    model = fitted("blend" if lost == "blend" else "three_ways")
    lost = "ease__weights_" if lost == "blend" else lost
    delattr(model, lost)
    archive.save(model, tmp_path / "a")
    with pytest.raises(ArchiveError, match=f"has no {lost}; train it again: matinee train"):
        archive.load(tmp_path / "a")


@pytest.mark.parametrize(
    "name",
    ["weight_", "popular_", "alike__items_", "fans__weights_", "fans__both_", "people__map_"],
)
def test_what_is_of_another_shape_must_be_trained_again(tmp_path: Path, name: str) -> None:
    """Kernels trust shapes: an index beyond one would write beyond it."""
    model = fitted("three_ways")
    rows, *columns = vars(model)[name].shape
    other = np.zeros((rows + 1, *columns), np.float32)
    setattr(model, name, csr_array(other) if name == "fans__weights_" else other)
    archive.save(model, tmp_path / "a")
    with pytest.raises(ArchiveError, match=f"has {name} of shape .*train it again: matinee train"):
        archive.load(tmp_path / "a")


def test_a_newer_format_is_refused(saved: Path) -> None:
    forge(saved, format=archive.FORMAT + 1, matinee="9.9")
    for read in (archive.load, archive.manifest):
        with pytest.raises(NewerArchive, match=r"9\.9.*install a newer"):
            read(saved)


def test_older_formats_climb_step_by_step(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = archive.FORMAT
    forge(saved, model="bias", parameters={})

    def renamed(content: dict[str, Any], arrays: dict[str, Any]) -> archive.Content:
        return {**content, "model": "biases"}, arrays

    def widened(content: dict[str, Any], arrays: dict[str, Any]) -> archive.Content:
        bounds = np.array([0.5, 5.5], np.float32)
        return content, {**arrays, "bounds_": bounds}

    monkeypatch.setattr(archive, "FORMAT", now + 2)
    with pytest.raises(ArchiveError, match="no longer read"):
        archive.load(saved)
    monkeypatch.setitem(archive.UPGRADES, now, renamed)
    monkeypatch.setitem(archive.UPGRADES, now + 1, widened)
    model = archive.load(saved)
    assert model.name == "biases"
    assert model.bounds_.tolist() == [0.5, 5.5]


def test_the_manifest_is_readable_by_people(saved: Path) -> None:
    text = (saved / archive.MANIFEST).read_text(encoding="utf-8")
    assert json.loads(text)["model"] == "biases"
    assert text.count("\n") > 10
