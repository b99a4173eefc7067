"""The documents cannot fall behind: what they list, link and show is held to the code."""

from __future__ import annotations

import contextlib
import functools
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer
from documents import ROOT, blocks, code, rows, section, spans, text_of
from typer.main import get_command

import matinee
from matinee import errors, models, settings
from matinee.cli import app
from matinee.data.filters import FILTERS
from matinee.data.movielens.sets import SETS
from matinee.service import pages
from matinee.service.app import create_app
from matinee.storage.workspace import Workspace

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NOT_OURS = {"pure_svd.py"}
"""Files that a document asks its reader to make."""

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The service's own description of its routes."""
    folder = tmp_path_factory.mktemp("described") / "w"
    Workspace.open(folder, create=True).close()
    app = create_app(folder)
    app.state.workspace.close()  # nobody starts this one, so nobody shuts it down
    return app.openapi()


# ---- lists ------------------------------------------------------------------------------


def commands(command=None, path=("matinee",)):
    """Every command with its path."""
    command = command or program()
    if hasattr(command, "commands"):
        for name, sub in command.commands.items():
            yield from commands(sub, (*path, name))
    else:
        yield " ".join(path), command


@functools.cache
def program():
    """The command line as a tree, which takes a while to make."""
    return get_command(app)


def options(command) -> set[str]:
    return {
        name
        for p in command.params
        if p.param_type_name == "option"
        for name in (*p.opts, *p.secondary_opts)
    }


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_and_option_is_in_the_reference(name, command):
    said = section(text_of("docs/reference.md"), f"### {name}")
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(spans(said))))
    assert options(command) <= named
    assert not {n for n in named - options(command) if n != "--set"}, "an option that is gone"
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            assert f"`{parameter.metavar or parameter.name.upper()}`" in said


def test_no_command_in_the_reference_is_gone():
    listed = re.findall(r"^### (matinee .*)$", text_of("docs/reference.md"), re.MULTILINE)
    assert listed == [name for name, _ in commands()]


def test_options_before_the_command_are_in_the_reference():
    said = section(text_of("docs/reference.md"), "## Commands").partition("\n### ")[0]
    for option in options(program()):
        assert f"`{option}`" in said


def test_every_setting_is_in_the_reference():
    listed = rows(section(text_of("docs/reference.md"), "## Settings"))[1:]
    assert listed == [
        (
            f"`{name}`",
            f"`{settings.environment_name(name)}`",
            f"`{stated.default}`" if stated.default else "none",
            stated.meaning,
        )
        for name, stated in settings.SETTINGS.items()
    ]


def test_every_route_is_in_the_reference(described):
    routes = {
        (method.upper(), path): "yes" if "security" in operation else ""
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    said = section(text_of("docs/reference.md"), "## REST")
    assert {(m, code(p)): key for m, p, key, _ in rows(said)[1:]} == routes
    for route in pages.router.routes:
        for method in route.methods:
            assert f"`{method} {route.path}`" in said
    assert "`GET /api/v1/openapi.json`" in said


def test_every_error_is_in_the_reference():
    listed = rows(section(text_of("docs/reference.md"), "## Errors"))[1:]
    kinds = [
        k
        for k in vars(errors).values()
        if isinstance(k, type) and issubclass(k, errors.MatineeError)
    ]
    assert [row[:3] for row in listed] == [
        (f"`{k.__name__}`", str(errors.outcome(k).exit_code), str(errors.outcome(k).status))
        for k in kinds
    ]
    assert all(meaning for *_, meaning in listed)


def test_every_data_set_is_in_the_reference():
    listed = rows(section(text_of("docs/reference.md"), "## MovieLens sets"))[1:]
    assert [row[:4] for row in listed] == [
        (f"`{s.name}`", f"{s.ratings:,}", f"{s.users:,}", f"{s.items:,}") for s in SETS.values()
    ]
    for (*_, also, passed_on), known in zip(listed, SETS.values(), strict=True):
        has = {"people": known.has_people, "tags": known.has_tags}
        has |= {"links": known.has_links, "genome": known.has_genome}
        assert also.split(", ") == [what for what, there in has.items() if there]
        assert (passed_on == "yes") == ("may be passed on" in known.terms)


def test_every_filter_is_in_the_reference():
    listed = rows(section(text_of("docs/reference.md"), "## Filters"))[1:]
    assert [code(name).partition("(")[0] for name, _ in listed] == list(FILTERS)


def test_every_public_name_is_in_the_reference():
    listed = rows(section(text_of("docs/reference.md"), "## Python"))[1:]
    assert sorted(code(name) for name, _ in listed) == sorted(matinee.__all__)


@pytest.mark.parametrize("name", models.names())
def test_every_model_and_hyperparameter_is_on_the_models_page(name):
    page, kind = text_of("docs/models.md"), models.get(name)
    assert (f"[{name}](#{name})", kind.task) in [row[:2] for row in rows(page)]
    assert rows(section(page, f"## {name}"))[1:] == [
        (f"`{parameter}`", str(p.default), p.bounds, p.meaning)
        for parameter, p in kind.hyperparameters.items()
    ]


def test_no_model_on_the_models_page_is_gone():
    page = text_of("docs/models.md")
    assert re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE) == models.names()
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == models.names()


