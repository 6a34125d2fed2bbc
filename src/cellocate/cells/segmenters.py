"""Ways to find cells, by name: our own, and those of others where they are installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.given import Given, Masks
from cellocate.cells.masks import in_one_piece, matched, renumbered
from cellocate.cells.notes import Note
from cellocate.cells.segmentation import Segmented, Settings, label_cells, segment
from cellocate.cells.segmentation.classical import known_or_estimated, planes_of, without_landmarks
from cellocate.cells.segmentation.landmarks import LANDMARKS
from cellocate.errors import CellocateError
from cellocate.images import Pixels

SegmenterName = Literal["classical", "multinucleate", "cellpose", "instanseg"]
Segmenter = Callable[[Pixels, Sequence[str], float | None], Masks]


def segmenter(name: SegmenterName) -> Segmenter:
    """The way to find cells that has this name; a function that other processes can be given.

    Raises:
        CellocateError: what it needs is not installed.
    """
    if name in ("cellpose", "instanseg") and find_spec(name) is None:
        mend = "Install it with: pip install 'cellocate[segment]'"
        raise CellocateError(f"{name} is not installed", where=f"segmenter {name}", mend=mend)
    known: dict[SegmenterName, Segmenter] = {
        "classical": segment,
        "multinucleate": multinucleate,
        "cellpose": cellpose,
        "instanseg": instanseg,
    }
    return known[name]


def multinucleate(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> Segmented:
    """As `segment`, but nuclei with no dim border between them share a cell."""
    return segment(field, channels, pixel_size, Settings(several_nuclei=True))


def cellpose(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> Given:
    """Cells by Cellpose-SAM (cellpose 4), from microtubules, ER and nuclei; nuclei by the same from theirs alone.

    References:
        Pachitariu, Rariden, Stringer. Cellpose-SAM: superhuman generalization for cellular segmentation. bioRxiv 2025.
        https://doi.org/10.1101/2025.04.28.651001
    """
    planes = planes_of(field, channels)
    pixel_size, notes = known_or_estimated(planes["blue"], pixel_size)
    nuclei = _labels(_cellpose().eval(planes["blue"])[0])
    landmarks = [planes[name] for name in LANDMARKS if name in planes]
    if not landmarks:
        return _grown(nuclei, pixel_size, notes)
    cells = _labels(_cellpose().eval(np.stack([*landmarks, planes["blue"]], axis=-1), channel_axis=-1)[0])
    return _given(nuclei, cells, pixel_size, notes)


def instanseg(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> Given:
    """Nuclei and cells by InstanSeg's network for fluorescence.

    References:
        Goldsborough et al. InstanSeg: an embedding-based instance segmentation algorithm optimized for accurate,
        efficient and portable cell segmentation. 2024. https://doi.org/10.48550/arXiv.2408.15954
    """
    planes = planes_of(field, channels)
    pixel_size, notes = known_or_estimated(planes["blue"], pixel_size)
    seen = np.stack(list(planes.values())).astype(np.float32)
    found = _instanseg().eval_small_image(seen, pixel_size, return_image_tensor=False)
    nuclei, cells = (_labels(plane) for plane in np.asarray(found)[0])
    return _given(nuclei, cells, pixel_size, notes)


def _given(nuclei: NDArray[Any], cells: NDArray[Any], pixel_size: float, notes: tuple[Note, ...]) -> Given:
    cells = in_one_piece(cells)
    return Given(*renumbered(matched(nuclei, cells), cells), pixel_size, notes)


def _grown(nuclei: NDArray[Any], pixel_size: float, notes: tuple[Note, ...]) -> Given:
    settings = Settings()
    cells = label_cells(nuclei, None, pixel_size, settings)
    return _given(nuclei, cells, pixel_size, (*notes, without_landmarks(settings)))


def _labels(found: Any) -> NDArray[np.uint16]:  # noqa: ANN401 # whatever an optional library gives
    return np.asarray(found).astype(np.uint16)


@lru_cache(maxsize=1)
def _cellpose() -> Any:  # noqa: ANN401 # an optional module's
    """The network, loaded once in each process, on a graphics card if there is one."""
    from cellpose import models

    return models.CellposeModel(gpu=True)


@lru_cache(maxsize=1)
def _instanseg() -> Any:  # noqa: ANN401 # an optional module's
    from instanseg import InstanSeg

    return InstanSeg("fluorescence_nuclei_and_cells", verbosity=0)
