from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cellocate
from cellocate.collection import open_collection
from cellocate.errors import CellocateError, CellocateWarning
from cellocate.images import CHANNELS, read_field
from cellocate.networks import save


@pytest.fixture
def fields(phantoms: Path) -> list[np.ndarray]:
    collection = open_collection(phantoms)
    return [read_field(collection.files(i), CHANNELS) for i in collection.ids[:5]]


def test_predicts_arrays(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    prediction = model.predict(fields)
    assert prediction.probabilities.shape == (5, 28)
    reached = prediction.probabilities[0] >= np.float32(model.card.rule.thresholds)
    above = prediction.probabilities[0] - np.float32(model.card.rule.thresholds)
    reached[list(model.card.rule.never)] = False  # as no training field shows them
    reached &= above >= np.sort(above[reached])[-5:][0]  # a model marks no more than images show
    assert prediction.locations[0] == [n for n, yes in zip(model.vocabulary.names, reached, strict=True) if yes]


def test_one_field_a_batch_and_a_list_agree(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    listed = model.predict(fields).probabilities
    np.testing.assert_allclose(model.predict(np.stack(fields)).probabilities, listed, rtol=1e-5)
    np.testing.assert_allclose(model.predict(fields[2]).probabilities[0], listed[2], rtol=1e-4)
    np.testing.assert_allclose(model.predict(fields, batch_size=2).probabilities, listed, rtol=1e-4)


def test_depth_does_not_matter(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    of_16_bits = [field.astype(np.uint16) * 257 for field in fields]
    of_floats = [field.astype(np.float32) / 255 for field in fields]
    expected = model.predict(fields).probabilities
    np.testing.assert_allclose(model.predict(of_16_bits).probabilities, expected, rtol=1e-4)
    np.testing.assert_allclose(model.predict(of_floats).probabilities, expected, rtol=1e-4)


def test_a_wide_field_of_the_same_pixel_size_is_the_mean_of_its_tiles(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    size = model.card.pixel_size
    apart = model.predict(fields[:2], pixel_size=size).probabilities
    together = model.predict(np.concatenate(fields[:2], axis=2), pixel_size=size).probabilities
    np.testing.assert_allclose(together[0], apart.mean(axis=0), rtol=1e-4)


def test_wrong_number_of_channels_is_refused(run: Path) -> None:
    with pytest.raises(CellocateError, match="red, green, blue, yellow"):
        cellocate.load(run / "model").predict(np.zeros((3, 64, 64), np.uint8))


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), 1000.0])
def test_an_impossible_pixel_size_is_refused(run: Path, size: float) -> None:
    with pytest.raises(CellocateError, match="impossible pixel size"):
        cellocate.load(run / "model").predict(np.zeros((4, 64, 64), np.uint8), pixel_size=size)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("images", r"the path 'images' where arrays are needed.*cellocate.predict\(model"),
        (Path("a.png"), "the path 'a.png'"),
        (["a.png", "b.png"], "the path 'a.png'"),
        (None, "an object of type NoneType"),
        (7, "an object of type int"),
        ([], "no field to predict"),
        (np.zeros((0, 4, 64, 64), np.uint8), "no field to predict"),
        (np.zeros((64, 64, 4), np.uint8), r"The channels are last: move them with np.moveaxis\(fields, -1, -3\)"),
        (np.zeros((2, 64, 64, 4), np.uint8), "The channels are last"),
        (np.zeros((64, 64), np.uint8), r"a field of shape \(64,\)"),
        (np.zeros((4, 64, 64), np.int16), "pixels of type int16. Convert them to uint8 if they have 8 bits"),
        (np.full((4, 64, 64), 200.0), "Divide them by the largest value"),
        (np.full((4, 64, 64), np.nan), "NaN"),
        (np.full((4, 64, 64), -0.5), "below 0"),
        ([[[[1, 2], [3]]] * 4], "a field that is not an array"),
    ],
)
def test_what_cannot_be_predicted_is_refused_with_the_remedy(run: Path, fields: Any, message: str) -> None:
    with pytest.raises(CellocateError, match=message):
        cellocate.load(run / "model").predict(fields)


