"""Models that take images without some landmarks."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import cellocate
from cellocate.collection import open_collection
from cellocate.images import CHANNELS
from cellocate.networks import Model


@pytest.fixture
def model(run: Path) -> Model:
    plain = cellocate.load(run / "model", device="cpu")
    card = plain.card.model_copy(update={"missing_channels": "blank"})
    return Model(plain.network, card)


def _without(folder: Path, *channels: str) -> Path:
    for channel in channels:
        for image in (folder / "train").glob(f"*_{channel}.png"):
            image.unlink()
    return folder


@pytest.mark.parametrize("lacking", [("yellow",), ("red", "blue", "yellow")])
def test_missing_landmarks_are_seen_as_zeros(model: Model, phantoms: Path, lacking: tuple[str, ...]) -> None:
    whole = open_collection(phantoms)
    ids = whole.ids[:5]
    arrays = []
    for field in ids:
        pixels, _ = whole.read(field, CHANNELS)
        arrays.append(pixels * np.array([channel not in lacking for channel in CHANNELS])[:, None, None])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cellocate.errors.CellocateWarning)
        found = cellocate.predict(model, open_collection(_without(phantoms, *lacking)).subset(ids))
    known = model.predict([a.astype(np.uint8) for a in arrays], pixel_size=whole.pixel_size(ids[0]))
    np.testing.assert_allclose(found.probabilities, known.probabilities, rtol=1e-4)
    assert found.notes == known.notes
    assert "nearly empty" not in found.notes


def test_the_protein_cannot_be_missing(model: Model, phantoms: Path) -> None:
    with pytest.raises(cellocate.errors.CellocateError, match="no green channel"):
        cellocate.predict(model, _without(phantoms, "green"))


def test_other_models_need_all_channels(run: Path, phantoms: Path) -> None:
    with pytest.raises(cellocate.errors.CellocateError, match="no yellow channel"):
        cellocate.predict(run, _without(phantoms, "yellow"))
