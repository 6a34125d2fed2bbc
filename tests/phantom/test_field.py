"""One simulated field: its types, its truth, and that the scene does not depend on its size."""

import numpy as np
import pytest

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN
from cellocate.phantom import simulate_field
from cellocate.phantom.canvas import Canvas
from cellocate.phantom.debris import scatter_debris
from cellocate.phantom.scene import build_scene


def test_arrays_have_the_promised_shapes_and_types():
    field = simulate_field([0, 25], size=128, seed=5)
    assert field.channels.shape == (4, 128, 128)
    assert field.channels.dtype == np.uint8
    assert field.cells.shape == field.nuclei.shape == (128, 128)
    assert field.cells.dtype == field.nuclei.dtype == np.uint16
    assert sorted(field.signal) == [0, 25]
    assert all(light.shape == (128, 128) and light.dtype == np.float32 for light in field.signal.values())


def test_16_bits_are_the_same_light_read_more_finely():
    coarse, fine = (simulate_field([23], size=128, depth=depth, seed=14) for depth in (8, 16))
    assert fine.channels.dtype == np.uint16
    assert np.array_equal(coarse.cells, fine.cells)
    assert np.array_equal(coarse.signal[23], fine.signal[23])
    for few, many in zip(coarse.channels, fine.channels, strict=True):
        between = (few > 0) & (few < 255)
        assert np.mean(many[between] % 257 != 0) > 0.99  # more than 8 bits with zeros
        assert len(np.unique(many)) > 8 * len(np.unique(few))
        brought = many / 257
        assert np.corrcoef(few.ravel(), brought.ravel())[0, 1] > 0.99
        assert abs(brought[between].mean() - few[between].mean()) < 0.5
        assert brought[few == 255].min(initial=255) > 240


def test_cells_are_numbered_without_gaps_and_have_labels():
    field = simulate_field([21], size=256, seed=6)
    seen = np.unique(field.cells)
    assert len(field.cell_labels) == seen.max() >= 5
    assert set(seen) <= set(range(len(field.cell_labels) + 1))
    assert set(field.cell_labels) <= {(), (21,)}


def test_nuclei_lie_in_the_cell_of_the_same_number():
    field = simulate_field([], size=512, seed=7)
    inside = field.nuclei > 0
    assert np.mean(field.cells[inside] == field.nuclei[inside]) > 0.98


def test_the_same_seed_gives_the_same_field_and_another_seed_another():
    first, again, other = (simulate_field([7], size=128, seed=seed) for seed in (8, [8], 9))
    assert np.array_equal(first.channels, again.channels)
    assert not np.array_equal(first.channels, other.channels)