def test_every_extra_is_in_the_readme():
    listed = [code(row[0]) for row in rows(section(text_of("README.md"), "## Install"))[1:]]
    assert listed == [e for e in PYPROJECT["project"]["optional-dependencies"] if e != "dev"]


def test_the_picture_shows_the_layers_in_their_order():
    (contract,) = PYPROJECT["tool"]["importlinter"]["contracts"]
    picture = [line[:55] for line in blocks(text_of("docs/architecture.md"), "")[0].splitlines()]
    places = []
    for layer in contract["layers"]:
        for name in layer.split(" | "):
            word = name.strip().removeprefix("matinee.")
            places.append(
                next(i for i, line in enumerate(picture) if word in re.findall(r"\w+", line))
            )
    assert places == sorted(places)


def test_every_change_has_a_version_and_the_newest_is_ours():

    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == matinee.__version__
    assert f"Version {matinee.__version__}" in text_of("README.md")


# ---- links, files and command lines -----------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as repositories' pages make them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


@every_document
def test_routes_that_are_named_exist(document, described):
    patterns = [re.sub(r"\{\w+\}", "[^/]+", path) for path in described["paths"]]
    patterns.append("/api/v1/openapi.json")
    for named in re.findall(r"/api/v1/[\w/{}.-]*[\w}]", document.read_text("utf-8")):
        assert any(re.fullmatch(pattern, named) for pattern in patterns), named


@every_document
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        place = document.parent / name if name else document
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


@every_document
def test_files_that_are_named_exist(document):
    places = (ROOT, ROOT / "src" / "matinee", document.parent)
    for span in spans(document.read_text("utf-8")):
        if re.fullmatch(r"[\w./-]+\.(py|md|txt)", span) and Path(span).name not in NOT_OURS:
            assert any((place / span).exists() for place in places), span


def parsed(line: str) -> None:
    """Parse a command line as the program would, without running it."""
    words = shlex.split(re.split(r"\s(?:>|\||&&)\s", line)[0], comments=True)
    command, name = program(), words.pop(0)
    while hasattr(command, "commands"):
        if not words or words[0].startswith("-"):
            assert set(words) <= options(command) | {"--help", "-h"}, line
            return
        name = words.pop(0)
        assert name in command.commands, line
        command = command.commands[name]
    with contextlib.suppress(typer.Exit):  # --help has been shown
        command.make_context(name, words)


@every_document
def test_command_lines_in_blocks_parse(document, capsys):
    for block in blocks(document.read_text("utf-8"), "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"(\.venv/bin/)?matinee ", line):
                parsed(line)


@every_document
def test_commands_in_the_text_exist(document):
    for span in spans(document.read_text("utf-8")):
        if not span.startswith("matinee "):
            continue
        command, words = program(), span.split()[1:]
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            assert words[0] in command.commands, span
            command = command.commands[words.pop(0)]
        named = {w for w in words if re.fullmatch(r"--?[a-z][a-z-]*", w)}
        assert named <= options(command) | {"--help", "-h"}, span


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_the_help_of_every_command_shows_a_line_that_parses(name, command, capsys):
    shown = re.findall(r"^\s*(matinee .*)$", command.help or "", re.MULTILINE)
    for line in shown:
        assert line.startswith(name), line
        parsed(line)
    assert shown or name == "matinee serve"


@every_document
def test_documents_name_no_machine_and_no_index(document):
    text = document.read_text("utf-8")
    assert "/work/" not in text
    assert "pypi" not in text.lower()
