from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

from cellocate.choices import Colours
from cellocate.pictures import STAINS, composite, light
from cellocate.pictures.style import PALETTE, group_colours
from cellocate.vocabulary import get_vocabulary

# Machado, Oliveira, Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1, of linear light
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}


def seen(colour, blindness):
    value = np.asarray(colour)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(np.array(BLIND[blindness]) @ linear, 0, 1)
    shown = np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return rgb2lab(shown.reshape(1, 1, 3)).ravel()


def least_difference(colours, blindness):
    lights = [seen(light(name, colours), blindness) for name in STAINS]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(lights, 2))


@pytest.mark.parametrize("blindness", BLIND)
def test_magenta_can_be_told_apart_by_who_cannot_tell_red_from_green(blindness):
    assert least_difference("magenta", blindness) > 30 > least_difference("atlas", blindness)


@pytest.mark.parametrize("colours", get_args(Colours))
def test_the_protein_is_green(colours):
    assert light("green", colours) == (0, 1, 0)


def test_a_composite_in_magenta():
    channels = np.array([[[0.0, 1.0]]])
    assert composite(channels, ("red",), "magenta")[0, 1].tolist() == [255, 0, 255]


@pytest.mark.parametrize("blindness", BLIND)
@pytest.mark.parametrize("vocabulary", ["hpa28", "hpa19", "subcell31"])
def test_groups_can_be_told_apart_by_who_cannot_tell_red_from_green(blindness, vocabulary):
    found = [seen(to_rgb(colour), blindness) for colour in group_colours(get_vocabulary(vocabulary).groups).values()]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(found, 2)) > 15


def test_a_group_has_one_colour_in_every_vocabulary():
    found = [group_colours(get_vocabulary(name).groups) for name in ("hpa28", "hpa19", "subcell31")]
    assert len({tuple(sorted((g, c) for g, c in colours.items() if g != "Negative")) for colours in found}) == 1


def test_groups_have_none_of_the_colours_that_change_by_night():
    assert not set(group_colours(get_vocabulary("hpa19").groups).values()) & set(PALETTE.values())


def test_colours_run_out_into_grey():
    found = list(group_colours([f"group {i}" for i in range(9)]).values())
    assert len(set(found)) == 8
    assert found[7] == found[8]


def test_groups_keep_their_colours():
    few, more = group_colours(("a", "b")), group_colours(("a", "b", *"cdefg"))
    assert few.items() <= more.items()
    assert len(set(more.values())) == 7
