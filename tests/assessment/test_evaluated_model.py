"""A model in memory is measured without a file, and what was measured is written apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cellocate
from cellocate.assessment.model_evaluation import evaluate_model
from cellocate.assessment.prediction_evaluation import evaluate_predictions
from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.networks import Model
from cellocate.networks.model_card import BagPooling
from cellocate.prediction import predict_collection
from cellocate.report import write_evaluation


def test_a_model_in_memory_is_measured_and_nothing_is_written(run: Path, phantoms: Path, tmp_path: Path) -> None:
    loaded, collection = cellocate.load(run / "model"), open_collection(phantoms)
    model = Model(loaded.network, loaded.card)
    before = sorted(phantoms.parent.rglob("*"))
    evaluated = evaluate_model(model, collection, part="test", baseline=loaded, names=("one", "the same"))
    assert sorted(phantoms.parent.rglob("*")) == before
    assert evaluated.n == len(model.card.fields["test"])
    assert evaluated.history is None
    assert evaluated.comparison is not None
    assert evaluated.comparison.sentence.startswith("macro F1")
    assert evaluated.comparison.differing == []
    write_evaluation(evaluated, tmp_path / "scores")
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert metrics["macro_f1"] == pytest.approx(evaluated.metrics["macro_f1"])
    assert {"predictions.csv", "report.html", "comparison.csv"} <= {p.name for p in (tmp_path / "scores").iterdir()}
    with pytest.raises(CellocateError, match="--overwrite"):
        write_evaluation(evaluated, tmp_path / "scores")


def test_models_of_bags_and_others_are_not_compared_and_nothing_is_predicted(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    of_bags = Model(model.network, model.card.model_copy(update={"bag": BagPooling(pool="mean")}))
    predicted: list[int] = []
    for first, other in ((model, of_bags), (of_bags, model)):
        with pytest.raises(CellocateError, match=r"one that does not\. Compare with a table"):
            evaluate_model(first, collection, baseline=other, progress=predicted.append)
    assert predicted == []


def test_predictions_are_measured_as_their_model_is(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    whole = predict_collection(model, collection)
    test = collection.subset(model.card.fields["test"])
    alone, of_model = evaluate_predictions(whole, test.labelled()), evaluate_model(model, collection, part="test")
    np.testing.assert_array_equal(alone.labels, of_model.predictions.subset(test.ids).labels)
    assert alone.metrics["macro_f1"] == pytest.approx(of_model.metrics["macro_f1"])
    with pytest.raises(CellocateError, match="no prediction for 34 of 40 fields"):
        evaluate_predictions(whole.subset(test.ids), collection.labelled())
