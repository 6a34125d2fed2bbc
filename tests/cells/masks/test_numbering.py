from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks import check_numbering, matched, renumbered
from cellocate.errors import CellocateError
from cellocate.phantom import simulate_field

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=7)
pairs = SHAPES.flatmap(lambda shape: st.tuples(*[arrays(np.uint16, shape, elements=st.integers(0, 9))] * 2))


@given(pairs)
def test_nuclei_and_cells_of_any_numbers_come_to_fit(pair):
    nuclei, cells = pair
    fitting, numbered = renumbered(matched(nuclei, cells), cells)
    check_numbering(fitting, numbered)
    assert np.array_equal(numbered > 0, cells > 0)
    assert len(np.unique(np.stack([numbered, cells]).reshape(2, -1), axis=1).T) == len(np.unique(cells))
    for nucleus in np.unique(nuclei[nuclei > 0]):
        inside = np.bincount(cells[nuclei == nucleus], minlength=1)
        inside[0] = 0
        kept = np.unique(matched(nuclei, cells)[nuclei == nucleus])
        kept = kept[kept > 0]
        assert len(kept) <= 1
        assert not inside.any() or inside[kept[0]] == inside.max()


def test_phantoms_are_numbered_so():
    field = simulate_field([0], size=128, seed=3)
    check_numbering(*renumbered(field.nuclei, field.cells))
    shuffled = np.where(field.nuclei > 0, field.nuclei.max() + 1 - field.nuclei, 0)
    assert np.array_equal(matched(shuffled, field.cells), field.nuclei)


def test_label_images_of_two_sizes_are_refused():
    for work in (check_numbering, renumbered, matched):
        with pytest.raises(CellocateError, match="masks on 2 × 2 px in a field of 3 × 2 px"):
            work(np.zeros((2, 2), int), np.zeros((2, 3), int))
