"""`cellocate evaluate` with `--by` and `--compare-to`, on small simulated collections and on tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellocate.collection import open_collection
from cellocate.networks import load, save
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Labels of 60 fields with antibody and cell line, and probabilities of a good and a bad model."""
    rng = np.random.default_rng(0)
    truth = rng.random((60, 28)) < 0.15
    ids = [f"field{i:02}" for i in range(60)]
    targets = [" ".join(map(str, np.flatnonzero(row))) for row in truth]
    lines = ["HeLa"] * 40 + ["U-2 OS"] * 15 + [""] * 5
    antibodies = [f"HPA{i // 2:06}" for i in range(60)]
    labels = {"Id": ids, "Target": targets, "cell_line": lines, "antibody": antibodies}
    pd.DataFrame(labels).to_csv(tmp_path / "labels.csv", index=False)
    for name, noise in (("good", 0.6), ("bad", 2)):
        p = 1 / (1 + np.exp(-(truth * 4 - 2 + noise * 2 * rng.standard_normal(truth.shape))))
        table = pd.DataFrame(p, columns=list(NAMES)).assign(Id=ids)
        table.sample(frac=1, random_state=1).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def of_tables(folder: Path, *options: object) -> list[object]:
    given = ["evaluate", "--predictions", folder / "good.csv", "--labels", folder / "labels.csv"]
    return [*given, "--out", folder / "scores", *options]


def test_two_tables_are_compared_whatever_the_order_of_their_rows(cellocate, tables: Path) -> None:
    result = cellocate(*of_tables(tables, "--compare-to", tables / "bad.csv", "--by", "cell_line", "--by", "antibody"))
    assert result.code == 0, result.err
    line = next(line for line in result.out.splitlines() if "against" in line)
    assert "of bad: difference +0." in line
    assert line.endswith("p = 0.0001")
    scores = tables / "scores"
    found = json.loads((scores / "comparison.json").read_text())
    assert (found["a"], found["b"], found["n"], found["groups"]) == ("good", "bad", 60, 30)
    alone = cellocate("evaluate", "--predictions", tables / "bad.csv", *of_tables(tables)[3:5], "--out", tables / "b")
    assert alone.code == 0
    metrics = json.loads((tables / "b" / "metrics.json").read_text())
    assert found["measures"][0]["b"] == pytest.approx(metrics["macro_f1"])
    rows = pd.read_csv(scores / "comparison.csv")
    assert rows["name"].tolist() == list(NAMES)
    assert (rows["low"] <= rows["difference"]).all()
    by_line = pd.read_csv(scores / "by_cell_line.csv")
    assert by_line[["value", "n"]].to_numpy().tolist() == [["HeLa", 40], ["U-2 OS", 15], ["not recorded", 5]]
    assert len(pd.read_csv(scores / "by_antibody.csv")) == 30
    page = (scores / "report.html").read_text()
    for heading in ("Compared with bad", "By cell_line", "Confusions", "Group by group", "few</small> 15"):
        assert heading in page
    assert {"comparison.png", "confusion.svg", "reliability.png"} <= {p.name for p in (scores / "figures").iterdir()}


def test_the_tables_hold_what_the_metrics_do(cellocate, tables: Path) -> None:
    assert cellocate(*of_tables(tables)).code == 0
    scores = tables / "scores"
    metrics = json.loads((scores / "metrics.json").read_text())
    per_class = pd.read_csv(scores / "per_class.csv")
    assert per_class["roc_auc"].tolist() == pytest.approx([row["roc_auc"] for row in metrics["per_class"]])
    per_group = pd.read_csv(scores / "per_group.csv")
    assert per_group["f1"].mean() == pytest.approx(metrics["group_level"]["macro_f1"])
    matrix = pd.read_csv(scores / "confusion.csv", index_col="truth")
    assert (matrix.index.tolist(), matrix.columns.tolist()) == ([*NAMES, "none"],) * 2
    worst = pd.read_csv(scores / "misclassifications.csv").iloc[0]
    assert matrix.loc[worst["truth"], worst["decided"]] == worst["fields"]
    assert pd.read_csv(scores / "reliability.csv")["n"].sum() == 60 * 28
    assert not (scores / "comparison.json").exists()


