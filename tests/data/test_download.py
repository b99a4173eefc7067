from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from movielens_folders import left_in, small_zip
from one_file_server import Server, serving

from matinee.data.movielens.download import download
from matinee.errors import DiskFull, NoNetwork, WrongContent


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as it:
        yield it


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.content = small_zip()
    server.stop_after = 15_000
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert (tmp_path / "x.zip").read_bytes() == server.content
    assert server.ranges == [None, "bytes=15000-", "bytes=30000-"]
    assert left_in(tmp_path) == {"x.zip"}


def test_what_came_is_kept_for_the_next_time(server: Server, tmp_path: Path) -> None:
    server.content = small_zip()
    server.stop_after = 5_000
    with pytest.raises(WrongContent, match=r"20,000 bytes that came are kept"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert left_in(tmp_path) == {"x.zip.part", "x.zip.part.etag"}
    server.stop_after = None
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert server.ranges[-1] == "bytes=20000-"
    assert (tmp_path / "x.zip").read_bytes() == server.content


@pytest.mark.parametrize("why", ["changed", "no ranges", "no validator", "weak validator"])
def test_a_part_of_another_file_is_never_continued(
    server: Server, tmp_path: Path, why: str
) -> None:
    server.etag = {"no validator": "", "weak validator": 'W/"one"'}.get(why, '"one"')
    server.content = b"PK" + b"old" * 10_000
    server.stop_after = 5_000
    with pytest.raises(WrongContent):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    server.content, server.stop_after = small_zip(), None
    server.ignore_ranges = why == "no ranges"
    if why == "changed":
        server.etag = '"two"'
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert (tmp_path / "x.zip").read_bytes() == server.content


def test_a_part_longer_than_the_file_starts_afresh(server: Server, tmp_path: Path) -> None:
    server.content = small_zip()
    (tmp_path / "x.zip.part").write_bytes(b"PK" + b"0" * 100_000)
    (tmp_path / "x.zip.part.etag").write_text(server.etag)
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert (tmp_path / "x.zip").read_bytes() == server.content


def test_something_else_than_a_zip(server: Server, tmp_path: Path) -> None:
    server.content, server.kind = b"%PDF-1.4", "application/pdf"
    with pytest.raises(WrongContent, match=r"something else came \(application/pdf, 8 bytes"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)


@pytest.mark.parametrize("announce", [True, False])
def test_more_than_the_limit(server: Server, tmp_path: Path, announce: bool) -> None:
    server.content, server.announce = small_zip(), announce
    with pytest.raises(WrongContent, match=r"at most 1,000 bytes"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=1000)
    assert left_in(tmp_path) == set()


def test_an_error_of_the_server(server: Server, tmp_path: Path) -> None:
    server.status = 503
    with pytest.raises(NoNetwork, match="answered 503"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10)


def test_addresses_that_are_no_http(server: Server, tmp_path: Path) -> None:
    with pytest.raises(WrongContent, match="must begin with https"):
        download("file:///etc/passwd", tmp_path / "x.zip", limit=10**6)
    server.location = "ftp://127.0.0.1/x.zip"
    with pytest.raises(WrongContent, match="leads to ftp:"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)


def test_redirects_are_followed(server: Server, tmp_path: Path) -> None:
    server.content, server.location = small_zip(), f"{server.base}/moved.zip"
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert (tmp_path / "x.zip").read_bytes() == server.content


def test_a_server_that_goes_on_at_another_place(server: Server, tmp_path: Path) -> None:
    server.content, server.stop_after, server.shift = small_zip(), 5_000, 1
    with pytest.raises(WrongContent):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    server.stop_after = None
    download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert (tmp_path / "x.zip").read_bytes() == server.content


def test_a_full_disk(server: Server, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    server.content = small_zip()
    (tmp_path / "x.zip.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=r"more space"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6)
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize("at", [0, 7_000])
def test_a_server_that_falls_silent(server: Server, tmp_path: Path, at: int) -> None:
    server.content, server.stop_after, server.stall = small_zip(), at, 1.0
    with pytest.raises(NoNetwork, match="timed out"):
        download(f"{server.base}/x.zip", tmp_path / "x.zip", limit=10**6, timeout=0.1)
    assert not (tmp_path / "x.zip").exists()


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NoNetwork, match="refused"):
        download("http://127.0.0.1:9/x.zip", tmp_path / "x.zip", limit=10**6)
    assert left_in(tmp_path) == set()
