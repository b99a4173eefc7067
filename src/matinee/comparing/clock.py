"""How much of a comparison is done, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence

from matinee.progress import Progress, silent

Tell = Callable[[str], object]
"""Given a line of text about what has just been found."""


class Clock:
    """Jobs in their order, and what they took.

    A job is one model in one repeat. One that is like another (the same model) is expected to
    take as long as that did on average, and any other as long as the mean of all so far. What was
    found in the cache says nothing of how long the rest will take.

    Parameters
    ----------
    jobs
        What each job is like: the same for jobs that take about the same time.
    """

    def __init__(
        self,
        jobs: Sequence[Hashable],
        progress: Progress = silent,
        tell: Tell = lambda line: None,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._jobs = list(jobs)
        self._progress, self._tell, self._now = progress, tell, now
        self._took: dict[Hashable, list[float]] = {}
        self._began = self._job_began = now()
        self._share = 0.0
        self.done = 0
        self._show()

    def step(self, share: float) -> None:
        """So much of the current job is done, 0 to 1."""
        self._share = share
        self._show()

    def job_done(self, line: str, *, cached: bool) -> None:
        """The current job has ended, well or not; the next begins."""
        if not cached:
            kind = self._jobs[self.done]
            self._took.setdefault(kind, []).append(self._now() - self._job_began)
        self.done, self._share, self._job_began = self.done + 1, 0.0, self._now()
        self._tell(f"{line}{self._spoken()}")
        self._show()

    def skip(self, jobs: int) -> None:
        """So many of the next jobs will not be done."""
        self.done, self._share, self._job_began = self.done + jobs, 0.0, self._now()
        self._show()

    @property
    def left(self) -> float | None:
        """Seconds, as far as can be told; None before anything is known."""
        means = {kind: sum(took) / len(took) for kind, took in self._took.items()}
        spent = self._now() - self._job_began
        rest = self._jobs[self.done :]
        if not rest:
            return 0.0
        if self._share > 0 and rest[0] not in means:
            means[rest[0]] = spent / self._share
        if not means:
            return None
        other = sum(means.values()) / len(means)
        current = max(0.0, means.get(rest[0], other) - spent)
        return current + sum(means.get(kind, other) for kind in rest[1:])

    def _spoken(self) -> str:
        left = self.left
        if not left or self.done >= len(self._jobs):
            return ""
        return f"; about {spoken(left)} left"

    def _show(self) -> None:
        left = self.left
        if left is None:
            self._progress("comparing", 0, None)
            return
        spent = self._now() - self._began
        over = self.done >= len(self._jobs)
        self._progress("comparing", int(spent), int(spent) if over else int(spent + left) + 1)


def spoken(seconds: float) -> str:
    """A time as one says it: "40 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
