"""A scan that goes on where it was broken off."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matinee.clustering.measuring import Measured, Measuring
from matinee.clustering.scan import Scan
from matinee.progress import Progress, silent
from matinee.report import choosing_k
from matinee.scanning import record
from matinee.scanning.judging import Judge
from matinee.scanning.record import Record
from matinee.scanning.subject import Subject


class Scanning:
    """A subject's scan, kept in a file. Make one with `scanning`."""

    def __init__(self, subject: Subject, measuring: Measuring, kept: Record) -> None:
        self.subject, self.file = subject, kept.file
        self._measuring, self._record = measuring, kept

    @property
    def scan(self) -> Scan:
        """All that was measured so far, in this and in earlier runs."""
        rows, kept = self._measuring, self._record
        return Scan.of(
            kept.measured.values(), rows.points.shape[0], rows.sample_size, kept.popularity
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self._measuring.points.shape
        return rows, columns

    def as_dict(self, boundary: float | None = None) -> dict[str, Any]:
        """All of it in plain values; what cannot be is None."""
        scan = self.scan
        rows = [
            {name: _plain(value) for name, value in row._asdict().items()}
            | {"difference": _plain(difference)}
            for row, difference in zip(scan.rows(), scan.differences.tolist(), strict=True)
        ]
        half = choosing_k.default_boundary(scan) if boundary is None else boundary
        return {
            "data": self.subject.name,
            "on": self.subject.on,
            "features": self.subject.features,
            "scaling": self.subject.scaling or None,
            "method": self.subject.method,
            "seed": self.subject.seed,
            "rows": self.shape[0],
            "columns": self.shape[1],
            "silhouette_sample": scan.sample_size,
            "notes": list(self.subject.notes),
            "verdict": scan.verdict,
            "structure": scan.structure,
            "knee": scan.knee,
            "boundary": half,
            "settled": scan.settled(half),
            "popularity": _plain(scan.popularity),
            "scan": rows,
            "file": self.file,
        }

    def run(
        self,
        ks: Iterable[int],
        *,
        quality: bool = True,
        tell: Callable[[Measured, float], object] = lambda measured, difference: None,
        progress: Progress = silent,
    ) -> Scan:
        """Measure those of `ks` that are not in the file yet, each kept once it is done.

        Parameters
        ----------
        quality
            Whether to judge the recommender too; a k that was measured without is judged now.
        tell
            Called for every k in the file, in order, with what was measured and the change of WCSS
            for each cluster more; those that were known before included.

        Raises
        ------
        InvalidParameter
            See `Measuring.check`.
        """
        wanted = self._measuring.check(list(ks))
        judge = self.subject.judge if quality else None
        kept = self._record
        every = sorted({*wanted, *kept.measured})
        missing = [k for k in wanted if k not in kept.measured or (judge and k not in kept.judged)]
        if missing and judge is not None and math.isnan(kept.popularity):
            progress("judging popularity", 0, 1)
            kept.popularity = judge.popularity
            progress("judging popularity", 1, 1)
        before: Measured | None = None
        done = 0
        for k in every:
            if k in missing:
                progress("scanning k", done, len(missing))
                self._measure(k, judge)
                done += 1
            measured = kept.measured[k]
            tell(measured, _difference(before, measured))
            before = measured
        progress("scanning k", len(missing), len(missing))
        return self.scan

    def _measure(self, k: int, judge: Judge | None) -> None:
        kept = self._record
        measured = kept.measured.get(k)
        if measured is None:
            measured = self._measuring.at(k, judge)
        elif judge is not None:
            began = time.perf_counter()
            measured = measured._replace(quality=judge(k))
            seconds = measured.seconds + time.perf_counter() - began
            measured = measured._replace(seconds=seconds)
        kept.put(measured, judged=judge is not None)

    def write_report(
        self, path: Path | None = None, *, boundary: float | None = None, upto: int | None = None
    ) -> Path:
        """Write the HTML report, beside the scan's file unless `path` says where."""
        path = self.file.with_suffix(".html") if path is None else path
        about = {
            "columns": f"{self._measuring.points.shape[1]:,}",
            "features": self.subject.features,
            **({"scaling": self.subject.scaling} if self.subject.scaling else {}),
            "method": self.subject.method,
            "seed": str(self.subject.seed),
        }
        choosing_k.write(
            path,
            self.scan,
            name=f"Choosing k: {self.subject}",
            about=about,
            notes=self.subject.notes,
            boundary=boundary,
            upto=upto,
        )
        return path


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _difference(before: Measured | None, measured: Measured) -> float:
    if before is None:
        return math.nan
    return (measured.wcss - before.wcss) / (measured.k - before.k)


@contextmanager
def scanning(
    subject: Subject,
    folder: Path,
    *,
    n_init: int = 4,
    max_iter: int = 300,
    silhouette_sample: int = 10_000,
) -> Iterator[Scanning]:
    """The scan of a subject, begun or taken up again.

    Its file is named after the subject and after what the figures depend on (rows, what people
    like, seed, settings, version), so what differs in any of these stands in another file.

    Parameters
    ----------
    folder
        Where the file stands or is to stand.
    n_init, max_iter, silhouette_sample
        See `Measuring`.

    Raises
    ------
    InvalidParameter
        A setting is out of bounds.
    InvalidInput
        Another process is at the same scan, or its file cannot be read.
    """
    measuring = Measuring(
        subject.points,
        method=subject.method,
        n_init=n_init,
        max_iter=max_iter,
        seed=subject.seed,
        silhouette_sample=silhouette_sample,
    )
    settings = f"{subject.made_of} {n_init} {max_iter} {measuring.sample_size}"
    made_of = hashlib.sha256(settings.encode()).hexdigest()
    words = [subject.on, subject.features, subject.scaling, subject.method, subject.name]
    name = "-".join(re.sub(r"[^\w.]+", "_", word) for word in words if word)
    with record.opened(folder / f"{name}-{made_of[:8]}.json", made_of) as kept:
        yield Scanning(subject, measuring, kept)
