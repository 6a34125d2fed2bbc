"""Channels that no field has, read as zeros."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellocate.collection import open_collection, pack, usable_fields
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS


@pytest.fixture
def without_er(phantoms: Path) -> Path:
    for image in (phantoms / "train").glob("*_yellow.png"):
        image.unlink()
    return phantoms


@pytest.mark.parametrize("packed", [False, True])
def test_blank_channels_are_zeros_and_the_others_stay(without_er: Path, tmp_path: Path, packed: bool) -> None:
    collection = open_collection(without_er)
    if packed:
        pack(collection, tmp_path / "store", sizes=[32], workers=1)
        collection = open_collection(tmp_path / "store")
    field = collection.ids[3]
    stained, size = collection.read(field, ("blue", "green"))
    pixels, same = collection.with_blank(CHANNELS).read(field, ("yellow", "blue", "red", "green"))
    assert pixels.dtype == stained.dtype
    assert size == same
    assert not pixels[0].any()
    assert np.array_equal(pixels[[1, 3]], stained)


def test_fields_that_lack_a_blank_channel_are_usable(without_er: Path) -> None:
    collection = open_collection(without_er)
    with pytest.raises(CellocateError, match="no yellow channel"):
        usable_fields(collection, CHANNELS, labelled=False, skip_bad=False)
    usable, _ = usable_fields(collection.with_blank(CHANNELS), CHANNELS, labelled=False, skip_bad=False)
    assert usable.ids == collection.ids
    assert usable.blank == ("yellow",)


def test_a_field_must_have_what_others_have(without_er: Path) -> None:
    next((without_er / "train").glob("*_red.png")).unlink()
    collection = open_collection(without_er).with_blank(CHANNELS)
    with pytest.raises(CellocateError, match="red"):
        usable_fields(collection, CHANNELS, labelled=False, skip_bad=False)