def test_two_models_are_compared_and_the_parts_stand_beside_each_other(
    cellocate, run: Path, phantoms: Path, tmp_path: Path
) -> None:
    options = ("--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64")
    assert cellocate("train", phantoms, "--out", tmp_path / "second", *options).code == 0
    scores = tmp_path / "scores"
    other = tmp_path / "second" / "model"
    result = cellocate("evaluate", run / "model", phantoms, "--compare-to", other, "--by", "part", "--out", scores)
    assert result.code == 0, result.err
    assert "of second: difference" in result.out
    assert "second: the model was trained on 28 of 40 fields" in result.err
    parts = pd.read_csv(scores / "by_part.csv").set_index("value")["n"].to_dict()
    assert (parts["train"], sum(parts.values())) == (28, 40)
    trained = pd.read_csv(scores / "per_class.csv")["trained"]
    split = pd.read_csv(run / "split.csv", index_col="id")["part"]
    labels = pd.read_csv(phantoms / "train.csv", index_col="Id")["Target"].astype(str)
    of_train = [set(labels[i].split()) for i in split.index[split == "train"]]
    assert trained.tolist() == [sum(str(k) in row for row in of_train) for k in range(28)]
    table = scores / "predictions.csv"
    again = cellocate("evaluate", run / "model", phantoms, "--compare-to", table, "--out", tmp_path / "same")
    assert again.code == 0, again.err
    assert "difference +0.000 (95% interval +0.000 to +0.000), p = 1.00" in again.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--by", "plate"), "no column 'plate'"),
        (("--by", "part"), "no column 'part'"),
        (("--by", "labels"), "no column 'labels'"),
        (("--compare-to", "few.csv"), "no prediction for 59 of 60 fields, such as field"),
        (("--compare-to", "missing.csv"), "no such table"),
        (("--compare-to", "labels.csv"), "not a location"),
        (("--compare-to", "."), "a table cannot be compared with a model, which needs images"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(cellocate, tables: Path, options, said: str) -> None:
    pd.read_csv(tables / "bad.csv").iloc[:1].to_csv(tables / "few.csv", index=False)
    name, value = options
    result = cellocate(*of_tables(tables, name, tables / value if name == "--compare-to" else value))
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert said in result.err
    assert not (tables / "scores").exists()


def test_predictions_of_fields_without_labels_are_refused(cellocate, tables: Path) -> None:
    labels = pd.read_csv(tables / "labels.csv")
    labels[labels["Id"] != "field07"].to_csv(tables / "labels.csv", index=False)
    result = cellocate(*of_tables(tables))
    assert result.code == 1
    assert "1 of 60 fields have no labels, such as field07. Give the label table of these fields." in result.err


def test_a_sample_checks_predictions_only(cellocate, tmp_path: Path) -> None:
    result = cellocate("evaluate", "model", "data", "--sample", "sample.csv", "--out", tmp_path / "scores")
    assert result.code == 2
    assert "--sample checks a submission given with --predictions" in " ".join(result.err.split())


@pytest.mark.parametrize("options", [("--maps",), ("--part", "test"), ("--pixel-size", "0.1"), ("--skip-bad",)])
def test_what_needs_images_is_refused_of_a_table(cellocate, tables: Path, options) -> None:
    result = cellocate(*of_tables(tables, *options))
    assert (result.code, result.out) == (2, "")
    assert f"{options[0]} does not work with a table of predictions" in result.err
    assert not (tables / "scores").exists()


def test_a_field_that_merges_put_into_several_parts_counts_as_trained_on(cellocate, phantoms: Path, run: Path) -> None:
    """A field that was in two merged collections may lie in two parts of a split, under two ids."""
    model, new = load(run / "model"), open_collection(phantoms).ids[0]
    fields = {"test": ("c-it",), "validation": ("b-it",), "train": ("a-it",)}
    originals = {f"{merged}-it": new for merged in "abc"}
    model.card = model.card.model_copy(update={"fields": fields, "originals": originals})
    save(model, run / "merged")
    result = cellocate("evaluate", run / "merged", phantoms, "--out", run / "scores")
    assert result.code == 0, result.err
    assert f"the model was trained on 1 of 40 fields: {new}" in result.out + result.err
