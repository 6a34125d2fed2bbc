"""Segment a field: all four steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellocate.cells.field_notes import Note
from cellocate.cells.masks import in_one_piece
from cellocate.cells.segmentation.cell_maps import LANDMARKS, cell_map
from cellocate.cells.segmentation.growth import label_cells
from cellocate.cells.segmentation.nuclei import label_nuclei, nuclei_map
from cellocate.cells.segmentation.nucleus_sizes import estimated_pixel_size
from cellocate.cells.segmentation.segmented import SegmentationSettings, Segmented, at_edge
from cellocate.collection.emptiness import NEARLY_EMPTY, emptiness_note
from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Pixels

_ASSUMED = "The pixel size was not given. It is assumed to be {:.2g} µm"
_COARSEST = 5.0  # µm per px: the coarsest assumption


def segment(
    field: Pixels,
    channels: Sequence[str],
    pixel_size: float | None = None,
    settings: SegmentationSettings | None = None,
) -> Segmented:
    """Find the nuclei and cells of a field from image features.

    The four steps of HPA-Cell-Segmentation by other means: `nuclei_map`, `cell_map`, `label_nuclei`, `label_cells`.

    Args:
        field: shape (C, H, W), uint8 or uint16.
        channels: the name of each; blue is required, red and yellow show the cells.
        pixel_size: µm per px; None estimates it from the size of the nuclei.
        settings: sizes, and whether cells may have several nuclei.

    Returns:
        The cells; none, with a note, where no nuclei are visible.

    Raises:
        CellocateError: no channel of nuclei, channels that do not fit the field, or an impossible pixel size.

    Example:
        >>> from cellocate.phantom import simulate_field
        >>> phantom = simulate_field([0], size=256, seed=1)
        >>> found = segment(phantom.channels, ("red", "green", "blue", "yellow"), pixel_size=0.64)
        >>> bool(len(found.edge) == found.cells.max() > 5), found.notes
        (True, ())
    """
    settings = settings or SegmentationSettings()
    planes = planes_of(field, channels)
    known = pixel_size is not None
    pixel_size, about_size = known_or_estimated(planes["blue"], pixel_size, settings)
    notes = list(about_size)
    bright = nuclei_map(planes["blue"], pixel_size, settings)
    empty = emptiness_note(planes, pixel_size if known else None) == NEARLY_EMPTY
    nuclei = np.zeros(bright.shape, np.uint16) if empty else in_one_piece(label_nuclei(bright, pixel_size, settings))
    shown = cell_map(planes, pixel_size, settings)
    if empty:
        notes.append(Note("The field is nearly empty: no cell stands out from the noise."))
    elif not nuclei.any():
        notes.append(Note("No nuclei are visible, so no cells were found."))
    elif shown is None:
        notes.append(without_landmarks(settings))
    cells = in_one_piece(label_cells(nuclei, shown, pixel_size, settings))
    return Segmented(
        nuclei_map=bright,
        cell_map=shown,
        nuclei=np.where(nuclei > 0, cells, 0).astype(np.uint16),
        cells=cells,
        edge=at_edge(cells),
        pixel_size=pixel_size,
        estimated=not known,
        notes=tuple(notes),
    )


def planes_of(field: Pixels, channels: Sequence[str]) -> dict[str, Pixels]:
    """The channels of nuclei and landmarks by name, as far as present.

    Raises:
        CellocateError: see `segment`.
    """
    if field.ndim != 3 or len(field) != len(channels) or 0 in field.shape:
        what = f"a field of shape {field.shape} with {len(channels)} channels"
        raise CellocateError(what, mend="Give pixels as (channels, height, width), and the name of each channel.")
    if "blue" not in channels:
        what = f"no channel of nuclei among {', '.join(channels)}"
        raise CellocateError(what, mend="Cells are found from their nuclei: add the channel blue, or your own masks.")
    if field.dtype not in (np.uint8, np.uint16):
        raise CellocateError(f"pixels of type {field.dtype}", mend="Give pixels of 8 or 16 bits.")
    return {name: field[channels.index(name)] for name in ("blue", *LANDMARKS) if name in channels}


def known_or_estimated(
    dna: Pixels, pixel_size: float | None, settings: SegmentationSettings | None = None
) -> tuple[float, tuple[Note, ...]]:
    """µm per px and, if estimated from the size of nuclei or of the field, a note that says so."""
    if pixel_size is not None:
        return pixel_size, ()
    settings = settings or SegmentationSettings()
    size = estimated_pixel_size(dna, settings.nucleus)
    if size is not None:
        text = f"{_ASSUMED}, because nuclei are about {{:.0f}} px wide, and mostly {{:g}} µm."
        return size, (Note(text, size, settings.nucleus / size, settings.nucleus),)
    size = min(FIELD_SPAN / max(dna.shape), _COARSEST)
    return size, (Note(f"{_ASSUMED}, as if the field were as wide as those of the Human Protein Atlas.", size),)


def without_landmarks(settings: SegmentationSettings) -> Note:
    """A note that cells were drawn around their nuclei."""
    text = "Neither microtubules nor ER are visible: cells are drawn {:g} µm around each nucleus."
    return Note(text, settings.ring)
