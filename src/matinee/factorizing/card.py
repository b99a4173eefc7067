"""The card of a model that `matinee factorize` has fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matinee.cards import making
from matinee.cards.record import Card, Judged
from matinee.evaluation import leaks
from matinee.evaluation.records import Figure
from matinee.factorizing.parts import Parts
from matinee.interactions import SideInformation
from matinee.memory import Peak

if TYPE_CHECKING:
    from matinee.factorizing.fitting import Factorized


def of_run(done: Factorized, parts: Parts, held: Peak) -> Card:
    """What is to be known of the model: it learned from the training part, and test judged it.

    Here a leak between the parts, which are given, is no reason to refuse: it is said.
    """
    model, split = done.model, parts.split
    of_test = Judged(
        protocol=done.protocol.as_dict(),
        figures={name: Figure(value) for name, value in done.figures.items()},
        counted=done.counted,
        warnings=tuple(finding.text for finding in leaks.check(split)),
    )
    stated = {
        name: "option"
        for name, value in model.parameters.items()
        if value != model.hyperparameters[name].default
    }
    if done.epochs < model.parameters["epochs"]:
        stated["epochs"] = f"stopped after {done.epochs}, the best on validation"
    nothing = SideInformation()
    return making.made(
        model,
        making.data_of(split.train, split.train, nothing, liked=None),
        of_test,
        making.cost_of(done.seconds, held),
        nothing,
        by=stated,
    )
