"""Which file in a folder holds the mask of a field, by its name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from unicodedata import normalize

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS

OUTLINES = ".geojson"
_SUFFIXES = (".png", ".tif", ".tiff", ".tif.gz", ".tiff.gz", ".zarr", ".npy", ".npz", ".jpg", ".jpeg", OUTLINES)
_LAST = (".jpg", ".jpeg", "_seg.npy")  # which cannot be read, and are named only where there is nothing else
_CELLS = (
    "_cells",
    "_cell",
    "_cellmask",
    "_cell_mask",
    "_cell_masks",
    "_predictedmask",
    "_cp_masks",
    "_masks",
    "_mask",
    "_labels",
    "_label",
    "_seg",
    "_segmentation",
    "_object identities",
)
_NUCLEI = ("_nuclei", "_nucleus", "_nucleimask", "_nuclei_mask", "_nuclei_masks", "_nuclei_cp_masks", "_nuclei_labels")


class MaskFiles:
    """The masks in a folder and those in it, found by the id of their field.

    The mask of the cells of a field `a` is `a_cells.png`, `a_cp_masks.tif`, `a.geojson` and the like; if there is none,
    that of one of its channels (`a_green_cp_masks.png`), or else `a.png`. Those of `plate/a` lie in the folder `plate`.
    Capitals in endings and suffixes do not matter.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, list[str]] = {}
        for name in _names(folder):
            if (stem := _stem(name)) is not None:
                self._files.setdefault(stem.casefold(), []).append(name)

    def __bool__(self) -> bool:
        """Whether there is any file that may be a mask."""
        return bool(self._files)

    @property
    def ids(self) -> list[str]:
        """The fields that have a mask of their cells, judged by the names of the files alone."""
        stems = {name: str(_stem(name)) for names in self._files.values() for name in names}
        found = {_field(stem, name) for name, stem in stems.items()} - {None}
        return sorted(str(field) for field in found or set(stems.values()))

    def cells(self, field: str) -> Path | None:
        """The mask of the cells of a field, if there is one.

        Raises:
            CellocateError: several files could be it.
        """
        names = self.of_cells(field)
        return self._only(field, names) if names else None

    def of_cells(self, field: str) -> list[str]:
        """The files that could be the mask of the cells of a field: none, one or, by mistake, several."""
        of_channels = [f"_{channel}{ending}" for channel in CHANNELS for ending in _CELLS]
        own = [*self._named(field, _CELLS), *(name for name in self._named(field, [""]) if _is_outlines(name))]
        for names in (own, self._named(field, of_channels), self._named(field, [""])):
            if readable := [name for name in names if not name.lower().endswith(_LAST)]:
                return readable
        return [*own, *self._named(field, ["", *of_channels])]

    def nuclei(self, field: str) -> Path | None:
        """The mask of the nuclei of a field, if there is one.

        Raises:
            CellocateError: several files could be it.
        """
        names = self._named(field, _NUCLEI)
        return self._only(field, names) if names else None

    def _named(self, field: str, endings: Iterable[str]) -> list[str]:
        field = normalize("NFC", field)
        found = [name for ending in endings for name in self._files.get((field + ending).casefold(), [])]
        return sorted({name for name in found if str(_stem(name)).startswith(field)})

    def _only(self, field: str, names: list[str]) -> Path:
        if len(names) > 1:
            what = f"several masks of field {field}: {', '.join(names)}"
            raise CellocateError(what, where=self.folder, mend="Keep one of them there.")
        return self.folder / names[0]


def _names(folder: Path) -> list[str]:
    """Files and OME-Zarr images in a folder and those in it, as an id may have a `/`; hidden ones are passed over."""
    found: list[str] = []
    for at, folders, files in os.walk(folder):
        shown = [name for name in folders if not name.startswith(".")]
        images = [name for name in shown if name.lower().endswith(".zarr")]
        folders[:] = [name for name in shown if name not in images]
        names = [*images, *(name for name in files if not name.startswith("."))]
        found += [Path(at, name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def _stem(name: str) -> str | None:
    """The name of a mask without its suffix, as it is written everywhere (NFC); None where it is no mask."""
    suffix = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), None)
    if suffix is None:
        return None
    stem = normalize("NFC", name[: -len(suffix)])
    if suffix == OUTLINES:
        return _stem(stem) or stem  # of a.tif, QuPath may write a.tif.geojson
    return stem[:-4] if stem.lower().endswith(".ome") else stem


def _field(stem: str, name: str) -> str | None:
    """The field that a mask is of, where its name tells that it is one of cells."""
    if stem.casefold().endswith(_NUCLEI):
        return None
    ending = max((e for e in _CELLS if stem.casefold().endswith(e)), key=len, default=None)
    if ending is None:
        return stem if _is_outlines(name) else None
    return stem[: -len(ending)]


def _is_outlines(name: str) -> bool:
    return name.lower().endswith(OUTLINES)
