"""Find the file of a field's mask by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from unicodedata import normalize

from cellocate.cells.field_notes import Note
from cellocate.cells.masks.mask_names import MaskKind, made_from_nuclei, reading_at_end, readings
from cellocate.errors import CellocateError
from cellocate.images.address import Address

OUTLINES = ".geojson"
ROIS = (".zip", ".roi")
MEND_ROIS = "Make a label image of them, such as with Plugins > LOCI > ROI Map in Fiji, and save it as <id>_cells.tif."
_IMAGES = (".png", ".tif", ".tiff", ".tif.gz", ".tiff.gz", ".zarr", ".npy", ".npz", ".jpg", ".jpeg")
_SUFFIXES = (*_IMAGES, OUTLINES, *ROIS)
_LAST = (".jpg", ".jpeg", "_seg.npy", *ROIS)  # unreadable; used only where there is nothing else, for the message
_CLASSES = ("predictions", "simple segmentation")  # ilastik's masks of classes; its "identities" separate cells

Images = Callable[[str], Mapping[str, Path]]
"""Id of a field → its images by channel."""


class MaskFiles:
    """The masks in a folder and its subfolders, found by the id of their field.

    The mask of the cells of field `a` is `a_cells.png`, `a_cp_masks.tif`, `a.geojson` and the like; failing that, one
    made from one of its channels (`a_green_cp_masks.png`), or `a.png`. Masks of `plate/a` lie in the subfolder `plate`.
    Case does not matter in words for masks and in suffixes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = _names(folder)
        self._files: dict[str, list[tuple[str, MaskKind, str]]] = {}
        for name in self._names:
            if (stem := _stem(name)) is not None:
                for field, kind, channel in readings(stem):
                    self._files.setdefault(field, []).append((name, kind, channel))

    def __bool__(self) -> bool:
        """Whether there is any file that may be a mask."""
        return bool(self._files)

    @property
    def ids(self) -> list[str]:
        """The fields with a mask of their cells, by file names only."""
        stems = {name: stem for name in self._names if (stem := _stem(name)) is not None}
        read = [(name, reading_at_end(stem)) for name, stem in stems.items()]
        found = {field for name, (field, kind, _) in read if kind == "cells" or (not kind and _is_outlines(name))}
        return sorted(found or set(stems.values()))

    def cells(self, field: str, images: Images) -> Path | None:
        """The mask of the cells of a field, if there is one.

        Raises:
            CellocateError: several files could be it.
        """
        names = self.cell_candidates(field, images)
        return self._only(field, names) if names else None

    def cell_candidates(self, field: str, images: Images) -> list[str]:
        """The files that could be the mask of the cells of a field: none, one or, by mistake, several."""
        alone = self._named(field, "")
        if alone:
            own_images = {file for path in images(field).values() for file in _place(path)}
            alone = [name for name in alone if (self.folder / name).resolve() not in own_images]
        own = sorted([*self._named(field, "cells"), *filter(_is_outlines, alone)])
        of_channels = self._named(field, "cells", of_channel=True)
        cells = [name for name in own if not any(words in name.casefold() for words in _CLASSES)]
        for names in (cells, own, of_channels, alone):
            if readable := [name for name in names if not name.lower().endswith(_LAST)]:
                return readable
        return [*own, *(name for name in alone if name not in own), *of_channels]

    def nuclei(self, field: str) -> Path | None:
        """The mask of the nuclei of a field, if there is one.

        Raises:
            CellocateError: several files could be it.
        """
        names = self._named(field, "nuclei") or self._named(field, "nuclei", of_channel=True)
        return self._only(field, names) if names else None

    def name_notes(self, field: str, path: Path) -> list[Note]:
        """A note if a mask of cells may be one of nuclei, by its name."""
        name = path.relative_to(self.folder).as_posix()
        channels = [
            channel for found, kind, channel in self._of(field) if found == name and kind == "cells" and channel
        ]
        if not channels or not made_from_nuclei(channels[0]):
            return []
        return [Note("by its name the mask was made from the nuclei: it is read as a mask of whole cells")]

    def refuse_shared_masks(self, ids: Iterable[str], images: Images) -> None:
        """Raise a `CellocateError` if one file could be the mask of two of these fields."""
        field_of: dict[str, str] = {}
        for field in ids:
            for name in self.cell_candidates(field, images):
                if (other := field_of.setdefault(name, field)) != field:
                    what = f"by its name this mask belongs to field {other} and to field {field}"
                    mend = f"Name masks {other}_cells.png and {field}_cells.png."
                    raise CellocateError(what, where=self.folder / name, mend=mend)

    def stray(self, ids: Collection[str], images: Images) -> str | None:
        """A file that fits none of these fields and is not one of their images; preferably one named as a mask."""
        fitting = {name for field in ids for name, _, _ in self._of(field)}
        of_fields = {file for field in ids for path in images(field).values() for file in _place(path)}
        found = [name for name in self._names if name not in fitting]
        found = [name for name in found if (self.folder / name).resolve() not in of_fields]
        return min(found, key=lambda name: not (name.lower().endswith(ROIS) or _is_named_mask(name)), default=None)

    def _of(self, field: str) -> list[tuple[str, MaskKind, str]]:
        return self._files.get(normalize("NFC", field), [])

    def _named(self, field: str, kind: MaskKind, *, of_channel: bool = False) -> list[str]:
        return sorted({name for name, of, channel in self._of(field) if of == kind and bool(channel) == of_channel})

    def _only(self, field: str, names: list[str]) -> Path:
        if len(names) > 1:
            what = f"several masks of field {field}: {', '.join(names)}"
            raise CellocateError(what, where=self.folder, mend="Keep one of them there.")
        return self.folder / names[0]


def _is_named_mask(name: str) -> bool:
    return bool(reading_at_end(_stem(name) or Path(name).stem).kind)


def may_be_read(name: str) -> bool:
    """Whether a file may hold a mask, by its suffix."""
    return name.lower().endswith(_SUFFIXES)


def _names(folder: Path) -> list[str]:
    """Files and OME-Zarr images in a folder and its subfolders, because an id may contain `/`; without hidden ones."""
    found: list[str] = []
    for at, folders, files in os.walk(folder):
        shown = [name for name in folders if not name.startswith(".")]
        images = [name for name in shown if name.lower().endswith(".zarr")]
        folders[:] = [name for name in shown if name not in images]
        names = [*images, *(name for name in files if not name.startswith("."))]
        found += [Path(at, name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def _stem(name: str) -> str | None:
    """The name of a mask without its suffix, in Unicode form NFC; None for other files."""
    suffix = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), None)
    if suffix is None:
        return None
    stem = normalize("NFC", name[: -len(suffix)])
    if suffix == OUTLINES:
        return _stem(stem) or stem  # QuPath may write a.tif.geojson for a.tif
    return stem[:-4] if stem.lower().endswith(".ome") else stem


def _place(path: Path) -> list[Path]:
    """A file with planes, and the OME-Zarr folders around it, because such a folder is one image."""
    file = Address.parse(path).file.resolve()
    return [file, *(folder for folder in file.parents if folder.suffix.lower() == ".zarr")]


def _is_outlines(name: str) -> bool:
    return name.lower().endswith(OUTLINES)
