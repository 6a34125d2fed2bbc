"""The 2021 challenge as a user goes through it, on simulated fields whose cells are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellocate import phantom
from cellocate.cells.masks import MaskFolder
from cellocate.collection import open_collection
from cellocate.decision.submissions import read_kaggle2021, write_kaggle2021
from cellocate.files import MARKER
from cellocate.training import load_recipe
from cellocate.vocabulary import get_vocabulary


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cells") / "phantoms"
    phantom.simulate(folder, fields=12, size=64, layout="kaggle2021", variability=0, seed=5, workers=1)
    return folder


@pytest.fixture(scope="module")
def model(fields: Path) -> Path:
    from cellocate.training.fit import train

    small = ["data.size=64", "network.backbone=test_resnet", "training.epochs=1", "data.intensity=depth"]
    train(open_collection(fields), load_recipe("quick", small), fields.parent / "run")
    return fields.parent / "run" / "model"


def _write(fields: Path, out: Path, probabilities: np.ndarray) -> None:
    collection, cells = open_collection(fields), MaskFolder(fields / "truth")
    shapes = {field: collection.shape(field) for field in collection.ids}
    write_kaggle2021(out, shapes, lambda i: cells.masks(i, shapes[i]), probabilities, get_vocabulary("hpa19"))


def test_predicted_and_measured(cellocate, fields: Path, model: Path, tmp_path: Path) -> None:
    out, scores = tmp_path / "submission.csv", tmp_path / "scores"
    request = ("predict", model, fields, "--format", "kaggle2021", "--masks", fields / "truth", "--out", out)
    predicted = cellocate(*request)
    assert predicted.code == 0, predicted.err
    assert "each cell gets the probabilities of its whole field" in predicted.err
    assert cellocate("predict", model, fields, "--out", tmp_path / "table.csv").code == 0
    table = pd.read_csv(tmp_path / "table.csv", index_col="Id")[list(get_vocabulary("hpa19").names)]
    for field, (_, instances) in read_kaggle2021(out):
        expected = table.loc[field].to_numpy()[instances.label]
        np.testing.assert_allclose(instances.confidence, expected, atol=2e-6)
    request = ("evaluate", "--predictions", out, "--sample", out, "--labels", fields, "--out", scores)
    for ignored in (("--by", "plate"), ("--compare-to", out)):
        refused = cellocate(*request, *ignored)
        assert (refused.code, "does not work with a submission of 2021" in " ".join(refused.err.split())) == (2, True)
        assert not scores.exists()
    measured = cellocate(*request)
    assert measured.code == 0, measured.err
    metrics = json.loads((scores / "metrics.json").read_text())
    assert f"mean average precision {metrics['instance_map']:.3f}" in measured.out
    assert 0 < metrics["instance_map"] < 1
    assert (metrics["n"], metrics["cells"]) == (12, metrics["predicted_cells"])
    assert {path.name for path in scores.iterdir()} == {
        MARKER,
        "metrics.json",
        "per_class.csv",
        "figures",
        "report.html",
    }
    assert len(list((scores / "figures").iterdir())) == 2
    page = (scores / "report.html").read_text(encoding="utf-8")
    assert f"mean average precision is {metrics['instance_map']:.3f}" in page
    assert all(name in page for name in get_vocabulary("hpa19").names)
    assert "Warnings</h2>\n  <p>None.</p>" in page
    assert len(pd.read_csv(scores / "per_class.csv")) == 19


def test_true_cells_of_a_field_score_as_their_labels_deserve(cellocate, fields: Path, tmp_path: Path) -> None:
    """Given the fields' true labels, cells miss only what not every cell of its field shows."""
    truth = open_collection(fields).labelled().truth()
    _write(fields, tmp_path / "s.csv", truth.astype(float))
    result = cellocate(
        "evaluate", "--predictions", tmp_path / "s.csv", "--labels", fields / "truth", "--out", tmp_path / "m", "--json"
    )
    metrics = json.loads(result.out)
    cells = pd.read_csv(fields / "truth" / "cells.csv", dtype=str, keep_default_na=False)
    for k, row in enumerate(metrics["per_class"]):
        shows = sum(str(k) in labels.split() for labels in cells["labels"])
        assert row["support"] == row["found"] == shows
        if shows:  # a cell without signal is Negative, which no field with a label is
            assert row["average_precision"] == pytest.approx(shows / max(row["predicted"], 1) * (row["predicted"] > 0))
    assert 0 < metrics["instance_map"] < 1


def test_fields_without_a_prediction_are_told(cellocate, fields: Path, tmp_path: Path) -> None:
    _write(fields, tmp_path / "s.csv", np.full((12, 19), 0.5))
    lines = (tmp_path / "s.csv").read_text().splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join(lines[:4]))
    result = cellocate("evaluate", "--predictions", tmp_path / "few.csv", "--labels", fields, "--out", tmp_path / "m")
    assert result.code == 0
    assert "9 of 12 fields with true cells have no prediction" in result.err
    assert "9 of 12 fields with true cells have no prediction." in (tmp_path / "m" / "report.html").read_text()
    sampled = ("--sample", tmp_path / "s.csv")
    result = cellocate(
        "evaluate", "--predictions", tmp_path / "few.csv", *sampled, "--labels", fields, "--out", tmp_path / "m2"
    )
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "lacks 9 ids" in result.err


def test_cells_have_probabilities_of_their_own_by_the_map(cellocate, fields: Path, model: Path, tmp_path: Path) -> None:
    masks, table, out = fields / "truth", tmp_path / "cells.csv", tmp_path / "submission.csv"
    shared = ("predict", model, fields, "--masks", masks, "--by-map")
    assert cellocate(*shared, "--format", "kaggle2021", "--out", out).code == 0
    assert cellocate(*shared, "--out", table).code == 0
    told = pd.read_csv(table)
    for field, (_, instances) in read_kaggle2021(out):
        expected = told[told["field"] == field][list(get_vocabulary("hpa19").names)].to_numpy()
        assert len(expected) == len(instances.masks)
        np.testing.assert_allclose(instances.confidence, expected[instances.cell, instances.label], atol=2e-6)
    assert told.groupby("field")["Nucleoplasm"].nunique().max() > 1


def test_bad_input_is_one_line(cellocate, fields: Path, model: Path, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    as_2021 = ("--format", "kaggle2021", "--out", out)
    assert cellocate("predict", model, fields, *as_2021).code == 2
    as_2018 = ("--format", "kaggle2018", "--out", out)
    assert cellocate("predict", model, fields, "--masks", fields / "truth", *as_2018).code == 2
    for masks, request in ((fields, model), (fields / "truth", run / "model")):
        result = cellocate("predict", request, fields, *as_2021, "--masks", masks)
        assert (result.code, result.err.count("\n")) == (1, 1)
    assert "uses hpa19" in result.err
    header = "ID,ImageWidth,ImageHeight,PredictionString\n"
    for row, message in (
        ("phantom-5-000000,64,64,0 1 broken", "a broken mask: not base64"),
        ("phantom-5-000000,32,32,", "true cells lie on 64 × 64"),
        ("elsewhere,64,64,", "field elsewhere has no truth"),
    ):
        out.write_text(f"{header}{row}\n")
        result = cellocate("evaluate", "--predictions", out, "--labels", fields, "--out", tmp_path / "m")
        assert (result.code, result.err.count("\n")) == (1, 1)
        assert message in result.err
        assert not (tmp_path / "m").exists()
