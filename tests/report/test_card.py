"""The page of a card: everything that its text says, and nothing that a browser complains of."""

from __future__ import annotations

import pytest
from small import small_workspace

from matinee.cards import reading, words
from matinee.report import card as report
from matinee.storage.workspace import Workspace
from matinee.training import train


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    folder = small_workspace(tmp_path_factory.mktemp("card") / "w", trained=False)
    with Workspace.open(folder) as workspace:
        train(workspace, ["popularity", "user_clusters"])
        yield workspace.manifest(workspace.named("user_clusters"))


def test_a_card_in_a_browser(manifest, tmp_path, opened):
    card = reading.of_archive(manifest)
    report.write(tmp_path / "card.html", "an-id", card)
    page = opened(tmp_path / "card.html")
    said = " ".join(page.inner_text("main").split())
    for sentence in (*card.use, *card.limits, words.verdict(card)):
        assert sentence in said
    assert card.judged.protocol["text"] in said
    for columns, rows in (
        words.figure_rows(card.judged),
        words.segment_rows(card.judged),
        words.setting_rows(card),
    ):
        assert " ".join(columns) in said
        for row in rows:
            assert " ".join(" ".join(row).split()) in said
    for fact, value in (words.data_facts(card.data) | words.making_facts(card)).items():
        assert f"{fact} {value}" in said
    assert "popularity" in page.inner_text("figure"), "the baseline is drawn"
    assert "an-id" in said


def test_a_model_without_a_card_in_a_browser(manifest, tmp_path, opened):
    details = {k: v for k, v in manifest["details"].items() if k not in ("card", "figures")}
    older = reading.of_archive({**manifest, "details": details})
    report.write(tmp_path / "older.html", "an-id", older)
    page = opened(tmp_path / "older.html")
    assert "has no card" in page.inner_text("main")
    assert "None: none were noted" in page.inner_text("main")
