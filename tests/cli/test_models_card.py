"""``matinee models card`` and what training from a configuration notes in it."""

from __future__ import annotations

import json

import pytest
from small import small_workspace

from matinee import models
from matinee.evaluation.origins import Origin
from matinee.splits import Protocol
from matinee.storage.workspace import Workspace
from matinee.training import train
from matinee.tuning import configuration


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = small_workspace(tmp_path_factory.mktemp("cli") / "w", trained=False)
    with Workspace.open(folder) as workspace:
        train(workspace, ["popularity", "biases"])
    return str(folder)


def test_as_text_and_as_json(matinee, folder):
    code, out, err = matinee("models", "card", "biases", "-w", folder)
    assert code == 0, err
    assert out.startswith("# biases: ")
    told = json.loads(matinee("models", "card", "biases", "-w", folder, "--json")[1])
    assert told["model"] == "biases"
    assert told["limits"][0] in " ".join(out.split())
    # By its id, and the newest of all where none is named.
    for named in ([told["id"]], []):
        again = matinee("models", "card", *named, "-w", folder, "--json")[1]
        assert json.loads(again) == told


def test_as_a_page(matinee, folder, tmp_path):
    page = tmp_path / "card.html"
    code, out, _ = matinee("models", "card", "popularity", "-w", folder, "--html", str(page))
    assert code == 0
    assert str(page) in out
    assert "Model card: popularity" in page.read_text(encoding="utf-8")
    nowhere = str(tmp_path / "no" / "card.html")
    code, _, err = matinee("models", "card", "-w", folder, "--html", nowhere)
    assert code == 2
    assert "--html" in err


def test_models_that_are_not_there(matinee, folder, tmp_path):
    assert matinee("models", "card", "als", "-w", folder)[0] == 3
    with Workspace.open(tmp_path / "empty", create=True):
        pass
    code, _, err = matinee("models", "card", "-w", str(tmp_path / "empty"))
    assert code == 4
    assert "matinee train" in err


def test_training_from_a_configuration_says_so(matinee, tmp_path):
    folder, config = str(small_workspace(tmp_path / "w", trained=False)), tmp_path / "best.toml"
    origin = Origin("small", "ab", Protocol("random", 0.1, 42), "cd", "b.sqlite", 1, 5, "rmse", 0.5)
    kind = models.get("biases")
    name, *_ = kind.hyperparameters
    configuration.write(config, kind(), origin=origin)
    code, _, err = matinee(
        "train", "--config", str(config), "--set", f"{name}=3", "-w", folder, "--json"
    )
    assert code == 0, err
    told = json.loads(matinee("models", "card", "-w", folder, "--json")[1])
    assert {s["name"]: s["by"] for s in told["settings"]} == {
        **dict.fromkeys(kind.hyperparameters, "best.toml"),
        name: "--set",
    }
    assert Origin.of(told["origin"]) == origin
    assert any("may have looked at any" in sentence for sentence in told["limits"])