def test_fields_may_differ_in_size_and_kind(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    wide = np.concatenate(fields[:2], axis=2)
    mixed = [fields[0], wide, fields[1].astype(np.uint16) * 257, (fields[2] / 255).tolist()]
    found = model.predict(mixed).probabilities
    for field, expected in zip(mixed, found, strict=True):
        alone = model.predict([field]).probabilities[0]
        np.testing.assert_allclose(alone, expected, rtol=1e-4)
    np.testing.assert_allclose(found[3], model.predict(fields[2]).probabilities[0], rtol=1e-3)
    np.testing.assert_allclose(model.predict(tuple(mixed)).probabilities, found)


def test_a_model_says_what_it_is(run: Path) -> None:
    shown = repr(cellocate.load(run / "model", device="cpu"))
    for words in ("28 locations of hpa28", "red, green, blue, yellow at 64 px", "fields of simulated cells", "on cpu"):
        assert words in shown


def test_saving_a_loaded_model_changes_nothing(run: Path, tmp_path: Path) -> None:
    save(cellocate.load(run / "model"), tmp_path / "copy")
    for name in ("model.json", "model.safetensors"):
        assert (tmp_path / "copy" / name).read_bytes() == (run / "model" / name).read_bytes()


def test_others_may_read_a_model(run: Path, tmp_path: Path) -> None:
    save(cellocate.load(run / "model"), tmp_path / "copy")
    modes = {(tmp_path / "copy" / name).stat().st_mode & 0o777 for name in ("model.json", "model.safetensors")}
    assert len(modes) == 1


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_missing_file_is_named(run: Path, name: str) -> None:
    (run / "model" / name).unlink()
    with pytest.raises(CellocateError, match=f"{name} is missing"):
        cellocate.load(run / "model")


def test_a_changed_threshold_is_noticed(run: Path) -> None:
    path = run / "model" / "model.json"
    card = json.loads(path.read_text())
    card["rule"]["thresholds"][0] = 0.123
    path.write_text(json.dumps(card))
    with pytest.raises(CellocateError, match="checksum"):
        cellocate.load(run / "model")


def test_a_changed_weight_is_noticed(run: Path) -> None:
    path = run / "model" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CellocateError, match="checksum"):
        cellocate.load(run / "model")


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00\x01", '{"format": 2}'])
def test_a_card_that_is_none_is_refused(run: Path, content: str) -> None:
    (run / "model" / "model.json").write_text(content)
    with pytest.raises(CellocateError, match=r"altered|later version"):
        cellocate.load(run / "model")


def test_an_unknown_device_is_refused(run: Path) -> None:
    with pytest.raises(CellocateError, match="no device 'abacus'"):
        cellocate.load(run / "model", device="abacus")


def test_the_card_tells_what_is_needed(run: Path) -> None:
    card = json.loads((run / "model" / "model.json").read_text())
    assert card["channels"] == ["red", "green", "blue", "yellow"]
    assert card["size"] == 64
    assert card["pixel_size"] == pytest.approx(163.84 / 64)
    assert card["pixel_size_assumed"] is False
    assert [location["go"] for location in card["locations"]][:2] == ["GO:0005654", "GO:0031965"]
    assert sum(map(len, card["fields"].values())) == 40
    assert card["scores"]["validation"]["n"] == len(card["fields"]["validation"])


def test_counts_of_a_camera_are_answered_as_their_8_bit_edition(run: Path, fields: list[np.ndarray]) -> None:
    model = cellocate.load(run / "model")
    counts = [np.round(field * (4095 / 255)).astype(np.uint16) for field in fields]
    eight, twelve = model.predict(fields), model.predict(counts, bits=12)
    np.testing.assert_allclose(twelve.probabilities, eight.probabilities, atol=2e-3)
    np.testing.assert_allclose(model.embed(counts, bits=12), model.embed(fields), atol=0.02)
    with pytest.warns(CellocateWarning, match=r"no pixel of these uint16 arrays is above 4095 .* pass bits=12"):
        dark = model.predict(counts)
    assert np.abs(dark.probabilities - eight.probabilities).max() > 0.02
    with pytest.raises(CellocateError, match="above the 1023 of 10 bits"):
        model.predict(counts, bits=10)


def test_what_shows_nothing_has_no_location(run):
    model, rng = cellocate.load(run / "model"), np.random.default_rng(0)
    empty = rng.poisson(3, (4, 128, 128)).astype(np.uint8)
    found = model.predict([empty, empty.astype(np.uint16), empty / 255, np.zeros((4, 64, 64))], bits=16)
    assert (found.locations, found.notes) == ([[]] * 4, ["nearly empty"] * 4)


@pytest.mark.parametrize("batch_size", [0, -1, None, 1.5])
def test_an_impossible_batch_size_is_refused(run, batch_size):
    with pytest.raises(CellocateError, match="batch size"):
        cellocate.load(run / "model").predict(np.zeros((4, 64, 64), np.uint8), batch_size=batch_size)


@pytest.mark.parametrize("bits", [0, 17, "12"])
def test_impossible_bits_are_refused(run, bits):
    with pytest.raises(CellocateError, match="impossible depth"):
        cellocate.load(run / "model").predict(np.zeros((4, 64, 64), np.uint16), bits=bits)


def test_a_tensor_is_an_array(run):
    model, field = (
        cellocate.load(run / "model"),
        np.random.default_rng(0).integers(0, 255, (4, 64, 64)).astype(np.uint8),
    )
    expected = model.predict(field).probabilities
    np.testing.assert_array_equal(model.predict(torch.from_numpy(field)).probabilities, expected)
    np.testing.assert_allclose(model.predict((field / 255).tolist()).probabilities, expected, rtol=1e-4)
