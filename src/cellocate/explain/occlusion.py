"""What a network says when something is taken away: a stain, or its light in one compartment of the cells."""

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
    """Label images of a field, shape (H, W) → where each compartment is, shape (H, W).

    `nucleus`; `edge`, within 1 µm of the cell's edge; `cytosol`, the rest of the cell (`cell`, where the nuclei are not
    known); `outside`, where no cell is. No pixel is in two of them, and every pixel is in one.

    Args:
        nuclei: 0 where there is none; None where they are not known.
        cells: likewise.
        pixel_size: µm per px; without it the field is taken to span 163.84 µm.

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
    """How much of each location's logit goes when a channel is replaced by its background, everywhere or in a part.

    Such a field exists in no microscope, so that a network may answer it oddly; and what two channels tell alike is
    missed by neither being taken away alone. Read it beside the maps.

    Args:
        model: which is asked.
        tiles: of one field, shape (T, C, S, S), 0 to 1, at the network's own scale.
        locations: indices of L locations.
        masks: compartments of the tiles, shape (T, S, S) each.

    Returns:
        A row for each location, channel (`all` for all of them) and place: `location` (index), `channel`, `place`
        (`whole field` or the compartment), `probability`, `without`, and `drop`, of the logit: above 0 where what was
        taken away spoke for the location.

    References:
        Zeiler, Fergus. Visualizing and understanding convolutional networks. ECCV 2014. arXiv:1311.2901
    """
    said = _probabilities(model, tiles)[list(locations)]
    rows = []
    for channel, place, changed in _changed(tiles, model.card.channels, masks or {}):
        without = _probabilities(model, changed)[list(locations)]
        for location, before, after in zip(locations, said, without, strict=True):
            row = (location, channel, place, float(before), float(after), float(_logit(before) - _logit(after)))
            rows.append(row)
    return pd.DataFrame(rows, columns=["location", "channel", "place", "probability", "without", "drop"])


def _changed(tiles: Tiles, channels: Sequence[str], masks: Masks) -> Iterator[tuple[str, str, Tiles]]:
    level = background(tiles)
    kinds = {channel: [i] for i, channel in enumerate(channels)} | {"all": list(range(len(channels)))}
    everywhere = np.ones((len(tiles), *tiles.shape[2:]), bool)
    for channel, which in kinds.items():
        for place, mask in {WHOLE: everywhere, **masks}.items():
            changed = tiles.copy()
            for i in which:
                changed[:, i][mask] = level[i]
            yield channel, place, changed


def _probabilities(model: Model, tiles: Tiles) -> NDArray[np.float32]:
    """Of the field (K,): each tile is looked at once, in the model's own way otherwise."""
    said: NDArray[np.float32] = model.predict_tiles([tiles])[0]
    return said


def _logit(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    p = np.clip(np.asarray(probability, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))
