"""What the tests share: where real data is, and how to say that it is missing."""

from __future__ import annotations

import fcntl
import functools
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numba
import numpy as np
import pytest
import typer.main
from hypothesis import settings
from numba.core.caching import IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

from matinee.interactions import Interactions

ROOT = Path(__file__).parent.parent

# The first example may compile a kernel, and machines that run tests are busy.
settings.register_profile("matinee", deadline=None)
settings.load_profile("matinee")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Another process wants the core on which an idle thread would spin.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


_BEFORE_KERNELS = ("data", "evaluation", "features", "storage", "splits", "test_docs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the tests: what compiles nearly every kernel, what hardly needs any,
    and then the rest, which finds them compiled. So no two processes compile the same."""

    def turn(item: pytest.Item) -> int:
        place = item.path.relative_to(ROOT / "tests").parts
        if place[0] == "contracts":
            return 0
        return 1 if place[0] in _BEFORE_KERNELS and place[-1] != "test_archive.py" else 2

    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def _cached_kernels_in_turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let one process at a time into the cache of compiled kernels.

    Numba replaces files whole, but two processes that save kernels of one name at once may give
    them the same number, and one is then taken for the other.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    lock = tmp_path_factory.getbasetemp().parent / "kernels.lock"

    @contextmanager
    def alone() -> Iterator[None]:
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    with pytest.MonkeyPatch.context() as patch:
        for name in ("load", "save"):
            patch.setattr(IndexDataCacheFile, name, alone()(getattr(IndexDataCacheFile, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_without_tracer() -> Iterator[None]:
    """Compile kernels out of coverage's sight: it has nothing to see there, and looks for long."""
    compile_ = Dispatcher.compile

    def untraced(self: Dispatcher, sig: object) -> object:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return compile_(self, sig)
        finally:
            sys.settrace(tracer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatcher, "compile", untraced)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_command_line() -> Iterator[None]:
    """Make the tree of commands once: typer makes it anew for each that a test types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A folder with real MovieLens sets: MATINEE_DATA, or shared/data beside the checkout."""
    named = os.environ.get("MATINEE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "ml-100k.zip").exists():
        pytest.skip(f"no real data: MATINEE_DATA names no folder with ml-100k.zip ({folder})")
    return folder


@pytest.fixture(scope="session")
def latest_small(shared_data: Path) -> Path:
    """The same folder, if it holds ml-latest-small as well."""
    if not any((shared_data / f"ml-latest-small{end}").exists() for end in ("", ".zip")):
        pytest.skip(f"no ml-latest-small in {shared_data}")
    return shared_data


@pytest.fixture(scope="session")
def ml_100k(shared_data: Path) -> Interactions:
    """ml-100k in the file's own order, read without any of the code under test."""
    with zipfile.ZipFile(shared_data / "ml-100k.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("u.data"))
        with archive.open(name) as lines:
            rows = np.loadtxt(lines, dtype=np.int64)
    users = np.unique(rows[:, 0], return_inverse=True)[1]
    items = np.unique(rows[:, 1], return_inverse=True)[1]
    return Interactions(users, items, rows[:, 2], rows[:, 3])


@pytest.fixture
def compiled() -> None:
    """For tests that fit large models: minutes long where kernels are plain Python."""
    if numba.config.DISABLE_JIT:
        pytest.skip("kernels are not compiled (NUMBA_DISABLE_JIT): this would take minutes")
