"""The picture of docs/phantoms.md: a cell or two for each location, numbered as in hpa28.

Writes docs/images/phantoms.jpg anew; the same code gives the same picture.

    python benchmarks/phantom_sheet.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN
from cellocate.phantom import PhantomField, simulate_field
from cellocate.vocabulary import get

OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "phantoms.jpg"
SIZE = 640  # px of a field
TILE = 200  # px of it that are shown
COLUMNS = 7
SEED = 22


def main() -> None:
    names = get("hpa28").names
    tiles = [_tile(label, name) for label, name in enumerate(names)]
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    OUT.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(OUT), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 72])
    print(f"{OUT.name}: {len(tiles)} tiles of {TILE * FIELD_SPAN / SIZE:.0f} µm, {OUT.stat().st_size / 1000:.0f} kB")


def _tile(label: int, name: str) -> NDArray[np.uint8]:
    """Where the location has most light, as the atlas shows it: microtubules red, protein green, nucleus blue."""
    field = simulate_field([label], size=SIZE, seed=[SEED, label])
    top, left = _brightest_place(field, label)
    red, green, blue = (
        _stretched(channel, channel[top : top + TILE, left : left + TILE]) for channel in field.channels[:3]
    )
    tile = np.dstack([0.85 * blue, 1.2 * green, 0.75 * red])
    picture = np.ascontiguousarray(np.clip(255 * tile, 0, 255).astype(np.uint8))
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, f"{label} {name}", (5, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.36, colour, width, cv2.LINE_AA)
    return cv2.copyMakeBorder(picture[1:-1, 1:-1], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(64, 64, 64)).astype(np.uint8)


def _brightest_place(field: PhantomField, label: int) -> tuple[int, int]:
    light = cv2.GaussianBlur(field.signal[label], (0, 0), TILE / 5)
    half = TILE // 2
    y, x = np.unravel_index(light[half:-half, half:-half].argmax(), (SIZE - TILE, SIZE - TILE))
    return int(y), int(x)


def _stretched(channel: NDArray[Any], shown: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(shown / max(float(np.percentile(channel, 99.95)), 1.0), np.float64)


if __name__ == "__main__":
    main()
