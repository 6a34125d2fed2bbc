"""Masks of other fields are noticed, sound ones are not."""

import numpy as np
import pytest

from cellocate.cells.mismatched_masks import are_mismatched
from cellocate.cells.segmentation import segment
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, read_channel, write_png
from cellocate.phantom import simulate_field

SIZE = 256


@pytest.fixture(scope="module")
def fields():
    return [simulate_field([label], size=SIZE, seed=label) for label in range(6)]


def test_masks_of_other_fields_are_noticed(fields):
    others = [*fields[1:], fields[0]]
    blue = CHANNELS.index("blue")
    assert not any(are_mismatched(field.channels[blue], field.cells) for field in fields)
    assert any(are_mismatched(field.channels[blue], other.cells) for field, other in zip(fields, others, strict=True))


def test_some_of_the_cells_will_do(fields):
    for field in fields:
        cells = np.where(field.cells % 3 == 1, field.cells, 0)
        assert not are_mismatched(field.channels[CHANNELS.index("blue")], cells)


def test_without_nuclei_and_without_gaps_nothing_is_known():
    noise = np.random.default_rng(0).poisson(4, (SIZE, SIZE)).astype(np.uint8)
    assert not are_mismatched(noise, np.pad(np.ones((9, 9), int), 99)[:SIZE, :SIZE])
    noise[50:90, 50:90] = 200
    assert not are_mismatched(noise, np.ones((SIZE, SIZE), int))


def test_real_cells_are_not_astray(real_data):
    collection = open_collection(real_data / "kaggle2018")
    for field in collection.ids[:8]:
        pixels, _ = collection.read(field, CHANNELS)
        assert not are_mismatched(pixels[2], segment(pixels, CHANNELS, 0.32).cells)


def test_the_command_tells_it(cellocate, phantoms, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    found = open_collection(phantoms).ids[:12]
    for field, other in zip(found, [*found[1:], found[0]], strict=True):
        cells = read_channel(phantoms / "truth" / f"{other}_cells.png", "green")
        write_png(masks / f"{field}_cells.png", cells)
    (tmp_path / "ids.csv").write_text("Id\n" + "\n".join(found) + "\n")
    chosen = tmp_path / "chosen"
    assert cellocate("select", phantoms, "--ids", tmp_path / "ids.csv", "--out", chosen).code == 0
    small = ("--size", 32, "--span", 48, "--pixel-size", 2.56, "--workers", 1)
    result = cellocate("cells", chosen, "--masks", masks, "--out", tmp_path / "cells", *small)
    assert "check whether this is the mask of another field" in result.err
