from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cellocate
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, TTA, read_field
from cellocate.networks import save
from cellocate.prediction import override_tta, predict_collection
from cellocate.training import load_recipe
from cellocate.training.fit import train
from cellocate.training.recipe import Recipe

CROPS = TTA(orientations="flips", crops=4, crop=0.5, pool="max")


def test_a_collection_is_viewed_as_its_arrays_are(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model").with_tta(CROPS), open_collection(phantoms).subset
    some = collection(open_collection(phantoms).ids[:4])
    arrays = [read_field(some.files(i), CHANNELS) for i in some.ids]
    found = predict_collection(model, some).probabilities
    np.testing.assert_allclose(found, model.predict(arrays).probabilities, rtol=1e-4)
    assert np.abs(found - predict_collection(cellocate.load(run / "model"), some).probabilities).max() > 1e-4


def test_other_turns_are_told(run: Path) -> None:
    model = cellocate.load(run / "model")
    assert override_tta(model, None) == (model, [])
    assert override_tta(model, "none") == (model, [])
    turned, [said] = override_tta(model, "dihedral")
    assert turned.card.tta == TTA(orientations="dihedral")
    assert "one view" in said
    assert "8 orientations, mean" in said


def test_turns_keep_the_models_own_crops_and_none_leaves_one_view(run: Path) -> None:
    model = cellocate.load(run / "model").with_tta(CROPS)
    assert override_tta(model, "dihedral")[0].card.tta == CROPS.model_copy(update={"orientations": "dihedral"})
    assert override_tta(model, "none")[0].card.tta == TTA()
    assert override_tta(model, "flips")[1] == []


def test_views_are_of_the_recipe_and_stay_with_the_model(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = load_recipe(
        "quick",
        [
            *("data.size=64", "network.backbone=test_resnet", "training.epochs=1", "data.intensity=depth"),
            *("decision.tta=flips", "decision.crops=1", "decision.pool=max", "augmentation.crop=0.75"),
        ],
    )
    train(open_collection(phantoms), recipe, tmp_path / "run")
    model = cellocate.load(tmp_path / "run" / "model")
    assert model.card.tta == TTA(orientations="flips", crops=1, crop=0.75, pool="max")
    save(model, tmp_path / "copy")
    assert (tmp_path / "copy" / "model.json").read_bytes() == (tmp_path / "run" / "model" / "model.json").read_bytes()
    validation = open_collection(phantoms).subset(model.card.fields["validation"])
    decided = model.card.rule.apply(predict_collection(model, validation).probabilities)
    exact = float((decided == validation.labelled().truth()).all(axis=1).mean())
    assert model.card.scores["validation"]["exact_match"] == pytest.approx(exact)  # fitted to the same views


def test_both_commands_take_other_views_and_say_so(
    cellocate: Callable[..., object], run: Path, phantoms: Path, tmp_path: Path
) -> None:
    result = cellocate("predict", run / "model", phantoms, "--out", tmp_path / "p.csv", "--tta", "flips")
    assert result.code == 0  # type: ignore[attr-defined]
    assert "4 mirrors, mean" in result.err  # type: ignore[attr-defined]
    result = cellocate("evaluate", run / "model", phantoms, "--out", tmp_path / "e", "--tta", "flips")
    assert "4 mirrors, mean" in result.err  # type: ignore[attr-defined]
    assert "4 mirrors, mean" in (tmp_path / "e" / "report.html").read_text()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.csv"), pd.read_csv(tmp_path / "e" / "predictions.csv"))
    assert cellocate("predict", run / "model", phantoms, "--out", tmp_path / "q.csv", "--tta", "all").code == 2  # type: ignore[attr-defined]
