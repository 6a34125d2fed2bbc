"""Occlusion: predictions without a stain, in the whole field or in one compartment of the cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.cells.masks import Labels
from cellocate.cells.measure.spots import rim
from cellocate.explain.background import background
from cellocate.images import FIELD_SPAN
from cellocate.networks import Model

WHOLE = "whole field"
COMPARTMENTS = ("nucleus", "cytosol", "cell", "edge", "outside")

Tiles = NDArray[np.float32]
Masks = Mapping[str, NDArray[np.bool_]]


def compartments(nuclei: Labels | None, cells: Labels, pixel_size: float | None = None) -> dict[str, NDArray[np.bool_]]:
    """Divide a field into compartments, from its label images; each mask has shape (H, W).

    `nucleus`; `edge`, within 1 µm of the cell's edge; `cytosol`, the rest of the cell (`cell` if nuclei are unknown);
    `outside`, where there is no cell. Every pixel is in exactly one.

    Args:
        nuclei: label image, shape (H, W), 0 outside; None if unknown.
        cells: likewise.
        pixel_size: µm per px; if None, the field is assumed to span 163.84 µm.

    Example:
        >>> cells = np.pad(np.ones((20, 20), np.uint16), 6)
        >>> nuclei = np.pad(np.ones((8, 8), np.uint16), 12)
        >>> {name: int(mask.sum()) for name, mask in compartments(nuclei, cells, 0.5).items()}
        {'nucleus': 64, 'cytosol': 192, 'edge': 144, 'outside': 624}
    """
    near = rim(cells.astype(np.uint16), pixel_size or FIELD_SPAN / max(cells.shape))
    cell = cells > 0
    if nuclei is None:
        return {"cell": cell & ~near, "edge": near, "outside": ~cell}
    nucleus = nuclei > 0
    edge = near & ~nucleus
    return {"nucleus": nucleus, "cytosol": cell & ~nucleus & ~edge, "edge": edge, "outside": ~cell & ~nucleus}


def occlude(model: Model, tiles: Tiles, locations: Sequence[int], masks: Masks | None = None) -> pd.DataFrame:
    """Measure the drop of each location's logit when a channel is replaced by its background, everywhere or in a part.

    These images are artificial, so a network may react oddly; and information that two channels carry is not lost when
    one is removed. Read the result together with the maps.

    Args:
        model: the model.
        tiles: of one field, shape (T, C, S, S), 0 to 1, at the network's own scale.
        locations: indices of L locations.
        masks: compartments of the tiles, shape (T, S, S) each.

    Returns:
        A row for each location, channel that the images have (`all` for all of them) and place: `location` (index),
        `channel`, `place` (`whole field` or the compartment), `probability`, `without`, and `drop` (of the logit; above
        0 if the removed light was evidence for the location).

    References:
        Zeiler, Fergus. Visualizing and understanding convolutional networks. ECCV 2014. arXiv:1311.2901
    """
    whole = model.predict_tiles([tiles])[0][list(locations)]
    rows = []
    may_lack = model.card.missing_channels == "blank"
    stains = {c: i for i, c in enumerate(model.card.channels) if not may_lack or tiles[:, i].any()}
    for channel, place, changed in _changed(tiles, stains, masks or {}):
        without = model.predict_tiles([changed])[0][list(locations)]
        for location, before, after in zip(locations, whole, without, strict=True):
            drop = float(_logit(before) - _logit(after))
            rows.append((location, channel, place, float(before), float(after), drop))
    table = pd.DataFrame(rows, columns=["location", "channel", "place", "probability", "without", "drop"])
    return table.astype({"location": int, "probability": float, "without": float, "drop": float})  # also without rows


def _changed(tiles: Tiles, stains: Mapping[str, int], masks: Masks) -> Iterator[tuple[str, str, Tiles]]:
    level = background(tiles)
    kinds = {channel: [i] for channel, i in stains.items()} | {"all": list(stains.values())}
    everywhere = np.ones((len(tiles), *tiles.shape[2:]), bool)
    for channel, which in kinds.items():
        for place, mask in {WHOLE: everywhere, **masks}.items():
            changed = tiles.copy()
            for i in which:
                changed[:, i][mask] = level[i]
            yield channel, place, changed


def _logit(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))
