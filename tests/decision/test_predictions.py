"""The one type of predictions: a part of them, decided again, saved in every format, and shown in a notebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellocate.decision import Predictions, Rule, read_predictions
from cellocate.errors import CellocateError
from cellocate.h5ad import read_h5ad
from cellocate.images.rle import Mask
from cellocate.vocabulary import get_vocabulary

HPA19, HPA28 = get_vocabulary("hpa19"), get_vocabulary("hpa28")


def rule(threshold: float, count: int = 28) -> Rule:
    return Rule(kind="fixed", thresholds=(threshold,) * count)


def fields() -> Predictions:
    values = np.random.default_rng(0).random((4, 28))
    score, notes = np.array([0.1, 0.2, 1.5, 0.3]), ["", "no signal", "", ""]
    return Predictions.from_rule(["a", "b", "c", "d"], values, HPA28, rule(0.9), ood_score=score, notes=notes)


def test_a_subset_has_every_attribute_in_the_order_asked_for() -> None:
    whole = fields()
    some = whole.subset(["c", "b"])
    assert (some.ids, some.notes, some.rule) == (["c", "b"], ["", "no signal"], whole.rule)
    np.testing.assert_array_equal(some.probabilities, whole.probabilities[[2, 1]])
    np.testing.assert_array_equal(some.labels, whole.labels[[2, 1]])
    np.testing.assert_array_equal(some.ood_score, [1.5, 0.2])
    with pytest.raises(CellocateError, match="no prediction for 2 of 3 fields, such as x"):
        whole.subset(["a", "x", "y"])


def test_another_rule_chooses_other_labels_but_none_without_signal() -> None:
    found = fields().decide(rule(0.5))
    expected = found.probabilities >= 0.5
    expected[1] = False
    np.testing.assert_array_equal(found.labels, expected)
    assert found.rule == rule(0.5)
    assert [len(names) for names in found.locations] == expected.sum(axis=1).tolist()


def test_labels_without_probabilities_are_not_decided_again(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("Id,Predicted\na,0 2\nb,\n")
    found = read_predictions(tmp_path / "labels.csv", HPA28)
    assert found.locations == [["Nucleoplasm", "Nucleoli"], []]
    assert not found.has_probabilities
    assert "nan" not in found._repr_html_()
    assert "Nucleoplasm, Nucleoli" in found._repr_html_()
    found.save(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == "Id,Predicted\na,0 2\nb,\n"
    assert read_predictions(tmp_path / "again.csv", HPA28).locations == found.locations
    with pytest.raises(CellocateError, match="labels without probabilities"):
        found.decide(rule(0.5))


def test_every_format_holds_the_same(tmp_path: Path) -> None:
    found = fields()
    found.save(tmp_path / "t.csv")
    table = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert list(table)[-3:] == ["Locations", "ood_score", "Note"]
    again = read_predictions(tmp_path / "t.csv", HPA28)
    np.testing.assert_allclose(again.probabilities, found.probabilities, atol=1e-6)
    assert (again.locations, list(again.notes)) == (found.locations, found.notes)
    np.testing.assert_array_equal(again.ood_score, found.ood_score)
    table.rename(columns={"ood_score": "Unlike"}).to_csv(tmp_path / "t.csv", index=False)
    np.testing.assert_array_equal(read_predictions(tmp_path / "t.csv", HPA28).ood_score, found.ood_score)
    found.save(tmp_path / "t.h5ad", metadata=pd.DataFrame({"cell_line": ["A", "A", "B", "B"]}))
    annotated = read_h5ad(tmp_path / "t.h5ad")
    assert list(annotated.obs) == ["cell_line", "Note", "ood_score", "Locations"]
    np.testing.assert_array_equal(annotated.layers["predicted"], found.labels)
    found.save(tmp_path / "k.csv", "kaggle2018")
    submitted = pd.read_csv(tmp_path / "k.csv", keep_default_na=False)["Predicted"]
    assert [tuple(int(k) for k in text.split()) for text in submitted] == list(HPA28.decode(found.labels))


def test_cells_are_submitted_with_their_masks(tmp_path: Path) -> None:
    mask = Mask.of(np.eye(4, dtype=bool))
    values = np.full((1, 19), 0.25)
    cells = Predictions.from_rule(["f_2"], values, HPA19, rule(0.5, 19), fields=["f"], cells=[2])
    assert (cells.unit, repr(cells)) == ("cell", "<Predictions of 1 cell: 19 locations of hpa19, 0.0 per cell>")
    cells.save(tmp_path / "k.csv", "kaggle2021", masks=lambda _: ((4, 4), {2: mask}))
    assert pd.read_csv(tmp_path / "k.csv")["PredictionString"][0].startswith(f"0 0.250000 {mask.text} 1 ")
    with pytest.raises(CellocateError, match="without masks"):
        cells.save(tmp_path / "k.csv", "kaggle2021")
    cells.save(tmp_path / "c.csv")
    again = read_predictions(tmp_path / "c.csv", HPA19)
    assert (again.fields, again.cells) == (["f"], [2])
    again.save(tmp_path / "again.csv", "kaggle2021", masks=lambda _: ((4, 4), {2: mask}))
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "k.csv").read_text()


@pytest.mark.parametrize("cell", ["first", "1.5", ""])
def test_cells_without_numbers_are_not_submitted(tmp_path: Path, cell: str) -> None:
    (tmp_path / "c.csv").write_text(f"Id,field,cell,{','.join(map(str, range(19)))}\nf_2,f,{cell}{',0' * 19}\n")
    found = read_predictions(tmp_path / "c.csv", HPA19)
    assert (found.unit, found.cells) == ("cell", None)
    with pytest.raises(CellocateError, match="predictions without the number of each cell"):
        found.save(tmp_path / "k.csv", "kaggle2021", masks=lambda _: ((4, 4), {2: Mask.of(np.eye(4, dtype=bool))}))


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"unknown format 'xml'. Choose one of table, h5ad, kaggle2018, kaggle"):
        fields().save(tmp_path / "t.csv", "xml")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"probabilities": np.zeros((4, 27))},
        {"labels": np.zeros((3, 28), bool)},
        {"ood_score": np.zeros(3)},
        {"fields": ["f"] * 5},
        {"cells": [1]},
        {"notes": ["", ""]},
        {"ids": ["a"]},
    ],
)
def test_columns_of_other_lengths_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CellocateError, match="that do not fit") as refused:
        replace(fields(), **change)
    assert str(refused.value).startswith("probabilities" if "ids" in change else next(iter(change)))


def test_it_shows_itself_in_a_notebook() -> None:
    found = fields()
    assert "4 fields: 28 locations of hpa28" in repr(found)
    assert "1 out of distribution" in repr(found)
    page = found._repr_html_()
    assert "&lt;Predictions of 4 fields" in page
    assert f"{found.locations[0][0]} {found.probabilities[0].max():.2f}" in page or len(found.locations[0]) != 1
    assert "no signal" in page
