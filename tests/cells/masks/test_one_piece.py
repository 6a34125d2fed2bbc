"""Each cell in one piece, whoever found it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import in_one_piece
from cellocate.cells.segmenters import get_segmenter
from cellocate.images import CHANNELS
from cellocate.phantom import simulate_field

label_images = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3))


def pieces(labels):
    """How many 4-connected pieces each number has."""
    return {
        int(number): cv2.connectedComponents((labels == number).astype(np.uint8), connectivity=4)[0] - 1
        for number in np.unique(labels[labels > 0])
    }


@settings(max_examples=200)
@given(label_images)
def test_each_number_keeps_its_largest_piece_alone(labels):
    whole = in_one_piece(labels)
    assert set(np.unique(whole)) - {0} == set(np.unique(labels)) - {0}
    assert set(pieces(whole).values()) <= {1}
    for number in pieces(labels):
        _, parts, table, _ = cv2.connectedComponentsWithStats((labels == number).astype(np.uint8), connectivity=4)
        kept = np.flatnonzero(table[1:, cv2.CC_STAT_AREA] == table[1:, cv2.CC_STAT_AREA].max()) + 1
        assert any((whole[parts == piece] == number).all() for piece in kept)
    assert np.array_equal(in_one_piece(whole), whole)


@pytest.mark.parametrize("name", ["classical", "multinucleate"])
@pytest.mark.parametrize("channels", [CHANNELS, ("blue",)])
def test_cells_that_are_found_are_in_one_piece(name, channels):
    for seed, size, pixel_size in ((1, 500, 0.3), (2, 250, 0.7), (3, 128, 1.2)):
        planes = simulate_field([seed], size=size, seed=seed, span=size * pixel_size).channels
        field = planes[[CHANNELS.index(channel) for channel in channels]]
        found = get_segmenter(name).segment(field, channels, pixel_size)
        assert found.cells.max() > 3
        assert set(pieces(found.cells).values()) == {1}
        assert sorted(pieces(found.cells)) == list(range(1, int(found.cells.max()) + 1))
        if name == "classical":
            assert set(pieces(found.nuclei).values()) == {1}
