"""Images next to those of a collection that no layout reads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cellocate.collection.layouts.derived_images import is_derived, merged_zen_channels, stem
from cellocate.collection.layouts.fields_in_file import field_id
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import SUFFIXES
from cellocate.images.stack import MICROSCOPES
from cellocate.tables import normalised

_MAKERS = {
    **dict.fromkeys((".oib", ".oif", ".vsi", ".oir", ".poir"), "Olympus"),
    **dict.fromkeys((".lsm", ".zvi"), "Zeiss"),
    **dict.fromkeys((".xlef", ".lof", ".scn"), "Leica"),
    **dict.fromkeys((".dv", ".r3d"), "DeltaVision"),
    **dict.fromkeys((".stk", ".nd"), "MetaMorph"),
    **dict.fromkeys((".c01", ".dib"), "Cellomics"),
    **dict.fromkeys((".sld", ".sldy"), "SlideBook"),
    **dict.fromkeys((".ics", ".ids"), "ICS"),
    **dict.fromkeys((".btf", ".tf2", ".tf8"), "BigTIFF"),
    **dict.fromkeys((".zarr.zip", ".zip.zarr", ".zarr.tar"), "packed OME-Zarr"),
    **dict.fromkeys((".h5", ".hdf5"), "HDF5"),
    ".ims": "Imaris",
    ".flex": "Opera",
    ".svs": "Aperio",
    ".ndpi": "Hamamatsu",
    ".mrxs": "3DHistech",
    ".dcm": "DICOM",
}
_MENDS = {
    "BigTIFF": "Give {them} the ending .tif.",
    "packed OME-Zarr": "Unpack {them}, and give the folder that holds the .zarr.",
}
_EXPORT = "Export {them} as OME-TIFF, with the microscope's program or with Fiji."


def unread_images(place: Path, found: FoundFields) -> list[str]:
    """A sentence about images in a folder that belong to no field.

    Masks, pictures made of several channels, and pictures with the name of a field or a file do not count.

    Args:
        place: the folder.
        found: the fields that were read from it.
    """
    with os.scandir(place) as entries:
        names = {
            entry.name: base
            for entry in entries
            if entry.path not in found.seen and (base := _base(entry.name)) and entry.is_file()
        }
    if not names:
        return []
    known = set(found.by_id) | {field_id(Path(path)) for path in found.seen}
    known |= merged_zen_channels({*names.values(), *known})
    left = sorted(name for name, base in names.items() if normalised(base) not in known)
    if not left:
        return []
    are = "is" if len(left) == 1 else "are"
    return [f"{counted(len(left), 'image')} in the folder {are} not read, such as {left[0]}"]


def foreign_format_error(paths: Sequence[Path]) -> CellocateError | None:
    """The error for files in formats that cellocate does not read; None if most images are readable.

    Example:
        >>> foreign_format_error([Path("a/1.oib"), Path("a/2.oib")]).what
        '2 .oib files (Olympus), which cellocate does not read'
    """
    endings = [ending for path in paths if (ending := _foreign(path.name))]
    images = sum(path.name.lower().endswith(SUFFIXES) for path in paths)
    if not endings or len(endings) < images:
        return None
    [(ending, n)] = Counter(endings).most_common(1)
    maker = _MAKERS[ending]
    what = f"{counted(n, f'{ending} file')} ({maker}), which cellocate does not read"
    mend = _MENDS.get(maker, _EXPORT).format(them="it" if n == 1 else "them")
    where = paths[0] if len(paths) == 1 else paths[0].parent
    return CellocateError(what, where=where, mend=mend)


def _base(name: str) -> str | None:
    """The name of an image without suffix; None if it is hidden, no image, a mask or made of channels."""
    base = stem(name) or (field_id(Path(name)) if _foreign(name) or name.lower().endswith(MICROSCOPES) else None)
    return None if base is None or base.startswith(".") or is_derived(base) else base


def _foreign(name: str) -> str | None:
    return next((ending for ending in _MAKERS if name.lower().endswith(ending)), None)
