"""What the tests share: where real data is, and how to say that it is missing."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import settings

from matinee.interactions import Interactions

ROOT = Path(__file__).parent.parent

# The first example may compile a kernel, and machines that run tests are busy.
settings.register_profile("matinee", deadline=None)
settings.load_profile("matinee")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A folder with real MovieLens sets: MATINEE_DATA, or shared/data beside the checkout."""
    named = os.environ.get("MATINEE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "ml-100k.zip").exists():
        pytest.skip(f"no real data: MATINEE_DATA names no folder with ml-100k.zip ({folder})")
    return folder


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
