"""What the tests share: where real data is, and how to say that it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A folder with real MovieLens sets: MATINEE_DATA, or shared/data beside the checkout."""
    named = os.environ.get("MATINEE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "ml-100k.zip").exists():
        pytest.skip(f"no real data: MATINEE_DATA names no folder with ml-100k.zip ({folder})")
    return folder
