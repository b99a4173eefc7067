"""What the tests of commands share."""

from __future__ import annotations

import sys

import pytest

from matinee.cli import main


@pytest.fixture
def matinee(monkeypatch, capsys):
    """Run a command as a person types it; (exit code, output, errors)."""

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["matinee", *words])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return typed
