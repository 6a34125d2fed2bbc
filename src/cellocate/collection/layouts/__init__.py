"""Layouts: how a folder on disk becomes a collection.

A layout finds the image files of each field; `open_collection` tries the layouts in order and joins labels,
metadata and pixel sizes. Read `open_collection` first, then `register_layout.py`, which says what a layout is, and
`channel_files.py` and `stack_files.py`, the two most common ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cellocate.collection.atlas.label_tables import is_label_table
from cellocate.collection.atlas_names import are_atlas_ids, with_metadata_of_ids
from cellocate.collection.channels import parse_mapping
from cellocate.collection.collection import Collection
from cellocate.collection.collection_yaml import FILE, FolderSettings, read_collection_yaml
from cellocate.collection.layouts import (
    channel_files,
    labelled_images,
    listing,
    nested_folders,
    pattern,
    phantoms,
    stack_files,
    store,
)
from cellocate.collection.layouts.file_pixel_sizes import with_file_pixel_sizes
from cellocate.collection.layouts.found_files import FoundFields, describe_contents
from cellocate.collection.layouts.hpa_pixel_size import with_hpa_pixel_sizes
from cellocate.collection.layouts.register_layout import Layout, is_one_file, layout
from cellocate.collection.layouts.separate_planes import join_planes
from cellocate.collection.layouts.unread_images import foreign_format_error, unread_images
from cellocate.collection.layouts.z_planes import with_z_plane
from cellocate.collection.metadata_tables import join
from cellocate.errors import CellocateError
from cellocate.images.address import Projection
from cellocate.images.ome_zarr import container
from cellocate.images.scale import check_pixel_size
from cellocate.registry import LAYOUTS
from cellocate.tables import is_table, missing_column_error
from cellocate.vocabulary import Vocabulary

__all__ = ["FoundFields", "Layout", "layout", "open_collection"]

_PLACES = ("", "train", "images")

ORDER = ("path_list", "folder", "stacks")
"""The order in which layouts are tried; those of plug-ins follow."""


def open_collection(
    folder: str | Path,
    *,
    labels: str | Path | None = None,
    vocabulary: Vocabulary | str | None = None,
    pixel_size: float | None = None,
    channels: Mapping[str, int | str] | None = None,
    z: int | Projection | None = None,
) -> Collection:
    """Open a folder of microscope images. Its content decides the layout.

    - `kaggle2018`, `kaggle2021`: `<id>_<channel>.png` (or JPEG, TIFF, `.tif.gz`, or the Human Protein Atlas's
      composites `<id>_blue_red_green.jpg`) in the folder, in `train/` or in `images/`, with a label table that has the
      columns `Id,Target` or `ID,Label`. `atlas`: such images with ids of the Human Protein Atlas. `folder`: such images
      without a label table, or as JPEG.
    - `stacks`: files that hold all channels: OME-TIFF, ImageJ TIFF, OME-Zarr, CZI, ND2, LIF.
    - `path_list`: a `path_list.csv`, as SubCellPortable reads it.
    - `listing`: a table with a column of files for each channel, such as `Id,green,blue,Target`.
    - `pattern`: files named as the `collection.yaml` next to them describes.
    - `labels`: a label table (or the atlas's `IF-image.csv`) instead of a folder.
    - `store`: a folder that `cellocate.collection.pack` wrote, with its labels and metadata.

    Ids of the atlas give antibody, plate and well where no table does. Images of the 2018 and 2021 challenges get the
    usual pixel size of the challenge where none is recorded.

    Args:
        folder: folder of the images, or a file: a listing, a `path_list.csv`, a label table, or an image of several
            channels (for OME-Zarr, its folder).
        labels: label table, if it is not next to the images.
        vocabulary: vocabulary of the labels, if it is not the challenge's own. Simulated collections record theirs.
        pixel_size: µm per px of every file, if no table and no file gives it. Simulated collections record theirs.
        channels: for nucleus, protein, microtubules and er (or blue, green, red and yellow) the name of the channel,
            its number from 0, or the part of the file names that stands for it. Replaces that of `collection.yaml`.
        z: plane of z stacks: a number from 0, or the "max" or "mean" of all. Replaces that of `collection.yaml`.

    Raises:
        CellocateError: no images are found, several layouts fit, or a table cannot be read.
        UnclearChannelsError: nothing shows which channel is which.

    Example:
        >>> import tempfile, numpy as np
        >>> from cellocate.images import write_png
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_png(folder / "a_green.png", np.zeros((8, 8), np.uint8))
        >>> collection = open_collection(folder)
        >>> collection.layout, len(collection), collection.channels
        ('folder', 1, ('green',))
    """
    folder = Path(folder)
    if not folder.exists():
        raise CellocateError("no such folder", where=folder, mend="Give the folder that holds the images.")
    if not (folder.is_dir() or folder.is_file()):
        raise CellocateError("neither a folder nor a file", where=folder, mend="Give the folder that holds the images.")
    if store.is_store(folder):
        if z is not None:
            mend = "Leave out --z, or pack the images again with it."
            raise CellocateError("the z planes of a store were chosen when it was packed", where=folder, mend=mend)
        packed = store.read(folder, None if labels is None else Path(labels), vocabulary, pixel_size)
        packed = with_metadata_of_ids(_checked(packed, folder, None))
        if channels:
            note = "--channels has no effect: the channels of a store were chosen when it was packed"
            packed = replace(packed, notes=(*packed.notes, note))
        return replace(packed, simulated=packed.simulated or bool(phantoms.read_metadata(folder)))
    parent = container(folder).parent if is_one_file(folder) else folder
    reading = read_collection_yaml(parent / FILE) if (parent / FILE).is_file() else FolderSettings()
    named = parse_mapping(channels, "channels") if channels else None
    asked_for = {"channels": named, "z": z, "pixel_size": pixel_size}
    reading = reading.model_copy(update={name: value for name, value in asked_for.items() if value is not None})
    known = phantoms.read_metadata(folder)
    labels, vocabulary = labels or reading.labels, vocabulary or reading.vocabulary
    if reading.pattern is None and reading.layout in (None, "listing") and (table := _listing(folder)):
        collection = listing.read(table, labels, vocabulary)
    else:
        collection = _read(folder, reading, labels, vocabulary, known.get("vocabulary"))
    collection = with_z_plane(collection, reading.z)
    fields = join(collection.fields, reading.metadata)
    bits = reading.bits or known.get("bits")
    if bits is not None:
        fields = fields.assign(bits=float(bits))
    if reading.camera_offset is not None:
        fields = fields.assign(camera_offset=float(reading.camera_offset))
    asked = reading.pixel_size
    if asked is None and "pixel_size" not in fields:
        asked = known.get("pixel_size")
    if asked is not None:
        fields = fields.assign(pixel_size=check_pixel_size(asked))
    opened = replace(
        collection,
        fields=fields,
        simulated=collection.simulated or bool(known),
        pixel_size_assumed=collection.pixel_size_assumed and asked is None,
    )
    opened = _checked(opened, folder, channels)
    if asked is None:
        opened = with_file_pixel_sizes(opened)
    return with_metadata_of_ids(with_hpa_pixel_sizes(opened))


def _checked(collection: Collection, folder: Path, channels: Mapping[str, int | str] | None) -> Collection:
    """Refuse an empty collection, and channels named for a collection that a table describes."""
    if channels and collection.layout in ("listing", "path_list", "labels"):
        what = f"--channels works for images only, not for {collection.because}"
        raise CellocateError(what, where=folder, mend="Leave out --channels, or remove the table.")
    if not len(collection):
        raise CellocateError("no fields", where=folder, mend="Give a folder with images, or a table with rows.")
    return collection


def _read(
    folder: Path,
    reading: FolderSettings,
    labels: str | Path | None,
    vocabulary: Vocabulary | str | None,
    own: str | None,
) -> Collection:
    alone = is_one_file(folder)
    if alone and not stack_files.is_stack_file(folder) and is_label_table(folder):
        return labelled_images.labels_only(folder, vocabulary)
    if labels is None and not alone:
        labels, vocabulary = labelled_images.label_table(folder), vocabulary or own
    name, found = _find(folder, reading)
    if labels is None:
        return _unlabelled(folder, name, found, () if alone else labelled_images.unreadable_tables(folder))
    return labelled_images.read(folder, name, found, Path(labels), vocabulary, own)


def _find(folder: Path, reading: FolderSettings) -> tuple[str, FoundFields]:
    if is_one_file(folder):
        return _find_file(folder, reading)
    if reading.pattern is not None:
        return "pattern", pattern.find(folder, reading.pattern, reading)
    places = [folder / name for name in _PLACES if (folder / name).is_dir()]
    for place, fitting in ((place, _fitting(place, reading, names)) for names in _tried() for place in places):
        if fitting:
            name, found = _only(fitting, folder)
            if name != "path_list":
                found.notes += unread_images(place, found)
            join_planes(found, place, asked=reading.z is not None)
            return "atlas" if name == "folder" and are_atlas_ids(found.by_id) else name, found
    raise _no_images(folder, reading)


def _no_images(folder: Path, reading: FolderSettings) -> CellocateError:
    """The error for a folder that no layout fits: empty, unreadable images, or names without a channel."""
    if next(folder.iterdir(), None) is None:
        return CellocateError("the folder is empty", where=folder, mend="Give the folder that holds the images.")
    places = [folder / name for name in _PLACES if (folder / name).is_dir()]
    for error in (stack_files.opening_error(path) for place in places for path in stack_files.candidates(place)):
        if error is not None:
            return error
    for place in places:
        if error := foreign_format_error([path for path in sorted(place.iterdir()) if not path.name.startswith(".")]):
            return error
    asked = " or ".join(f"{name!r}" for name in channel_files.words_in_names(reading))
    what = f"no channel images found ({describe_contents(folder)}{f'; no name has {asked}' if asked else ''})"
    if mend := nested_folders.advice(folder):
        return CellocateError(what, where=folder, mend=mend)
    mend = (
        "Name files <id>_green.png, <id>_blue.png and so on; or give the words for channels in their names with "
        f"--channels nucleus=DAPI,protein=GFP; or list them (colour images too) in a {listing.NAME}."
    )
    return CellocateError(what, where=folder, mend=mend)


def _listing(path: Path) -> Path | None:
    return None if is_one_file(path) and not path.is_file() else listing.find(path)


def _find_file(path: Path, reading: FolderSettings) -> tuple[str, FoundFields]:
    for names in _tried():
        if fitting := _fitting(path, reading.model_copy(update={"layout": None}), names):
            return _only(fitting, path)
    if error := foreign_format_error([path]):
        raise error
    mend = (
        "Give a folder of images; an image of all channels (OME-TIFF, OME-Zarr, CZI, ND2, LIF); "
        "or a table: a listing of files, a path_list.csv, or labels (Id,Target or ID,Label)."
    )
    what = "neither images nor a known kind of table"
    raise missing_column_error(path, what, mend) if is_table(path.name) else CellocateError(what, where=path, mend=mend)


def _tried() -> Iterator[Sequence[str]]:
    yield ORDER
    yield [name for name in LAYOUTS if name not in ORDER]


def _fitting(place: Path, reading: FolderSettings, names: Sequence[str]) -> dict[str, FoundFields]:
    """The fields that the first fitting layout finds, and those of later layouts that may be meant too."""
    fitting: dict[str, FoundFields] = {}
    for name in names:
        if reading.layout not in (None, name):
            continue
        known: Layout = LAYOUTS[name]
        if (not fitting or known.also_fits(place, fitting)) and (found := known.find(place, reading)) is not None:
            fitting[name] = found
    return fitting


def _only(fitting: dict[str, FoundFields], folder: Path) -> tuple[str, FoundFields]:
    if len(fitting) > 1:
        fitted = " and ".join(f"{name} ({found.because})" for name, found in fitting.items())
        mend = f"Write layout: {next(iter(fitting))}, or another of them, into {folder / FILE}."
        raise CellocateError(f"several layouts fit: {fitted}", where=folder, mend=mend)
    return next(iter(fitting.items()))


def _unlabelled(folder: Path, name: str, found: FoundFields, notes: tuple[str, ...]) -> Collection:
    fields = found.table()
    fields["labels"] = None
    return Collection(
        folder,
        name,
        fields,
        problems=tuple(found.problems),
        because=found.because,
        stains=found.stains,
        notes=(*found.notes, *notes),
    )
