"""What there is to say against the answers of a model: where it was trained, and on how many fields it was decided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellocate
from cellocate.collection import Collection, open_collection
from cellocate.decision import Predictions, Rule
from cellocate.networks import Model
from cellocate.prediction import assumptions, prediction_warnings

SIMULATED = "was trained on simulated cells"


def others(collection: Collection) -> Collection:
    """The same images, as if they were a microscope's."""
    names = pd.Index([f"mine-{field}" for field in collection.ids], name="id", dtype=object)
    return replace(collection, fields=collection.fields.set_axis(names), simulated=False)


def changed(model: Model, **of_card: Any) -> Model:
    return Model(model.network, model.card.model_copy(update=of_card), folder=model.folder)


def predicted(model: Model, probability: float) -> Predictions:
    """Three fields in which every location has the same probability."""
    values = np.full((3, 28), probability, np.float32)
    return Predictions.from_rule(["a", "b", "c"], values, model.vocabulary, model.card.rule)


def test_a_model_of_simulated_cells_says_so_of_other_images(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    assert assumptions(model, collection) == []
    [said] = assumptions(model, others(collection))
    assert said == (
        f"quick ({run / 'model'}) was trained on simulated cells, and it has no score on real images: do not rely on "
        "its answers for these images"
    )
    assert assumptions(model, replace(others(collection), simulated=True)) == []
    assert assumptions(model, replace(collection, simulated=False)) == []  # its own fields
    real = changed(model, provenance=model.card.provenance.model_copy(update={"simulated": False}))
    assert assumptions(real, others(collection)) == []


def test_its_score_on_real_images_is_said_where_it_has_one(run: Path, phantoms: Path) -> None:
    model = cellocate.load(run / "model")
    measured = changed(model, scores={**model.card.scores, "real": {"n": 3700, "macro_f1": 0.2125}})
    [said] = assumptions(measured, others(open_collection(phantoms)))
    assert "on real images its macro F1 is 0.212 (n = 3,700)" in said


def test_a_rule_that_marks_too_much_is_said(run: Path) -> None:
    model = cellocate.load(run / "model")
    assert model.card.rule.fitted_on == model.card.scores["validation"]["n"] == 6
    assert model.card.rule.at_most == 5
    [said] = prediction_warnings(model, predicted(model, 1))
    learnt = 28 - len(model.card.rule.never)
    assert f"only 6 validation images and marks {learnt}.0 of 28 locations per field" in said
    assert model.card.rule.apply(np.ones((3, 28), np.float32)).sum(axis=1).tolist() == [5, 5, 5]
    sound = changed(model, rule=model.card.rule.model_copy(update={"fitted_on": 300}))
    assert prediction_warnings(sound, predicted(sound, 0)) == []


@pytest.mark.parametrize(("kind", "how"), [("fixed", "a probability of .5"), ("argmax", "the highest probability")])
def test_a_model_that_nothing_was_validated_for_says_so_with_its_folder(run: Path, kind: Any, how: str) -> None:
    model = cellocate.load(run / "model")
    bare = changed(model, scores={}, rule=Rule(kind=kind, thresholds=(0.5,) * 28))
    [said] = prediction_warnings(bare, predicted(bare, 0))
    assert said.startswith(f"quick ({run / 'model'}) was trained without validation fields")
    assert f"its decision rule ({how}) was not fitted" in said
