from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import cellocate
from cellocate.collection import bags_of, open_collection, pack
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_field
from cellocate.images.scale import shrink
from cellocate.networks import Model
from cellocate.networks.model_card import BagPooling
from cellocate.prediction import assumptions, predict_collection


def test_a_collection_is_predicted_as_its_arrays_are(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    steps: list[int] = []
    probabilities = predict_collection(model, collection, batch_size=7, progress=steps.append).probabilities
    arrays = [read_field(collection.files(i), CHANNELS) for i in collection.ids]
    np.testing.assert_allclose(probabilities, model.predict(arrays).probabilities, rtol=1e-4)
    assert sum(steps) == 40


def test_an_unreadable_field_stops_with_its_name(run: Path, phantoms: Path) -> None:
    bad = phantoms / "train" / "phantom-1-000007_blue.png"
    bad.write_bytes(bad.read_bytes()[:200])
    with pytest.raises(CellocateError, match=r"phantom-1-000007_blue\.png"):
        predict_collection(cellocate.load(run / "model"), open_collection(phantoms))


def test_assumptions_are_said(run: Path, phantoms: Path) -> None:
    model = cellocate.load(run / "model")
    assert assumptions(model, open_collection(phantoms)) == []
    shutil.rmtree(phantoms / "truth")
    [unknown] = assumptions(model, open_collection(phantoms))
    assert "unknown; each is assumed to span 164 µm" in unknown
    guessing = Model(model.network, model.card.model_copy(update={"pixel_size_assumed": True}))
    [assumed] = assumptions(guessing, open_collection(phantoms, pixel_size=2.56))
    assert "the model's own pixel size, 2.56 µm, is assumed" in assumed


def test_models_that_are_shown_other_images_than_they_learnt_from_say_so(
    run: Path, phantoms: Path, cells: Path
) -> None:
    of_fields = cellocate.load(run / "model")
    assert of_fields.card.unit == "field"
    of_cells = Model(of_fields.network, of_fields.card.model_copy(update={"unit": "cell"}))
    of_bags = Model(of_fields.network, of_fields.card.model_copy(update={"unit": None, "bag": BagPooling(pool="mean")}))
    older = Model(of_fields.network, of_fields.card.model_copy(update={"unit": None}))
    fields, single = open_collection(phantoms), open_collection(cells, pixel_size=2.56)
    [told] = assumptions(of_fields, single)
    assert told.startswith(f"quick ({run / 'model'}) was trained on whole fields, but ")
    assert "contains single cells: do not rely on these predictions; use the original fields" in told
    assert str(single.folder) in told
    for model in (of_cells, of_bags):
        [told] = assumptions(model, fields)
        assert "was trained on single cells, but" in told
        assert told.endswith("cut out the cells with 'cellocate cells'")
        assert assumptions(model, single) == []
        assert assumptions(model, bags_of(single).cells) == []
    assert assumptions(older, fields) == assumptions(older, single) == assumptions(of_fields, fields) == []


def test_a_known_pixel_size_is_used(run: Path, phantoms: Path) -> None:
    model = cellocate.load(run / "model")
    plain = predict_collection(model, open_collection(phantoms)).probabilities
    same = predict_collection(model, open_collection(phantoms, pixel_size=163.84 / 64)).probabilities
    other = predict_collection(model, open_collection(phantoms, pixel_size=163.84 / 32)).probabilities
    np.testing.assert_allclose(same, plain, rtol=1e-4)
    assert np.abs(other - plain).max() > 1e-3


def test_a_store_of_the_same_size_is_predicted_as_its_files_are(run: Path, phantoms: Path, tmp_path: Path) -> None:
    model, files = cellocate.load(run / "model"), open_collection(phantoms)
    store = pack(files, tmp_path / "store", sizes=(64, 16), workers=1)
    of_store, of_files = (predict_collection(model, where).probabilities for where in (store, files))
    np.testing.assert_array_equal(of_store, of_files)
    assert assumptions(model, store) == []


def test_a_store_of_a_smaller_size_is_predicted_by_its_own_pixel_size(
    run: Path, phantoms: Path, tmp_path: Path
) -> None:
    model, files = cellocate.load(run / "model"), open_collection(phantoms)
    store = pack(files, tmp_path / "store", sizes=(48,), workers=1)
    arrays = [shrink(read_field(files.files(i), CHANNELS), 48) for i in files.ids]
    expected = model.predict(arrays, pixel_size=2.56 * 64 / 48).probabilities
    np.testing.assert_allclose(predict_collection(model, store).probabilities, expected, rtol=1e-4)
