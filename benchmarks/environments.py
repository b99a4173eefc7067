"""Peers in environments of their own, and a process for each that runs what it is asked to.

A peer is installed once into a folder under the cache, named after its requirements, so that new
versions get a new folder. It never shares an environment with matinee or with another peer. What
goes in and out is .npz files and a line of JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Peer:
    """A library to compare with. Its jobs are the functions of ``contestants/NAME.py``."""

    name: str
    title: str
    python: str
    """Empty for the environment that matinee is in."""
    requirements: tuple[str, ...] = ()
    least: tuple[int, ...] = ()
    """Versions of `python` below this do not do."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Its own version: the last of the requirements."""
        return self.requirements[-1].partition("==")[2]


NUMPY = ("numpy==2.4.6", "scipy==1.17.1")
PEERS = {
    peer.name: peer
    for peer in (
        # It calls BLAS inside its own parallel loops, which wants one thread there.
        Peer(
            "implicit_als",
            "implicit",
            "3.11",
            (*NUMPY, "implicit==0.7.3"),
            environment={"OPENBLAS_NUM_THREADS": "1"},
        ),
        Peer("irspack_models", "irspack", "3.11", (*NUMPY, "irspack==0.5.2")),
        Peer("surprise_models", "Surprise", "3.11", (*NUMPY, "scikit-surprise==1.1.5")),
        Peer("cornac_models", "Cornac", "3.11", (*NUMPY, "cornac==3.0.1")),
        Peer("rectools_models", "RecTools", "3.11", ("numpy==1.26.4", "RecTools==0.19.0")),
        Peer("myfm_models", "myFM", "3.12", (*NUMPY, "pandas==3.1.1", "myfm==0.5.0")),
        Peer("lightgbm_models", "LightGBM", "3.11", (*NUMPY, "lightgbm==4.7.0")),
        Peer("ranx_metrics", "ranx", "3.11", (*NUMPY, "ranx==0.3.21")),
        # Older 3.12 releases are refused by LensKit itself.
        Peer(
            "lenskit_models",
            "LensKit",
            "3.13",
            ("numpy==2.5.5", "scipy==1.18.1", "torch==2.13.0", "lenskit==2026.4.0"),
            least=(3, 12, 5),
        ),
        # matinee needs these itself: no environments of their own.
        Peer("numpy_arrays", "NumPy", "", (f"numpy=={version('numpy')}",)),
        Peer("sklearn_models", "scikit-learn", "", (f"scikit-learn=={version('scikit-learn')}",)),
    )
}
OURS = Peer("ours", "matinee", "")


class Missing(Exception):
    """A peer cannot be had here; the message says why."""


def default_cache() -> Path:
    """``matinee-benchmarks`` in the user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "matinee-benchmarks"


def interpreter(version: str, least: tuple[int, ...] = ()) -> str:
    """A Python of that version on this machine.

    Raises
    ------
    Missing
        There is none.
    """
    for candidate in _interpreters(version):
        asked = "import sys; print(*sys.version_info[:3])"
        try:
            said = subprocess.run(
                [candidate, "-c", asked], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        found = tuple(int(part) for part in said.split())
        if ".".join(map(str, found[:2])) == version and found >= least:
            return candidate
    wanted = ".".join(map(str, least)) if least else version
    raise Missing(f"it needs Python {version} ({wanted} or newer), which is not here")


def _interpreters(version: str) -> Iterator[str]:
    yield sys.executable
    found = shutil.which(f"python{version}")
    if found:
        yield found
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(roots.glob(f"{version}.*/bin/python"), reverse=True))


def install(peer: Peer, cache: Path) -> str:
    """The Python of the peer's environment, made if it is not there yet.

    Raises
    ------
    Missing
        Its Python is not on this machine, or it cannot be installed.
    """
    if not peer.python:
        return sys.executable
    mark = hashlib.sha256(" ".join((peer.python, *peer.requirements)).encode()).hexdigest()[:8]
    folder = cache / "environments" / f"{peer.name}-{mark}"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if done.exists():
        return str(python)
    base = interpreter(peer.python, peer.least)
    print(f"installing {peer.title} {peer.version} into {folder}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [base, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *peer.requirements],
    ):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            print(ran.stderr, file=sys.stderr)
            raise Missing("it could not be installed")
    done.touch()
    return str(python)


class Worker:
    """A process in a peer's environment that runs one job at a time."""

    def __init__(self, peer: Peer, cache: Path, threads: int) -> None:
        self.peer = peer
        python = install(peer, cache)
        self._log = cache / "logs" / f"{peer.name}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._out = cache / "answers" / f"{peer.name}-{os.getpid()}.npz"
        self._out.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [python, str(HERE / "worker.py"), peer.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=_environment(peer, threads),
            )

    def run(self, job: str, data: Path, **settings: Any) -> dict[str, Any]:
        """What the job returned: numbers, and arrays.

        Raises
        ------
        Missing
            The process failed; its last words are printed, all of them are in the log.
        """
        request = {"job": job, "data": str(data), "out": str(self._out), "settings": settings}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has died, as the missing answer tells
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            words = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            print(f"{self._log}: {' '.join(words)}", file=sys.stderr)
            raise Missing(f"{job} of {self.peer.title} failed")
        result: dict[str, Any] = json.loads(answer)
        with np.load(self._out, allow_pickle=False) as arrays:
            result.update({name: arrays[name] for name in arrays.files})
        return result

    def close(self) -> None:
        """End the process, and remove what it answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has died
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._out.unlink(missing_ok=True)


def _environment(peer: Peer, threads: int) -> dict[str, str]:
    numbers = ("OMP", "OPENBLAS", "MKL", "NUMBA", "LK", "RAYON")
    result = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONHASHSEED": "0"}
    result |= {f"{name}_NUM_THREADS": str(threads) for name in numbers}
    # How threads wait is left to each library, as its users have it: they spin for some
    # milliseconds at most, and contestants take turns of seconds.
    result |= {"IRSPACK_NUM_THREADS_DEFAULT": str(threads)}
    return result | peer.environment