def test_the_scene_is_the_same_at_every_size():
    small, large = (simulate_field([23], size=size, seed=10) for size in (128, 512))
    sampled = large.cells[2::4, 2::4]
    assert np.mean(sampled == small.cells) > 0.99
    assert small.cell_labels == large.cell_labels
    averaged = large.signal[23].reshape(128, 4, 128, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(small.signal[23], averaged, rtol=1e-3, atol=1e-2)


def test_a_field_larger_than_the_maps_keeps_the_scene():
    large, usual = (simulate_field([25], size=size, seed=11) for size in (768, 512))
    brought = np.add.reduceat(np.add.reduceat(large.signal[25], np.arange(0, 768, 3), 0), np.arange(0, 768, 3), 1) / 9
    halved = usual.signal[25].reshape(256, 2, 256, 2).mean(axis=(1, 3))
    assert np.corrcoef(brought.ravel(), halved.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("span", [100, 246])
def test_a_field_can_be_narrower_or_wider(span):
    usual, told = (simulate_field([0], size=256, span=width, seed=20) for width in (163.84, span))
    assert told.channels.shape == (4, 256, 256)
    areas = [
        np.median(np.bincount(field.nuclei.ravel())[1:]) * (width / 256) ** 2
        for field, width in ((usual, 163.84), (told, span))
    ]
    assert 0.5 < areas[0] / areas[1] < 2  # nuclei of the same kind of cells are as large in µm
    assert (len(told.cell_labels) > len(usual.cell_labels)) == (span > 163.84)


@pytest.mark.parametrize("label", range(28))
def test_the_narrowest_field_has_room_for_every_location(label):
    for seed in range(3):
        assert simulate_field([label], size=64, span=60, seed=[21, seed]).signal[label].max() > 10


def test_debris_lies_mostly_between_cells():
    scene = build_scene(np.random.default_rng(3), FIELD_SPAN, metaphases=0, pairs=0)
    canvas = Canvas(512, FIELD_SPAN)
    for seed in range(20):
        scatter_debris(np.random.default_rng(seed), scene).draw(canvas, 1)
    light = canvas.image()
    assert light[scene.labels == 0].sum() > 3 * light[scene.labels > 0].sum() > 0


def test_what_is_out_of_focus_is_blurred_and_dimmer():
    sharp, blurred = Canvas(256, FIELD_SPAN), Canvas(256, FIELD_SPAN)
    for canvas, defocus in ((sharp, 0.0), (blurred, 0.9)):
        canvas.set_light(defocus=defocus)
        canvas.discs(np.array([[80.0, 80.0]]), 3.0, 1.0)
    assert blurred.image().max() < 0.8 * sharp.image().max()
    assert blurred.image().sum() == pytest.approx(sharp.image().sum() / 1.9, rel=1e-3)


def test_cells_that_touch_lie_a_little_over_each_other():
    scene = build_scene(np.random.default_rng(3), FIELD_SPAN, metaphases=0, pairs=0)
    covered = np.zeros(scene.labels.shape, int)
    for cell in scene.cells:
        top, bottom, left, right = cell.maps.box
        covered[top:bottom, left:right] += cell.maps.inside
    twice = np.mean(covered[covered > 0] > 1)
    assert 0.001 < twice < 0.1
    assert np.mean((covered > 0) == (scene.labels > 0)) > 0.999


def test_landmarks_do_not_change_with_the_protein():
    one, other = (simulate_field(labels, size=128, seed=12) for labels in ([0], [25]))
    for channel in (0, 2):
        assert np.array_equal(one.channels[channel], other.channels[channel])


def test_an_empty_label_set_is_a_negative_field():
    field = simulate_field([], size=128, seed=13)
    assert field.signal == {}
    assert set(field.cell_labels) == {()}


@pytest.mark.parametrize(("labels", "size"), [([28], 128), ([-1], 128), ([0], 63), ([0], 0)])
def test_impossible_fields_are_refused(labels, size):
    with pytest.raises(CellocateError):
        simulate_field(labels, size=size, seed=0)


def test_variability_is_the_share_of_cells_that_lack_a_location():
    none, half, most = (simulate_field([0, 25], size=64, variability=v, seed=15).cell_labels for v in (0, 0.5, 1))
    able = [bool(labels) and 0 in labels for labels in none]
    assert all(25 in labels for labels in none)  # any cell can hold cytosol
    assert sum(able) >= len(none) - 1  # but for one in mitosis, any has a nucleus
    assert {(), (0,), (25,), (0, 25)} == set(half)
    for label in (0, 25):
        assert 0.2 * len(half) < sum(label in labels for labels in half) < 0.8 * len(half)
        assert sum(label in labels for labels in most) == 1


def test_the_usual_variability_is_eight_in_a_hundred():
    usual = simulate_field([25], size=64, seed=15)
    told = simulate_field([25], size=64, variability=0.08, seed=15)
    assert np.array_equal(usual.channels, told.channels)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_variability_that_is_no_share_is_refused(share):
    with pytest.raises(CellocateError, match="share"):
        simulate_field([0], size=64, variability=share, seed=0)


def test_a_depth_that_no_file_has_is_refused():
    with pytest.raises(CellocateError, match="12 bits"):
        simulate_field([0], size=128, depth=12, seed=0)


def test_a_negative_seed_is_refused():
    with pytest.raises(CellocateError):
        simulate_field([0], size=128, seed=[0, -1])
