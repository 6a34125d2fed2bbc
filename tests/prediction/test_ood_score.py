from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellocate
from cellocate.collection import open_collection
from cellocate.decision import read_probabilities
from cellocate.images import write_png
from cellocate.networks import Model, save
from cellocate.networks.ood import References, fit_references
from cellocate.prediction import predict_and_embed, predict_collection
from cellocate.training.ood_references import with_references
from cellocate.vocabulary import get_vocabulary


@pytest.fixture
def knowing(run: Path, phantoms: Path) -> Model:
    """A model that knows 30 phantoms, and compares with 10."""
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    _, look = predict_and_embed(model, collection)
    return Model(model.network, model.card, references=fit_references(look.features[:30], look.features[30:]))


def test_a_glaring_field_is_out_of_distribution(knowing: Model, phantoms: Path) -> None:
    glaring = phantoms / "train" / "phantom-1-000003_"
    for channel in ("red", "green", "blue", "yellow"):
        write_png(f"{glaring}{channel}.png", np.full((64, 64), 255, dtype=np.uint8))
    collection = open_collection(phantoms)
    compared = predict_collection(knowing, collection)
    plain = predict_collection(Model(knowing.network, knowing.card), collection)
    np.testing.assert_allclose(compared.probabilities, plain.probabilities, rtol=1e-4)
    assert compared.ood_score is not None
    assert compared.ood_score.argmax() == 3
    assert compared.ood_score[3] > 1.2
    assert (compared.ood_score > 1).mean() < 0.2


def test_a_model_without_references_says_nothing(run: Path, phantoms: Path) -> None:
    model = cellocate.load(run / "model")
    model.references = None
    assert predict_collection(model, open_collection(phantoms).subset([])).ood_score is None


def test_the_command_writes_a_column_and_a_note(
    cellocate: Callable[..., Any], knowing: Model, phantoms: Path, tmp_path: Path
) -> None:
    assert knowing.references is not None
    strict = References(knowing.references.features, distance=1e-4)
    save(Model(knowing.network, knowing.card, references=strict), tmp_path / "model")
    result = cellocate("predict", tmp_path / "model", phantoms, "--out", tmp_path / "p.csv")
    assert result.code == 0
    assert "40 of 40 fields are out of distribution" in result.err
    assert (pd.read_csv(tmp_path / "p.csv")["ood_score"] > 1).all()
    ids, probabilities = read_probabilities(tmp_path / "p.csv", get_vocabulary("hpa28"))  # the column is no location
    assert (len(ids), probabilities.shape) == (40, (40, 28))


def test_training_remembers_where_there_is_enough(run: Path, phantoms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    few = with_references(model, collection.subset(collection.ids[:20]), collection.subset(collection.ids[20:]), seed=0)
    assert few.references is None
    monkeypatch.setattr("cellocate.training.ood_references.MIN_FIELDS", 20)
    learnt = collection.subset(collection.ids[:30])
    many = with_references(model, learnt, collection.subset(collection.ids[30:]), seed=0)
    assert many.references is not None
    assert many.references.features.shape == (30, model.network.features)
    assert with_references(model, learnt, collection.subset([]), seed=0).references is None
