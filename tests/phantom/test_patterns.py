"""Each location lies where its biology says, over several scenes."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from cellocate.phantom import simulate_field
from cellocate.registry import LOCATIONS
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names
UM = 512 / 163.84


@lru_cache
def fields(label, n=1):
    return [simulate_field([label], size=512, seed=[40 + i, label]) for i in range(n)]


def share(field, label, region):
    """How much of the light of a location, above its own faint haze, falls into a region."""
    light = field.signal[label]
    strong = np.where(light > 0.3 * light.max(), light, 0)
    return strong[region].sum() / strong.sum()


def far_from(mask):
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) / UM


def edges(labels):
    padded = np.pad(labels, 1, mode="edge").astype(int)
    middle = padded[1:-1, 1:-1]
    shifted = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return np.any([middle != other for other in shifted], axis=0)


def contacts(labels, reach=1.5):
    """Where two different cells lie within `reach` µm."""
    size = 2 * int(reach * UM) + 1
    kernel = np.ones((size, size), np.uint8)
    highest = cv2.dilate(labels, kernel)
    lowest = cv2.erode(np.where(labels == 0, 65535, labels).astype(np.uint16), kernel)
    return (highest > 0) & (lowest != 65535) & (highest != lowest)


def test_every_location_of_hpa28_is_drawn():
    assert set(LOCATIONS) == set(NAMES)


@pytest.mark.parametrize("label", range(28), ids=lambda label: NAMES[label])
def test_every_location_shows_in_some_cell_and_only_within_reach_of_it(label):
    for field in fields(label):
        shown = [number for number, labels in enumerate(field.cell_labels, start=1) if label in labels]
        assert shown
        light = field.signal[label]
        assert light.max() > 10
        assert light[far_from(np.isin(field.cells, shown)) > 8].sum() < 0.02 * light.sum()


@pytest.mark.parametrize("label", [0, 2, 3, 4, 5])
def test_nuclear_locations_lie_in_nuclei(label):
    for field in fields(label):
        assert share(field, label, far_from(field.nuclei > 0) < 0.5) > 0.97


@pytest.mark.parametrize("label", [6, 8, 9, 10, 11, 20, 23, 24, 25, 26, 27])
def test_cytoplasmic_locations_lie_outside_nuclei(label):
    for field in fields(label):
        assert share(field, label, (field.cells > 0) & (field.nuclei == 0)) > 0.85


def test_nuclear_membrane_is_a_rim():
    for field in fields(1):
        rim = far_from(edges(field.nuclei)) < 1.0
        assert share(field, 1, rim) > 0.9


def test_nucleoli_are_dark_in_the_nuclear_channel():
    for field in fields(2):
        light = field.signal[2]
        body = light > 0.4 * light.max()
        blue = field.channels[2].astype(float)
        numbers = np.unique(field.nuclei[body])
        rest = np.isin(field.nuclei, numbers[numbers > 0]) & (light < 0.1 * light.max())
        assert blue[body].mean() < 0.8 * blue[rest].mean()


def test_fibrillar_centres_lie_where_nucleoli_do():
    for seed in (1, 2):
        field = simulate_field([2, 3], size=512, seed=seed)
        nucleoli, centres = field.signal[2], field.signal[3]
        assert np.average(nucleoli, weights=np.where(centres > 0.4 * centres.max(), centres, 0)) > 5 * nucleoli.mean()


def test_plasma_membrane_lies_at_edges():
    for field in fields(21):
        assert share(field, 21, far_from(edges(field.cells)) < 3.0) > 0.95


def test_junctions_lie_only_where_cells_touch():
    for field in fields(22):
        assert share(field, 22, contacts(field.cells)) > 0.9


def test_focal_adhesions_lie_near_edges_and_in_cells():
    for field in fields(13):
        assert share(field, 13, (far_from(edges(field.cells)) < 6) & (far_from(field.cells > 0) < 1)) > 0.9


@pytest.mark.parametrize("label", [7, 18, 19])
def test_perinuclear_locations_lie_near_nuclei(label):
    for field in fields(label):
        assert share(field, label, far_from(field.nuclei > 0) < 7) > 0.95


def test_the_golgi_is_compact():
    for field in fields(7):
        light = field.signal[7]
        number = field.cells.flat[light.argmax()]
        light = np.where(field.cells == number, light, 0)
        y, x = np.nonzero(light > 0.4 * light.max())
        assert np.hypot(np.ptp(y), np.ptp(x)) / UM < 20


def test_microtubules_follow_the_landmark():
    for field in fields(14):
        green, red = field.signal[14], field.channels[0].astype(float)
        within = (field.cells > 0) & (field.nuclei == 0)
        assert np.corrcoef(green[within], red[within])[0, 1] > 0.5


def test_spindles_are_only_in_dividing_cells_and_bridges_only_between_sisters():
    for field in fields(17, 2):
        shown = [n for n, labels in enumerate(field.cell_labels, start=1) if labels]
        assert 1 <= len(shown) <= 3 < len(field.cell_labels)
        for number in shown:  # plates of chromosomes, which are smaller than any nucleus
            assert np.sum(field.nuclei == number) / UM**2 < 80
    for field in fields(16, 2):
        assert 1 <= sum(bool(labels) for labels in field.cell_labels) <= 4
        assert share(field, 16, field.nuclei == 0) > 0.9
