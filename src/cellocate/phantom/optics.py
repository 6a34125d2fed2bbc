"""The microscope: photograph a scene of light in four channels, as dim, blurred and noisy as real pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.images import Pixels
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
WHITE = 255  # grey levels at saturation, in steps of 1 (8 bits) or 1/257 (16 bits)
PULSE_SPREAD = 0.3  # of the pulse heights of single photons, relative to their mean
READ_NOISE = 0.3  # of the electronics, in grey levels


@dataclass(frozen=True)
class Exposure:
    """The settings and optics of one channel of one field."""

    # standard deviation of the point-spread function in µm; `spread`, `halo`: width and share of the light from other
    # planes
    focus: float
    spread: float
    halo: float
    gain: float  # grey levels of light 1
    background: float  # grey levels everywhere, before `offset` is subtracted, which leaves empty areas black
    offset: float
    photons: float  # photons per grey level and µm² in pixels of 0.32 µm; fewer are noisier
    tilt: tuple[float, float]  # uneven light, (2,): relative change from the middle to the edge, along x and y


def draw_exposure(rng: np.random.Generator, *, gain: tuple[float, float], background: float, black: float) -> Exposure:
    """Draw a plausible exposure.

    `gain` is the median in grey levels and the spread of its logarithm, `background` the median in grey levels, `black`
    the most grey levels subtracted beyond the background.
    """
    return Exposure(
        focus=rng.uniform(0.10, 0.22),
        spread=rng.uniform(1.2, 2.5),
        halo=rng.uniform(0.04, 0.15),
        gain=gain[0] * float(np.exp(rng.normal(0, gain[1]))),
        background=background * rng.lognormal(0, 0.5),
        offset=rng.uniform(0.5, 1.4) * background + rng.uniform(0.5, black),
        photons=float(np.exp(rng.uniform(np.log(1.0), np.log(9.0)))),
        tilt=(float(rng.uniform(-0.15, 0.15)), float(rng.uniform(-0.15, 0.15))),
    )


def through_lens(light: Image, exposure: Exposure, pixel: float) -> Image:
    """Blur light, in pixels of `pixel` µm, by the point-spread function, and add light from other planes."""
    sharp = cv2.GaussianBlur(light, (0, 0), exposure.focus / pixel)
    small = cv2.resize(light, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # the halo has no fine detail
    wide = cv2.GaussianBlur(small, (0, 0), exposure.spread / (4 * pixel))
    halo = cv2.resize(wide, light.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((1 - exposure.halo) * sharp + exposure.halo * halo, np.float32)


def illuminate(light: Image, exposure: Exposure) -> Image:
    """Make one side of the field brighter than the other, and the corners darker."""
    across = np.linspace(-1, 1, light.shape[0], dtype=np.float32)
    x, y = across[None, :], across[:, None]
    shade = 1 + exposure.tilt[0] * x + exposure.tilt[1] * y - 0.05 * (x**2 + y**2)
    return np.asarray(light * shade, np.float32)


def shrink(light: Image, size: int) -> Image:
    """Average light over the pixels of a picture of `size` px."""
    if light.shape[0] == size:
        return light
    return np.asarray(cv2.resize(light, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def detect(rng: np.random.Generator, grey: Image, exposure: Exposure, depth: int, pixel: float) -> NDArray[Any]:
    """Turn expected grey levels into a picture of 8 or 16 bits: background, shot noise, offset, saturation.

    Both depths count the same photons and saturate at the same light. 16 bits are not stretched 8 bits: the signal is
    rounded to 1/257 of a grey level, so the noise of the detector is visible too.
    """
    # per grey level in one pixel: coarse pixels average more light, fine ones are exposed for longer
    photons = exposure.photons * (pixel**2 if pixel >= MAP_PIXEL else MAP_PIXEL**3 / pixel)
    expected = np.maximum(grey + exposure.background, 0) * photons
    counted = rng.poisson(expected).astype(np.float32)
    levels = (counted if depth == 8 else _amplify(rng, counted)) / photons
    if depth == 16:
        levels += READ_NOISE * rng.standard_normal(levels.shape, np.float32)
    top = 2**depth - 1
    whole = np.round((levels - exposure.offset) * (top / WHITE))
    return np.asarray(np.clip(whole, 0, top), np.uint8 if depth == 8 else np.uint16)


def _amplify(rng: np.random.Generator, counted: Image) -> Image:
    """Photons → pulses of a photomultiplier of varying height (doi:10.1007/978-0-387-45524-2_12)."""
    spread = PULSE_SPREAD * np.sqrt(counted) * rng.standard_normal(counted.shape, np.float32)
    return np.asarray(np.maximum(counted + spread, 0), np.float32)


@dataclass(frozen=True)
class SceneLight:
    """The light of a scene, (drawn, drawn) each, in units in which bright structures are 1."""

    stains: dict[int, Image]  # of the landmarks, by channel
    locations: dict[int, Image]  # of each location of the protein; `elsewhere`: of its protein outside the location
    elsewhere: dict[int, Image]
    haze: Image  # unspecific light in the protein's channel, in grey levels
    pixel: float  # µm


def photograph(
    rng: Callable[..., np.random.Generator], light: SceneLight, size: int, depth: int
) -> tuple[Pixels, dict[int, Image]]:
    """Take all channels of `size` px and `depth` bits through their own optics; also each location's share of green.

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
