"""What tuning writes is what training reads."""

from __future__ import annotations

import pytest

from matinee import models
from matinee.errors import InvalidParameter
from matinee.evaluation.origins import Origin
from matinee.splits import Protocol
from matinee.tuning import configuration


@pytest.mark.parametrize("name", models.names())
def test_there_and_back(name, tmp_path):
    model = models.create(name)
    configuration.write(tmp_path / "c.toml", model, ["Found by somebody.", "Once."])
    assert configuration.read(tmp_path / "c.toml") == (name, model.parameters, None)
    assert (tmp_path / "c.toml").read_text().startswith("# Found by somebody.\n# Once.\nmodel")


def test_where_settings_come_from(tmp_path):
    protocol = Protocol("per-user", 0.2, 42, minimum=5, liked=4.0, filters=("5+ a user", 'für "é"'))
    origin = Origin(
        "ml-100k", "ab12", protocol, "cd", "als-ml-100k-42.sqlite", 3, 20, "ndcg@10", 0.25
    )
    path = tmp_path / "c.toml"
    configuration.write(path, models.create("als"), ["Found."], origin)
    assert configuration.read(path).origin == origin
    # Before anything was tried there is no figure, and no seed where nothing is drawn.
    early = Origin("mine", "ab12", Protocol("time", 0.1), "cd")
    configuration.write(path, models.create("popularity"), origin=early)
    assert configuration.read(path) == ("popularity", {}, early)


def test_small_and_large_numbers(tmp_path):
    model = models.create("als", regularization=1e-12, bias_regularization=1e22, seed=2**40)
    configuration.write(tmp_path / "c.toml", model)
    assert configuration.read(tmp_path / "c.toml")[1] == model.parameters


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model = ", "TOML"),
        ("model = 3", "must hold model"),
        ("", "must hold model"),
        ('model = "als"\nfactors = 3', "nothing else"),
        ('model = "als"\nparameters = 3', "must hold model"),
        ('model = "nonsense"', "no model 'nonsense'"),
        ('model = "als"\n[parameters]\nfactors = 0', "factors"),
        ('model = "als"\n[parameters]\nnonsense = 0', "nonsense"),
        ('model = "als"\n[parameters]\nregularization = nan', "regularization"),
        ('model = "als"\norigin = 3', "below .origin."),
        ('model = "als"\n[origin]\ndata = "ml-100k"', "below .origin. .*protocol"),
        ('model = "als"\n[origin]\nnonsense = 1\n[origin.protocol]\nkind = "time"', "nonsense"),
    ],
)
def test_what_is_not_a_configuration(tmp_path, text, said):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(InvalidParameter, match=said):
        configuration.read(path)


def test_no_file(tmp_path):
    with pytest.raises(InvalidParameter, match="No such file"):
        configuration.read(tmp_path / "c.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidParameter, match="TOML"):
        configuration.read(tmp_path / "binary")


def test_it_is_for_its_own_model_only(tmp_path):
    path = tmp_path / "c.toml"
    configuration.write(path, models.create("als", factors=9))
    for names in (None, [], ["als"]):
        assert configuration.chosen(path, names).model == "als"
    with pytest.raises(InvalidParameter, match="is for als"):
        configuration.chosen(path, ["als", "biases"])
