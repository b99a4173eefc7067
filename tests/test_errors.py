"""The error tree is drawn as it is, and every error has a way out of the program."""

from __future__ import annotations

import re

import pytest

from matinee import errors
from matinee.errors import MatineeError, outcome, some

KINDS = {k: v for k, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}


def drawn():
    """(depth, name) of each line of the tree at the top of the file."""
    lines = re.findall(r"^    ([ │├└─]*)([A-Z]\w+)", errors.__doc__ or "", flags=re.MULTILINE)
    return [(len(indent) // 4, name) for indent, name in lines]


def test_the_tree_is_drawn_as_it_is():
    above: list[str] = []
    for depth, name in drawn():
        del above[depth:]
        if above:
            assert KINDS[name].__bases__[0] is KINDS[above[-1]], name
        above.append(name)
    assert {name for _, name in drawn()} == set(KINDS)


def test_builtin_ancestors_are_drawn_too():
    for line in (errors.__doc__ or "").splitlines():
        for name, builtin in re.findall(r"(\w+) \(also a (\w+)\)", line):
            assert issubclass(KINDS[name], getattr(__import__("builtins"), builtin))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_error_is_described_and_has_an_outcome(kind):
    assert issubclass(kind, MatineeError)
    assert kind.__doc__
    out = outcome(kind)
    assert out == outcome(kind("why"))
    assert 1 <= out.exit_code < 64
    assert 400 <= out.status < 600
    assert out.title


@pytest.mark.parametrize(
    ("kind", "exit_code", "status"),
    [
        (errors.InvalidParameter, 2, 422),
        (errors.UnknownUser, 3, 404),
        (errors.Ambiguous, 3, 409),
        (errors.Unsupported, 2, 422),
        (errors.NotReady, 4, 503),
        (errors.Unauthorized, 5, 401),
        (errors.NoNetwork, 6, 502),
        (errors.DiskFull, 7, 507),
        (errors.CorruptArchive, 8, 500),
        (errors.StoreUnavailable, 9, 503),
        (errors.NewerStore, 9, 500),
        (errors.MatineeError, 1, 500),
    ],
)
def test_outcomes(kind, exit_code, status):
    assert outcome(kind)[:2] == (exit_code, status)


def test_an_error_that_is_not_listed_leaves_as_its_nearest_ancestor():
    class Odd(errors.UnknownItem):
        pass

    assert outcome(Odd("x")) == outcome(errors.NotFound)


def test_some_names_a_few_offenders():
    assert some([]) == ""
    assert some(range(5)) == "0, 1, 2, 3, 4"
    assert some(range(9)) == "0, 1, 2, 3, 4 and 4 more"
    assert some("abc", limit=2) == "a, b and 1 more"
    assert some(i for i in (1, "x")) == "1, x"
