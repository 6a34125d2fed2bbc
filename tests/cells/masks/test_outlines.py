from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellocate.cells.masks.polygons import filled, outlines

label_images = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3))
RING_WITH_AN_ISLAND = np.pad(np.pad(np.pad(np.ones((1, 1), int), 1), 1, constant_values=1), 1)
CORNERS = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]])


def drawn(shapes, size):
    labels = np.zeros(size, np.uint16)
    for number, polygons in shapes.items():
        place, inside = filled([ring for polygon in polygons for ring in polygon], size)
        labels[place][inside] = number
    return labels


@settings(max_examples=200)
@given(label_images)
@example(RING_WITH_AN_ISLAND)
@example(CORNERS)
def test_outlines_hold_exactly_their_cells_and_no_ring_touches_itself(labels):
    shapes = outlines(labels)
    assert np.array_equal(drawn(shapes, labels.shape), labels)
    for number, polygons in shapes.items():
        rings = [ring for polygon in polygons for ring in polygon]
        assert all(len({tuple(point) for point in ring}) == len(ring) >= 4 for ring in rings)
        # every polygon by itself is what it says: its holes lie in it
        areas = [filled(polygon, labels.shape)[1].sum() for polygon in polygons]
        outer = [filled(polygon[:1], labels.shape)[1].sum() for polygon in polygons]
        holes = [sum(filled([hole], labels.shape)[1].sum() for hole in polygon[1:]) for polygon in polygons]
        assert np.array_equal(areas, np.subtract(outer, holes))
        assert sum(areas) == (labels == number).sum()


def test_an_island_in_a_hole_is_a_polygon_of_its_own():
    [island, ring] = outlines(RING_WITH_AN_ISLAND)[1]
    assert (len(island), len(ring)) == (1, 2)
    assert island[0].tolist() == [[3, 3], [4, 3], [4, 4], [3, 4]]


def test_a_slanted_polygon_holds_the_pixels_whose_centre_is_in_it():
    place, inside = filled([np.array([[0, 0], [4, 0], [0, 4]])], (5, 5))
    whole = np.zeros((5, 5), bool)
    whole[place] = inside
    y, x = np.mgrid[:5, :5] + 0.5
    assert np.array_equal(whole, x + y < 4)


def test_what_lies_outside_the_image_is_cut_off():
    place, inside = filled([np.array([[-2, -1], [9, -1], [9, 9], [-2, 9]])], (3, 4))
    assert inside.all()
    assert inside.shape == (3, 4)
    assert place == (slice(0, 3), slice(0, 4))
    assert filled([np.array([[7, 1], [9, 1], [9, 2]])], (3, 4))[1].size == 0
