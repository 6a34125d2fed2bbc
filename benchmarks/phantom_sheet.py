"""Pictures of every location: the one of docs/phantoms.md, and one that lays phantoms beside real references.

Writes docs/images/phantoms.jpg anew, a cell or two for each location, numbered as in hpa28; the same code gives the
same picture. With a file name it draws phantoms to the right of the references in the folder of real images that
`CELLOCATE_REAL_DATA` names (`../shared/data` beside the repository unless told otherwise).

    python benchmarks/phantom_sheet.py
    python benchmarks/phantom_sheet.py beside.jpg
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN
from cellocate.phantom import PhantomField, simulate_field
from cellocate.vocabulary import get_vocabulary

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images" / "phantoms.jpg"
SEED = 22
NAMES = get_vocabulary("hpa28").names

Picture = NDArray[np.uint8]


def main() -> None:
    if len(sys.argv) > 1:
        _beside_real(Path(sys.argv[1]))
    else:
        tiles = [_named(_tile(label, 640, 200), label) for label in range(len(NAMES))]
        _write(OUT, _rows(tiles, 7), quality=72)


def _beside_real(out: Path) -> None:
    """Two references and two phantoms of each location; a reference is about 66 µm wide, as its scale bar says."""
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", ROOT.parent / "shared" / "data")) / "pattern_reference"
    if not folder.is_dir():
        sys.exit("no real data here (CELLOCATE_REAL_DATA names their folder)")
    tiles = []
    for label in range(len(NAMES)):
        found = [cv2.imread(str(path)) for path in sorted(folder.glob(f"{label}-*-a.jpg"))[:2]]
        real = [np.asarray(cv2.resize(image, (256, 256)), np.uint8) for image in found if image is not None]
        real += [np.zeros((256, 256, 3), np.uint8)] * (2 - len(real))
        phantoms = [_tile(label, 1264, 512, turn) for turn in range(2)]
        tiles += [_named(real[0], label), real[1], *(np.asarray(cv2.resize(p, (256, 256)), np.uint8) for p in phantoms)]
    _write(out, _rows(tiles, 8), quality=85)


def _tile(label: int, size: int, shown: int, turn: int = 0) -> Picture:
    """Where the location has most light, as the atlas shows it: microtubules red, protein green, nucleus blue."""
    field = simulate_field([label], size=size, seed=[SEED, label, *[turn] * bool(turn)])
    top, left = _brightest_place(field, label, shown)
    crop = slice(top, top + shown), slice(left, left + shown)
    red, green, blue = (
        channel[crop] / max(float(np.percentile(channel, 99.95)), 1.0) for channel in field.channels[:3]
    )
    tile = np.dstack([0.85 * blue, 1.2 * green, 0.75 * red])
    return np.asarray(np.clip(255 * tile, 0, 255), np.uint8)


def _brightest_place(field: PhantomField, label: int, shown: int) -> tuple[int, int]:
    light = cv2.GaussianBlur(field.signal[label], (0, 0), shown / 5)
    half, free = shown // 2, len(light) - shown
    y, x = np.unravel_index(light[half:-half, half:-half].argmax(), (free, free))
    return int(y), int(x)


def _named(tile: Picture, label: int) -> Picture:
    picture = np.ascontiguousarray(tile)
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        text = f"{label} {NAMES[label]}"
        cv2.putText(picture, text, (5, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.36, colour, width, cv2.LINE_AA)
    return picture


def _rows(tiles: list[Picture], columns: int) -> Picture:
    framed = [cv2.copyMakeBorder(t[1:-1, 1:-1], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(64, 64, 64)) for t in tiles]
    return np.asarray(np.vstack([np.hstack(framed[i : i + columns]) for i in range(0, len(framed), columns)]), np.uint8)


def _write(out: Path, picture: Picture, quality: int) -> None:
    out.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(out), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    print(f"{out.name}: fields of {FIELD_SPAN:.0f} µm, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
