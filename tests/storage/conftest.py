"""A store to try things on, by address, so that another database can be added here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from matinee.storage.store import Store


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()
