"""The server under load for a while, and killed in the middle of it."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from serving import API
from small import small_workspace
from test_server import command, free_port, printed

from matinee.storage.workspace import Workspace

pytestmark = pytest.mark.slow


def resident_mib(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def use(base: str, key: str, seed: int, until: float, statuses: list[int]) -> None:
    """Rate and ask by turns, as a page does."""
    choose = random.Random(seed)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=base + API, headers=headers, trust_env=False, timeout=30) as client:
        while time.monotonic() < until:
            user, item = f"u{choose.randrange(40)}", f"m{choose.randrange(40)}"
            answers = [
                client.put(f"/users/{user}/ratings/{item}", json={"value": choose.randint(1, 5)}),
                client.get(f"/users/{user}/recommendations", params={"n": 5}),
                client.get("/titles", params={"q": "pict"}),
                client.post("/recommendations/by-title", json={"liked": ["Fargo"]}),
            ]
            statuses += [a.status_code for a in answers]


def test_a_minute_of_use_fails_nobody_and_keeps_its_memory(tmp_path: Path) -> None:
    path, port = small_workspace(tmp_path / "w"), free_port()
    with command("-w", str(path), "--port", str(port)) as running:
        key = printed(running).partition("key=")[2]
        base = f"http://127.0.0.1:{port}"
        statuses: list[int] = []
        use(base, key, 0, time.monotonic() + 8, statuses)
        before = resident_mib(running)
        until = time.monotonic() + 50
        users = [
            threading.Thread(target=use, args=(base, key, seed, until, statuses))
            for seed in (1, 2, 3)
        ]
        for thread in users:
            thread.start()
        for thread in users:
            thread.join()
        grown = resident_mib(running) - before
    assert len(statuses) > 1000
    assert set(statuses) == {200}
    assert grown <= 0.1 * before, f"{before:.0f} MiB grew by {grown:.0f} MiB"


def test_a_killed_server_has_lost_no_rating_that_it_acknowledged(tmp_path: Path) -> None:
    path = small_workspace(tmp_path / "w")
    acknowledged: dict[tuple[str, str], float] = {}
    for attempt in range(10):
        port = free_port()
        with command("-w", str(path), "--port", str(port)) as running:
            key = printed(running).partition("key=")[2]
            address = f"http://127.0.0.1:{port}{API}/users"
            threading.Timer(0.5 + 0.05 * attempt, running.send_signal, [signal.SIGKILL]).start()
            with httpx.Client(headers={"X-API-Key": key}, trust_env=False) as client:
                for number in range(100_000):
                    user, item = f"guest{attempt}", f"m{number % 40}"
                    value = float(number % 5 + 1)
                    try:
                        answer = client.put(
                            f"{address}/{user}/ratings/{item}", json={"value": value}
                        )
                    except httpx.TransportError:
                        # This last one may or may not have reached the disk.
                        acknowledged.pop((user, item), None)
                        break
                    assert answer.status_code == 200
                    acknowledged[user, item] = value
        with Workspace.open(path) as opened:
            for (user, item), value in acknowledged.items():
                stored = opened.store.ratings_of(opened.store.user_index(user))
                index = opened.store.item_index(item)
                assert stored.value[stored.item_index == index] == [value]
    assert len(acknowledged) > 40
