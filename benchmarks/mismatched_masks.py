"""How often masks are taken for those of another field: sound ones, some of the cells alone, nuclei, and wrong ones.

    python benchmarks/mismatched_masks.py

needs the folder `kaggle2018/` of the real data (`CELLOCATE_REAL_DATA`).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cellocate.cells.mismatched_masks import are_mismatched
from cellocate.cells.segmentation import segment
from cellocate.collection import open_collection
from cellocate.images import CHANNELS


def main() -> None:
    collection = open_collection(Path(os.environ.get("CELLOCATE_REAL_DATA", "../shared/data")) / "kaggle2018")
    counts: dict[str, int] = {}
    blue, found = [], []
    for field in collection.ids:
        pixels, pixel_size = collection.read(field, CHANNELS)
        blue.append(pixels[CHANNELS.index("blue")])
        found.append(segment(pixels, CHANNELS, pixel_size))
    for i, (image, own) in enumerate(zip(blue, found, strict=True)):
        kinds = {
            "as found": own.cells,
            "every third cell alone": np.where(own.cells % 3 == 1, own.cells, 0),
            "nuclei": own.nuclei,
            "of the next field": found[(i + 1) % len(found)].cells,
            "upside down": own.cells[::-1],
        }
        for kind, cells in kinds.items():
            counts[kind] = counts.get(kind, 0) + are_mismatched(image, cells)
    for kind, n in counts.items():
        print(f"masks {kind}: {n} of {len(found)} are taken for those of another field")


if __name__ == "__main__":
    main()
