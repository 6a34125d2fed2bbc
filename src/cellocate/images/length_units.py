"""Units of length in image files, and pixel sizes in them."""

from __future__ import annotations

import math
from typing import NamedTuple

_PREFIXES = {
    "yocto": ("y", -24), "zepto": ("z", -21), "atto": ("a", -18), "femto": ("f", -15), "pico": ("p", -12),
    "nano": ("n", -9), "micro": ("µ", -6), "milli": ("m", -3), "centi": ("c", -2), "deci": ("d", -1), "": ("", 0),
    "deca": ("da", 1), "hecto": ("h", 2), "kilo": ("k", 3), "mega": ("M", 6), "giga": ("G", 9), "tera": ("T", 12),
    "peta": ("P", 15), "exa": ("E", 18), "zetta": ("Z", 21), "yotta": ("Y", 24),
}  # fmt: skip
_INCH = 25_400.0
_OTHERS = {
    1e-4: ("Å", "angstrom"), 1.0: ("um", "micron"), _INCH: ("in", "inch"), _INCH / 1000: ("thou", "mil"),
    _INCH / 12: ("li", "line"), _INCH / 72: ("pt", "point"), _INCH * 12: ("ft", "foot"), _INCH * 36: ("yd", "yard"),
    _INCH * 63_360: ("mi", "mile"), 1.495978707e17: ("au", "ua"), 9.4607304725808e21: ("ly", "lightyear"),
    3.0856775814913673e22: ("pc", "parsec"),
}  # fmt: skip
MICROMETRES = (
    {symbol + "m": 10.0 ** (power + 6) for symbol, power in _PREFIXES.values()}
    | {word + "meter": 10.0 ** (power + 6) for word, (_, power) in _PREFIXES.items()}
    | {name: length for length, names in _OTHERS.items() for name in names}
)
"""µm in each unit of length of OME-XML (its symbols), of OME-Zarr (its words) and of ImageJ."""
NO_LENGTH = ("", "pixel", "pixels", "px", "reference frame")
"""Units that files give if the pixel size is unknown."""

POSSIBLE = (0.001, 100)
"""Range of µm per px of light microscopes."""

_ALIKE = 1.01  # ratio of sides that counts as rounding


class PixelSize(NamedTuple):
    """The pixel size that a file records.

    Attributes:
        um: µm per px; None if no usable size is recorded.
        doubt: why a recorded size is not used, as a noun; "" otherwise.
        stretched: height and width as text, if the pixels are not square; "" otherwise.
    """

    um: float | None = None
    doubt: str = ""
    stretched: str = ""


def micrometres(unit: str) -> float | None:
    """The length of a unit in µm, or None if it is no unit of length.

    Example:
        >>> [micrometres(unit) for unit in ("μm", "µm", "nanometer", "Å", "inch", "Mm", "furlong")]
        [1.0, 1.0, 0.001, 0.0001, 25400.0, 1000000000000.0, None]
    """
    spelling = unit.strip().replace("\\u00B5", "µ").replace("\u03bc", "µ").replace("Âµ", "µ").replace("\u212b", "Å")
    word = spelling.lower().replace("metre", "meter").replace("feet", "foot").replace("inches", "inch")
    for name in (spelling, word, word.removesuffix("s")):
        if name in MICROMETRES:
            return MICROMETRES[name]
    return None


def pixel_size(x: object, y: object, x_unit: str, y_unit: str = "") -> PixelSize:
    """The pixel size from a recorded width and height, each a number in a unit.

    Args:
        x: width; None or "" if not recorded.
        y: height; the width if not recorded.
        x_unit: unit of the width, in any spelling of `MICROMETRES`.
        y_unit: unit of the height; by default that of the width.

    Example:
        >>> pixel_size("80", "80", "nm").um, pixel_size(1, 1, "pixel").um
        (0.08, None)
        >>> pixel_size("0.5", "0.5", "pixel").doubt, pixel_size(0.1, 0.2, "µm").stretched
        ("a pixel size that is not understood (0.5 'pixel')", '0.1 × 0.2 µm')
    """
    x, y = ("" if side is None else " ".join(str(side).split()) for side in (x, y))
    if not y:
        y, y_unit = x, x_unit
    elif not x:
        x, x_unit = y, y_unit or x_unit
    if not x or (x_unit.strip().lower() in NO_LENGTH and (not x_unit.strip() or _number(x) in (0, 1))):
        return PixelSize()
    sides = []
    for side, unit in ((x, x_unit), (y, y_unit or x_unit)):
        length, number = micrometres(unit), _number(side)
        if length is None or number is None:
            return PixelSize(doubt=f"a pixel size that is not understood ({side} {unit!r})")
        sides.append(float(f"{number * length:.12g}"))  # 80 × .001 is .08
    if not all(POSSIBLE[0] <= side <= POSSIBLE[1] for side in sides):
        return PixelSize(doubt=f"an impossible pixel size ({sides[0]:g} × {sides[1]:g} µm)")
    if max(sides) > min(sides) * _ALIKE:
        return PixelSize(sides[0], stretched=f"{sides[0]:g} × {sides[1]:g} µm")
    return PixelSize(sides[0])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
