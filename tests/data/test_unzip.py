from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from movielens_folders import LATEST, left_in, write, zipped

from matinee.data.movielens.placing import locked, staged
from matinee.data.movielens.unzip import unpack
from matinee.durable import full_disk_named
from matinee.errors import DiskFull, UnsafeArchive


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    write(tmp_path / ".set.unfinished-abc", LATEST)
    zip_ = zipped(tmp_path / "x.zip", LATEST)
    with locked(tmp_path / "set"):
        unpack(zip_, tmp_path / "set")
    assert left_in(tmp_path) == {"set", "x.zip"}


def evil(path: Path, name: str, mode: int = 0, content: bytes = b"x") -> Path:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("set/good.txt", "good")
        archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("/etc/cron.d/x", 0),
        ("../x", 0),
        ("set/../../x", 0),
        ("..\\x", 0),
        ("C:/x", 0),
        ("set/link", stat.S_IFLNK | 0o777),
        ("set/pipe", stat.S_IFIFO | 0o600),
        (".", 0),
    ],
)
def test_a_zip_never_leaves_its_folder(tmp_path: Path, name: str, mode: int) -> None:
    path = evil(tmp_path / "x.zip", name, mode)
    with pytest.raises(UnsafeArchive, match="plain files inside its folder"):
        unpack(path, tmp_path / "set")
    assert left_in(tmp_path) == {"x.zip"}


def test_a_file_that_is_a_folder_too(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match="come twice"):
        unpack(evil(tmp_path / "x.zip", "set/good.txt/more"), tmp_path / "set")


def test_bombs(tmp_path: Path) -> None:
    path = evil(tmp_path / "x.zip", "set/zeros", content=bytes(3_000_000))
    with pytest.raises(UnsafeArchive, match="at most"):
        unpack(path, tmp_path / "set")
    with pytest.raises(UnsafeArchive, match="at most 4 bytes"):
        unpack(evil(tmp_path / "y.zip", "set/y", content=b"four+"), tmp_path / "set", limit=4)
    assert left_in(tmp_path) == {"x.zip", "y.zip"}


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = evil(tmp_path / "x.zip", "set/secret")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UnsafeArchive, match="is encrypted"):
        unpack(path, tmp_path / "set")


def test_files_without_a_folder_around_them(tmp_path: Path) -> None:
    unpack(zipped(tmp_path / "x.zip", LATEST, ""), tmp_path / "set")
    assert left_in(tmp_path / "set") == set(LATEST)


def overfill(target: Path) -> None:
    with locked(target), staged(target) as folder, open("/dev/full", "wb", buffering=0) as full:
        (folder / "a").write_text("a")
        full.write(b"a")


def test_a_disk_that_fills_while_unpacking(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        overfill(tmp_path / "set")
    assert left_in(tmp_path) == set()


def test_other_trouble_is_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), full_disk_named(tmp_path):
        (tmp_path / "missing").read_bytes()
