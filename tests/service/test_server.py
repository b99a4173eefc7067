"""The command itself: its address, its port, its key, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serving import KEY
from small import small_workspace

from matinee.cli.serve import serve
from matinee.errors import InvalidParameter, MatineeError
from matinee.service import server

COMMAND = "import typer; from matinee.cli.serve import serve; typer.run(serve)"


@contextmanager
def command(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    kept = {k: v for k, v in os.environ.items() if k not in ("PORT", "MATINEE_PORT", "MATINEE_KEY")}
    running = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def printed(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    line = running.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line + (running.stderr.read() if running.stderr else "")
    return found[0]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_an_address_that_works_and_ends_quietly(
    trained_path: Path, ending: signal.Signals
) -> None:
    port = free_port()
    with command("-w", str(trained_path), "--port", str(port)) as running:
        address = printed(running)
        assert address.startswith(f"http://127.0.0.1:{port}/?key=")
        with httpx.Client(trust_env=False, timeout=30) as browser:
            answer = browser.get(address)
            assert answer.status_code == 303
            assert "server" not in answer.headers
            assert browser.get(f"http://127.0.0.1:{port}/").status_code == 200
        running.send_signal(ending)
        out, err = running.communicate(timeout=30)
        assert running.returncode in (0, -ending)
        # The key was printed once, for whoever started it, and never logged.
        key = address.partition("key=")[2]
        assert key not in out + err
        assert err == ""


def test_a_key_of_ones_own_is_not_printed(trained_path: Path) -> None:
    port = free_port()
    with command("-w", str(trained_path), PORT=str(port), MATINEE_KEY=KEY) as running:
        address = printed(running)
        assert address == f"http://127.0.0.1:{port}/"
        with httpx.Client(trust_env=False, timeout=30) as client:
            export = f"{address}api/v1/users/u0/export"
            assert client.get(export, headers={"X-API-Key": KEY}).status_code == 200
            assert client.get(export).status_code == 401


def test_a_taken_port_is_named_or_another_one_taken(
    trained_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(InvalidParameter, match=f"got {taken}, which another"):
            server.run(trained_path, port=taken)
        monkeypatch.setattr(server, "PORT", taken)
        listening = server.listen("127.0.0.1", None)
        assert listening.getsockname()[1] not in (0, taken)
        listening.close()


def test_a_public_address_needs_a_key(trained_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "films.example"):
        with pytest.raises(InvalidParameter, match="MATINEE_KEY"):
            server.run(trained_path, host)


def test_an_address_of_another_machine(trained_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"192\.0\.2\.1"):
        server.run(trained_path, "192.0.2.1", key=KEY)


def test_loopback() -> None:
    assert all(server.is_loopback(h) for h in ("127.0.0.1", "127.0.0.2", "::1", "localhost"))
    assert not any(server.is_loopback(h) for h in ("0.0.0.0", "10.0.0.1", "example.org", ""))


def test_there_must_be_a_workspace(tmp_path: Path) -> None:
    with pytest.raises(MatineeError):
        server.run(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("name", ["PORT", "MATINEE_PORT"])
@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "1²"])
def test_a_port_must_be_one(
    trained_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, port: str
) -> None:
    monkeypatch.setenv(name, port)
    with pytest.raises(InvalidParameter, match=r"1\.\.65535"):
        serve(trained_path)


def test_a_key_file_is_read(trained_path: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="readable"):
        serve(trained_path, key_file=tmp_path / "missing")


def test_models_trained_meanwhile_are_served(tmp_path: Path) -> None:
    path = small_workspace(tmp_path / "workspace", trained=False)
    training = (
        "import sys; from pathlib import Path; from matinee.training import train;"
        "from matinee.storage.workspace import Workspace;"
        "train(Workspace.open(Path(sys.argv[1])), ['popularity', 'biases'])"
    )
    with command("-w", str(path)) as running:
        address = printed(running).partition("?")[0]
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            assert client.get("/").status_code == 503
            subprocess.run([sys.executable, "-c", training, str(path)], check=True, timeout=60)
            assert client.get("/").status_code == 200
            assert client.get("/api/v1/health").json()["ready"] is True
            found = client.get("/api/v1/users/u0/recommendations").json()["recommendations"]
            assert len(found) == 10
