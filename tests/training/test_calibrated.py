"""Recipes with calibrated probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import cellocate
from cellocate.collection import open_collection
from cellocate.networks import Model, save
from cellocate.prediction import predict_collection
from cellocate.training import Recipe, load_recipe
from cellocate.training.combine import combine
from cellocate.training.trained_model import with_fitted_rule


@pytest.fixture
def calibrated(run: Path, phantoms: Path) -> tuple[Model, Model]:
    """A model without and with a calibration."""
    recipe = load_recipe("quick", ["decision.calibrate=per_class"])
    plain, model = cellocate.load(run / "model"), cellocate.load(run / "model")
    return plain, with_fitted_rule(
        model, open_collection(phantoms).subset(model.card.fields["validation"]).labelled(), recipe
    )[0]


def test_a_calibration_stays_with_the_model_and_is_applied(
    calibrated: tuple[Model, Model], phantoms: Path, tmp_path: Path
) -> None:
    plain, model = calibrated
    some = open_collection(phantoms).subset(open_collection(phantoms).ids[:5])
    calibration = model.card.calibration
    assert calibration is not None
    assert calibration.kind == "per_class"
    before, after = predict_collection(plain, some).probabilities, predict_collection(model, some).probabilities
    assert np.abs(before - after).max() > 0.01
    np.testing.assert_allclose(after, calibration.apply(before), atol=1e-6)
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(predict_collection(cellocate.load(tmp_path / "model"), some).probabilities, after)
    assert plain.card.calibration is None


def test_an_ensemble_leaves_the_calibrations_of_its_members_out(
    calibrated: tuple[Model, Model], phantoms: Path
) -> None:
    plain, model = calibrated
    collection = open_collection(phantoms)
    both, again = (combine([m, m], collection, rule="fixed").model for m in calibrated)
    assert again.card.calibration is None
    one, other = (predict_collection(m, collection).probabilities for m in (both, again))
    np.testing.assert_array_equal(one, other)
    anew = combine([model, plain], collection, rule="fixed", calibrate="temperature").model
    assert anew.card.calibration is not None
    assert anew.card.calibration.kind == "temperature"
    assert model.card.calibration is not None  # the member itself is left as it was


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"decision": {"calibrate": "temperature", "rule": "argmax"}, "loss": {"terms": "cross_entropy"}}, "sum to 1"),
        (
            {"decision": {"tta": "flips", "pool": "max", "rule": "argmax"}, "loss": {"terms": "cross_entropy"}},
            "sum to 1",
        ),
        ({"decision": {"crops": 4}}, "augmentation.crop"),
        ({"decision": {"pool": "max"}}, "several predictions"),
        ({"decision": {"calibrate": "isotonic"}}, "calibrate"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Recipe.model_validate({"name": "mine", **changes})


def test_the_seeds_recipes_look_as_they_did() -> None:
    assert str(load_recipe("densenet121-champion2018").tta()) == "8 orientations × 4 crops, max"
    assert str(load_recipe("resnet34-green").tta()) == "8 orientations, mean"
    assert load_recipe("quick").tta().count == 1
