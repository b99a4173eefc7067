"""Runs jobs of one contestant: ``python worker.py CONTESTANT``, requests in, answers out.

It needs nothing but the contestant's own environment, with numpy. A request is a line of JSON on
the standard input: the job (a function of ``contestants/CONTESTANT.py``), a .npz of data, settings,
and where to put arrays. The job gets the data as a dictionary of arrays and returns a dictionary;
its arrays go to that file, its numbers into a line of JSON on the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

import numpy as np


def loaded(path: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def main() -> None:
    # Libraries print; what they print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    contestant = importlib.import_module(f"contestants.{sys.argv[1]}")
    held, data = "", {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["data"] != held:
            held, data = request["data"], loaded(request["data"])
        result = getattr(contestant, request["job"])(data, **request["settings"])
        arrays = {k: v for k, v in result.items() if isinstance(v, np.ndarray)}
        np.savez(request["out"], **arrays)
        numbers = {k: v for k, v in result.items() if k not in arrays}
        answers.write(json.dumps(numbers) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
