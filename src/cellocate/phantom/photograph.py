"""Photograph the light of a scene: four channels, and each location's share of the green one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cellocate.images import Pixels
from cellocate.phantom.optics import detect, draw_exposure, illuminate, shrink, through_lens
from cellocate.phantom.shapes import MAP_PIXEL, Image

RED, GREEN, BLUE, YELLOW = range(4)
TAKE, STRENGTH, BLEED, NOISE = range(120, 124)  # streams of random numbers

# for each channel the median gain in grey levels, the spread of its logarithm, the background, and the most grey
# levels subtracted beyond it
GAINS = {
    RED: (100.0, 0.4, 1.2, 5.0),
    GREEN: (115.0, 0.5, 1.6, 5.0),
    BLUE: (85.0, 0.55, 0.5, 10.0),
    YELLOW: (160.0, 0.45, 1.2, 5.0),
}


@dataclass(frozen=True)
class SceneLight:
    """The light of a scene, (drawn, drawn) each, in units in which bright structures are 1.

    Attributes:
        stains: of the landmarks, by channel.
        locations: of each location of the protein; `elsewhere`: of its protein outside the location.
        haze: unspecific light in the protein's channel, in grey levels.
        pixel: µm.
    """

    stains: dict[int, Image]
    locations: dict[int, Image]
    elsewhere: dict[int, Image]
    haze: Image
    pixel: float


def photograph(
    rng: Callable[..., np.random.Generator], light: SceneLight, size: int, depth: int
) -> tuple[Pixels, dict[int, Image]]:
    """Take all channels of `size` px and `depth` bits, each through its own optics; also each location's share of green.

    `rng` gives the stream of random numbers for a purpose.
    """
    takes = {
        channel: draw_exposure(rng(TAKE, channel), gain=(gain, spread), background=background, black=black)
        for channel, (gain, spread, background, black) in GAINS.items()
    }

    def seen(image: Image, channel: int) -> Image:
        return through_lens(image, takes[channel], light.pixel)

    def small(image: Image, channel: int) -> Image:
        return shrink(illuminate(image, takes[channel]), size)

    grey = {
        channel: small(takes[channel].gain * seen(image, channel), channel) for channel, image in light.stains.items()
    }
    haze = small(seen(light.haze, GREEN), GREEN)
    signal = {}
    strength = rng(STRENGTH)
    for label, image in light.locations.items():
        sharp = seen(image, GREEN)
        bright = takes[GREEN].gain * strength.uniform(0.6, 1.0) / _brightness(sharp, light.pixel)
        signal[label] = small(bright * sharp, GREEN)
        haze = haze + small(bright * seen(light.elsewhere[label], GREEN), GREEN)
    grey[GREEN] = sum(signal.values(), haze)
    _bleed(rng(BLEED), grey)
    pixel = light.pixel * len(light.haze) / size
    return np.stack([detect(rng(NOISE, c), grey[c], takes[c], depth, pixel) for c in range(4)]), signal


def _brightness(light: Image, pixel: float) -> float:
    """The brightness that an operator would adjust to: the brightest few pixels, or fewer if many are bright.

    Pixels are those of the scene's maps, whatever the size of the picture. The result is limited to between half and
    twice a solid structure, because nobody raises the gain until the surroundings of a few cells shine.
    """
    coarse = shrink(light, round(len(light) * pixel / MAP_PIXEL))
    few, many = np.percentile(coarse, (99.95, 99.5))
    return float(np.clip(np.sqrt(few * max(many, 0.4 * few)), 0.5, 2.0))


def _bleed(rng: np.random.Generator, grey: dict[int, Image]) -> None:
    """Let neighbouring dyes leak into each other's channel, by a few per cent."""
    red, green = grey[RED], grey[GREEN]
    grey[YELLOW] = grey[YELLOW] + rng.uniform(0.0, 0.08) * red + rng.uniform(0.0, 0.02) * green
    grey[GREEN] = green + rng.uniform(0.0, 0.02) * red
