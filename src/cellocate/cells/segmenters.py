"""Ways to find cells, by name: our own, and others where they are installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_masks import FieldMasks, ImportedMasks
from cellocate.cells.field_notes import Note
from cellocate.cells.masks import in_one_piece, matched, renumbered
from cellocate.cells.masks.label_arrays import MAX_CELLS
from cellocate.cells.segmentation import SegmentationSettings, Segmented, label_cells, segment
from cellocate.cells.segmentation.cell_maps import LANDMARKS
from cellocate.cells.segmentation.classical import known_or_estimated, planes_of, without_landmarks
from cellocate.errors import CellocateError
from cellocate.images import Pixels
from cellocate.registry import SEGMENTERS

Segmenter = Callable[[Pixels, Sequence[str], float | None], FieldMasks]
"""Takes a field, shape (C, H, W), its channel names, and µm per px if known; returns its nuclei and cells."""


@dataclass(frozen=True)
class SegmenterKind:
    """A registered way to find cells."""

    segment: Segmenter  # a function at module level, so that worker processes can import it
    requires: str | None = None  # the package that it needs, of the extra `segment`
    alone: bool = False  # whether it uses all cores, or the graphics card, by itself


Function = TypeVar("Function", bound=Segmenter)


def segmenter(name: str, *, requires: str | None = None, alone: bool = False) -> Callable[[Function], Function]:
    """Register the decorated function as a way to find cells; see `SegmenterKind`."""

    def register(function: Function) -> Function:
        SEGMENTERS.add(name, SegmenterKind(function, requires, alone), function)
        return function

    return register


def get_segmenter(name: str) -> SegmenterKind:
    """Look up a segmenter by name.

    Raises:
        CellocateError: the name is unknown, or a package that it needs is not installed.
    """
    found: SegmenterKind = SEGMENTERS[name]
    if found.requires is not None and find_spec(found.requires) is None:
        mend = "Install it with: pip install 'cellocate[segment]'"
        raise CellocateError(f"{found.requires} is not installed", where=f"segmenter {name}", mend=mend)
    return found


def masks_of(nuclei: NDArray[Any], cells: NDArray[Any], pixel_size: float, notes: Sequence[str] = ()) -> ImportedMasks:
    """Make nuclei and cells from label images, shape (H, W), with any numbering.

    Of a cell in several pieces the largest is kept. Cells are numbered from 1 without gaps, each nucleus like the cell
    in which most of it lies. Nuclei outside all cells are dropped.

    Args:
        nuclei: label image of the nuclei.
        cells: label image of the cells.
        pixel_size: µm per px.
        notes: sentences for the user.

    Example:
        >>> masks_of(np.array([[0, 5, 0, 7]]), np.array([[9, 9, 9, 0]]), 0.1).nuclei
        array([[0, 1, 0, 0]], dtype=uint16)
    """
    whole = in_one_piece(_without_gaps(cells))
    own_nuclei = matched(_without_gaps(nuclei), whole)
    return ImportedMasks(*renumbered(own_nuclei, whole), pixel_size, tuple(notes))


def _without_gaps(labels: NDArray[Any]) -> NDArray[np.uint16]:
    """The same objects, numbered from 1 without gaps, as large numbers would not fit into 16 bits."""
    numbers, places = np.unique(labels, return_inverse=True)
    if (count := int((numbers != 0).sum())) > MAX_CELLS:
        what = f"{count:,} objects in one label image"
        raise CellocateError(what, mend=f"A field can have {MAX_CELLS:,} cells: check that 0 is the background.")
    new = np.zeros(len(numbers), np.uint16)
    new[numbers != 0] = np.arange(1, count + 1)
    return np.asarray(new[places.reshape(np.shape(labels))])


@segmenter("classical")
def classical(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> Segmented:
    """Cells from image features (see `segment`)."""
    return segment(field, channels, pixel_size)


@segmenter("multinucleate")
def multinucleate(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> Segmented:
    """Like `classical`, but nuclei with no dim border between them share a cell."""
    return segment(field, channels, pixel_size, SegmentationSettings(several_nuclei=True))


@segmenter("cellpose", requires="cellpose", alone=True)
def cellpose(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> ImportedMasks:
    """Cells by Cellpose-SAM (cellpose 4) from microtubules, ER and nuclei; nuclei by the same from their channel.

    References:
        Pachitariu, Rariden, Stringer. Cellpose-SAM: superhuman generalization for cellular segmentation. bioRxiv 2025.
        https://doi.org/10.1101/2025.04.28.651001
    """
    planes = planes_of(field, channels)
    pixel_size, notes = known_or_estimated(planes["blue"], pixel_size)
    nuclei = _cellpose().eval(planes["blue"])[0]
    landmarks = [planes[name] for name in LANDMARKS if name in planes]
    if not landmarks:
        return _grown(nuclei, pixel_size, notes)
    cells = _cellpose().eval(np.stack([*landmarks, planes["blue"]], axis=-1), channel_axis=-1)[0]
    return masks_of(nuclei, cells, pixel_size, notes)


@segmenter("instanseg", requires="instanseg", alone=True)
def instanseg(field: Pixels, channels: Sequence[str], pixel_size: float | None = None) -> ImportedMasks:
    """Nuclei and cells by InstanSeg's network for fluorescence.

    References:
        Goldsborough et al. InstanSeg: an embedding-based instance segmentation algorithm optimized for accurate,
        efficient and portable cell segmentation. 2024. https://doi.org/10.48550/arXiv.2408.15954
    """
    planes = planes_of(field, channels)
    pixel_size, notes = known_or_estimated(planes["blue"], pixel_size)
    seen = np.stack(list(planes.values())).astype(np.float32)
    found = _instanseg().eval_small_image(seen, pixel_size, return_image_tensor=False)
    nuclei, cells = np.asarray(found)[0]
    return masks_of(nuclei, cells, pixel_size, notes)


def _grown(nuclei: NDArray[Any], pixel_size: float, notes: tuple[Note, ...]) -> ImportedMasks:
    settings = SegmentationSettings()
    cells = label_cells(np.asarray(nuclei).astype(np.uint16), None, pixel_size, settings)
    return masks_of(nuclei, cells, pixel_size, (*notes, without_landmarks(settings)))


@lru_cache(maxsize=1)
def _cellpose() -> Any:  # noqa: ANN401 # an optional module's
    """The network, loaded once in each process, on a graphics card if there is one."""
    from cellpose import models

    return models.CellposeModel(gpu=True)


@lru_cache(maxsize=1)
def _instanseg() -> Any:  # noqa: ANN401 # an optional module's
    from instanseg import InstanSeg

    return InstanSeg("fluorescence_nuclei_and_cells", verbosity=0)
