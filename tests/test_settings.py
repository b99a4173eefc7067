"""Settings: flags over environment over file over default."""

from __future__ import annotations

import pytest

from matinee import settings
from matinee.errors import InvalidParameter


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "matinee.toml"
    monkeypatch.setenv("MATINEE_CONFIG", str(path))
    for name in settings.SETTINGS:
        monkeypatch.delenv(settings.environment_name(name), raising=False)
    return path


def test_environment_over_file_over_default(file, monkeypatch):
    assert settings.get("port") == "8000"
    file.write_text('port = 9000\nworkspace = "here"\n')
    settings._file.cache_clear()
    assert settings.get("port") == "9000"
    assert settings.get("workspace") == "here"
    monkeypatch.setenv("MATINEE_PORT", "9001")
    assert settings.get("port") == "9001"


@pytest.mark.parametrize("text", ["prot = 1", "port = = 2", "\xff"])
def test_a_bad_file_says_what_is_wrong(file, text):
    file.write_bytes(text.encode("latin-1"))
    settings._file.cache_clear()
    with pytest.raises(InvalidParameter, match="matinee.toml"):
        settings.get("port")


def test_every_setting_has_a_meaning():
    for name, (_, meaning) in settings.SETTINGS.items():
        assert name == name.lower()
        assert len(meaning) > 10
