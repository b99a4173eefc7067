"""What the benchmark scripts share: contestants by turns, medians with ranges, results.md."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import statistics
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments import OURS, PEERS, Missing, Worker, default_cache

import matinee

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.md"


def arguments(description: str | None, **extra: Any) -> argparse.ArgumentParser:
    """The options that every script has; `extra` adds some as ``name=default``.

    A list as default takes several values of the type of its first.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, default=default_cache(), help="environments, data")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=[], help="labels that contain one of these")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file to write to")
    for name, default in extra.items():
        several = isinstance(default, list)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default[0] if several else default),
            nargs="+" if several else None,
            default=default,
        )
    return parser


@dataclass(frozen=True)
class Contestant:
    """One line of a table: a job with its settings."""

    label: str
    library: str
    """"ours", or a name in `environments.PEERS`."""
    job: str
    settings: dict[str, Any] = field(default_factory=dict)


class Field:
    """The processes of all contestants; a library that cannot be had is left out with a word."""

    def __init__(self, cache: Path, threads: int, only: Sequence[str] = ()) -> None:
        self.threads = threads
        self.cache, self._only = cache, only
        self._workers: dict[str, Worker | None] = {}
        self.skipped: dict[str, str] = {}
        """Why each label that does not stand in the table is left out."""

    def worker(self, library: str) -> Worker | None:
        if library not in self._workers:
            try:
                peer = OURS if library == OURS.name else PEERS[library]
                self._workers[library] = Worker(peer, self.cache, self.threads)
            except Missing as missing:
                print(f"without {PEERS[library].title}: {missing}", file=sys.stderr)
                self.skipped[PEERS[library].title] = str(missing)
                self._workers[library] = None
        return self._workers[library]

    def present(self, contestants: Iterable[Contestant]) -> list[Contestant]:
        """Those that were asked for and can run."""
        wanted = [
            c for c in contestants if not self._only or any(part in c.label for part in self._only)
        ]
        return [c for c in wanted if self.worker(c.library) is not None]

    def run(self, contestant: Contestant, data: Path) -> dict[str, Any] | None:
        """What the job returned; None (and a word) if it failed."""
        worker = self.worker(contestant.library)
        if worker is None:
            return None
        try:
            result = worker.run(contestant.job, data, **contestant.settings)
        except Missing as missing:
            print(f"without {contestant.label}: {missing}", file=sys.stderr)
            self.skipped[contestant.label] = str(missing)
            worker.close()
            del self._workers[contestant.library]
            return None
        shown = ", ".join(f"{k} {_short(v)}" for k, v in result.items() if _short(v))
        print(f"  {contestant.label}: {shown}", file=sys.stderr)
        return result

    def versions(self) -> str:
        """The libraries that took part."""
        titles = [f"matinee {matinee.__version__}"]
        titles += [
            f"{w.peer.title} {w.peer.version}"
            for w in self._workers.values()
            if w and w.peer is not OURS
        ]
        return ", ".join(titles)

    def close(self) -> None:
        for worker in self._workers.values():
            if worker is not None:
                worker.close()


def _short(value: Any) -> str:
    """A number, or numbers, in a few digits; nothing for anything else."""
    if isinstance(value, int | float):
        return f"{value:.4g}"
    return " ".join(map(_short, value)) if isinstance(value, list) else ""


@contextmanager
def field_of(given: argparse.Namespace) -> Iterator[Field]:
    """The field that a script's options ask for, closed in the end."""
    result = Field(given.cache, given.threads, given.only)
    try:
        yield result
    finally:
        result.close()


Runner = Callable[[Contestant, Path], dict[str, Any] | None]


def alternate(
    run: Runner,
    contestants: Sequence[Contestant],
    data: Path,
    rounds: int,
    warm_up: Path | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Each contestant once a round, A B A B, so that a slow minute of the machine hits all.

    A round that does not count comes first, on the smaller data of `warm_up` where that is given:
    compilation, caches and thread pools are then behind everybody.

    Returns
    -------
    The results of each label, one a round; contestants that failed are left out.
    """
    left = [c for c in contestants if run(c, warm_up or data) is not None]
    results: dict[str, list[dict[str, Any]]] = {c.label: [] for c in left}
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        for contestant in left:
            result = run(contestant, data)
            if result is not None:
                results[contestant.label].append(result)
    return {label: found for label, found in results.items() if len(found) == rounds}


@dataclass(frozen=True)
class Times:
    """Seconds that were measured."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.3g} ({min(self.seconds):.3g}-{max(self.seconds):.3g})"

    def ratio(self, other: Times) -> str:
        """Our median against another's, with the range over the rounds, paired where they are."""
        text = f"{self.median / other.median:.2f}x"
        if len(self.seconds) != len(other.seconds):
            return text
        each = [a / b for a, b in zip(self.seconds, other.seconds, strict=True)]
        return f"{text} ({min(each):.2f}-{max(each):.2f})"


def times(results: Iterable[dict[str, Any]], key: str = "seconds") -> Times:
    """Of one number a round, or of the numbers of all rounds where it is a list."""
    found: list[float] = []
    for result in results:
        value = result[key]
        found += [value] if isinstance(value, int | float) else list(value)
    return Times(tuple(found))


def settings(side: str, data: str) -> dict[str, dict[str, Any]]:
    """Tuned settings by name: of "ours" (settings.toml) or of the "peers" (peers.toml)."""
    path = HERE / ("settings.toml" if side == "ours" else "peers.toml")
    if not path.exists():
        return {}
    table: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get(data, {})
    found = {"validation", "trials"}  # what tuning says of itself
    return {label: {k: v for k, v in t.items() if k not in found} for label, t in table.items()}


# ---- results.md ---------------------------------------------------------------------------


def machine() -> str:
    """Processor, cores, memory, system and Python, in one line."""
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = re.findall(r"model name\s*: (.*)", info.read_text())
        cpu = names[0].strip() if names else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def command_line() -> str:
    """How this script was called, without what depends on the machine."""
    words, skip = [], False
    for word in sys.argv[1:]:
        if skip or word.startswith(("--cache", "--results")):
            skip = not skip and "=" not in word
            continue
        words.append(word)
    return " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def write_section(path: Path, title: str, taking_part: Field, body: str) -> None:
    """Put a section into results.md, in place of the one of that title, and print it."""
    left_out = "".join(f"\n\nWithout {label}: {why}." for label, why in taking_part.skipped.items())
    section = (
        f"## {title}\n\n`{command_line()}`, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}. "
        f"Threads: {taking_part.threads}. {machine()}. {taking_part.versions()}.\n\n"
        f"{body.strip()}{left_out}\n"
    )
    print(section)
    before = path.read_text("utf-8") if path.exists() else HEAD
    path.write_text(replaced(before, title, section), "utf-8")


HEAD = """\
# Results

Written by the scripts of this folder; each replaces its own sections. See [README.md](README.md)
for what they do. Times are medians of rounds by turns, with the range in parentheses.
"""


def replaced(text: str, title: str, section: str) -> str:
    """`text` with the section of that title replaced; sections stand in order of their titles."""
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    kept = [s.strip() + "\n" for s in sections if s.partition("\n")[0] != f"## {title}"]
    ordered = sorted([*kept, section.strip() + "\n"], key=lambda s: s.partition("\n")[0])
    return "\n".join([head.strip() + "\n", *ordered])
