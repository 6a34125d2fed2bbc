"""What is known of each cell: its place, its edge, and how its protein varies."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.describe import describe_cells, describe_field
from cellocate.cells.field_masks import ImportedMasks
from cellocate.cells.masks import renumbered
from cellocate.images import write_png


@settings(max_examples=30)
@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=12), elements=st.integers(0, 4)))
def test_places_and_contrast_are_of_the_pixels_of_each_cell(labels):
    _, cells = renumbered(np.zeros_like(labels), labels)
    field = np.random.default_rng(0).integers(0, 255, (2, *cells.shape)).astype(np.uint8)
    table = describe_cells(field, ["blue", "green"], ImportedMasks(cells, cells, 0.5))
    assert table["cell"].tolist() == [int(n) for n in np.unique(cells) if n]
    border = np.ones(cells.shape, bool)
    border[1:-1, 1:-1] = False
    for row in table.itertuples():
        own = cells == row.cell
        y, x = np.nonzero(own)
        assert (row.top_px, row.left_px) == (y.min(), x.min())
        assert (row.top_px + row.height_px - 1, row.left_px + row.width_px - 1) == (y.max(), x.max())
        assert row.edge == bool((own & border).any())
        assert row.contrast == pytest.approx(field[1][own].std(), abs=1e-3)
        assert row.area_um2 == pytest.approx(own.sum() * 0.25)
        assert (row.y_px, row.x_px) == pytest.approx((y.mean(), x.mean()))


def test_without_a_protein_or_a_landmark_nothing_is_said_of_them(tmp_path):
    field = np.random.default_rng(0).integers(0, 255, (1, 96, 96)).astype(np.uint8)
    cells = np.eye(96, dtype=np.uint16)
    assert math.isnan(describe_cells(field, ["blue"], ImportedMasks(cells, cells, 0.5))["contrast"][0])
    assert math.isnan(describe_field(field, ["blue"], {}, 0.5)["sharpness"])
    assert math.isnan(describe_field(field, ["blue"], {}, 0.5)["smallest_file_bytes"])
    for name, pixels in (("green", field[0]), ("blue", field[0] * 0)):
        write_png(tmp_path / f"{name}.png", pixels)
    told = describe_field(field, ["red"], {name: tmp_path / f"{name}.png" for name in ("green", "blue")}, 0.64)
    sizes = sorted((tmp_path / f"{name}.png").stat().st_size for name in ("green", "blue"))
    assert [told["smallest_file_bytes"], told["largest_file_bytes"]] == sizes
    assert told["sharpness"] > 0
