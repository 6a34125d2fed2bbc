"""What the truth says is what the picture shows: labels, light, landmarks, masks."""

import numpy as np
import pytest

from cellocate.images import FIELD_SPAN
from cellocate.phantom import simulate_field
from cellocate.phantom.scene import build_scene
from cellocate.phantom.shapes import ANGLES, polygon, rasterise
from cellocate.registry import LOCATIONS
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names


def scenes(n, **asked):
    return [
        build_scene(np.random.default_rng(seed), FIELD_SPAN, **{"metaphases": 1, "pairs": 1} | asked)
        for seed in range(n)
    ]


@pytest.mark.parametrize("label", range(28), ids=lambda label: NAMES[label])
def test_every_labelled_cell_shows_its_location_in_its_own_mask(label):
    field = simulate_field([label], size=512, variability=0, seed=[70, label])
    light = field.signal[label]
    for number, labels in enumerate(field.cell_labels, start=1):
        inside = light[field.cells == number]
        assert (label in labels) <= (inside.size > 0 and inside.max() > 0.02 * light.max())


@pytest.mark.parametrize("label", range(28), ids=lambda label: NAMES[label])
@pytest.mark.parametrize(("span", "variability"), [(60, 0.08), (FIELD_SPAN, 1), (320, 0.08)])
def test_a_location_is_about_as_bright_in_any_field(label, span, variability):
    field = simulate_field([label], size=160, span=span, variability=variability, seed=[71, label])
    assert 10 < field.signal[label].max() < 2500


@pytest.mark.parametrize("label", [8, 19, 25])
def test_brightness_does_not_depend_on_the_size_of_the_picture(label):
    large, small = (simulate_field([label], size=size, seed=[72, label]).signal[label] for size in (1024, 256))
    assert large.mean() == pytest.approx(small.mean(), rel=0.03)


def test_centrosomes_lie_in_their_own_cytoplasm():
    cells = [cell for scene in scenes(6) for cell in scene.cells if cell.phase == "interphase"]
    seen = [cell for cell in cells if cell.maps.area(cell.maps.nucleus) > 60]
    placed = [cell.maps.holds(cell.centrosome) for cell in seen]
    assert len(placed) > 60
    assert np.mean(placed) > 0.97


def test_the_distance_to_the_nucleus_is_that_to_the_own_one():
    for scene in scenes(3):
        for cell in scene.cells:
            nucleus = np.vstack(cell.nuclei)
            row, column = np.argwhere(cell.maps.inside)[len(np.argwhere(cell.maps.inside)) // 2]
            place = (np.array([column + cell.maps.box[2], row + cell.maps.box[0]]) + 0.5) * 0.32
            told, nearest = cell.maps.from_nucleus[row, column], np.linalg.norm(nucleus - place, axis=1).min()
            assert told == 0 or abs(told - nearest) < 1 or nearest > 20


def test_sisters_do_as_one():
    for scene in scenes(8, pairs=2):
        sisters = [cell for cell in scene.cells if cell.bridge is not None]
        for cell in sisters:
            [other] = [o for o in sisters if o.pair == cell.pair and o is not cell]
            assert other.defocus == cell.defocus
    for seed in range(4):
        shown = [
            n for n, labels in enumerate(simulate_field([16], size=64, variability=1, seed=seed).cell_labels) if labels
        ]
        assert len(shown) == 2


def test_the_one_cell_that_shows_a_location_for_sure_is_any():
    cells = {simulate_field([25], size=64, variability=1, seed=seed).cell_labels.index((25,)) for seed in range(8)}
    assert len(cells) > 4


@pytest.mark.parametrize(("size", "radius"), [(512, 2.0), (512, 7.0), (2048, 2.0), (128, 7.0)])
def test_masks_are_as_large_as_what_they_cover(size, radius):
    pixel = FIELD_SPAN / size
    middles = np.random.default_rng(0).uniform(20, 140, (20, 2))
    areas = [
        (rasterise([polygon(m, np.full(len(ANGLES), radius))], [1], size, pixel) > 0).sum() * pixel**2 for m in middles
    ]
    assert np.mean(areas) == pytest.approx(np.pi * radius**2, rel=0.05)


@pytest.mark.parametrize("label", [3, 19])
def test_a_location_of_a_field_is_one_of_some_cell(label):
    for seed in range(6):
        field = simulate_field([label], size=64, variability=1, seed=[90, seed])
        assert any(label in labels for labels in field.cell_labels)


def test_small_cells_are_not_asked_for_what_they_have_no_room_for():
    for name in ("Microtubule ends", "Aggresome", "Rods & rings"):
        kinds = {simulate_kind(name, seed) for seed in range(12)}
        assert not kinds & {"round", "lymphoid"}


def simulate_kind(name, seed):
    from cellocate.phantom.field import _scene

    return _scene((seed,), FIELD_SPAN, [LOCATIONS[name]]).kind.name
