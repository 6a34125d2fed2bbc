"""Layouts: how a folder on disk becomes a collection, recognised by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cellocate.collection.atlas.tables import holds_labels
from cellocate.collection.collection import Collection
from cellocate.collection.layouts import kaggle, listing, pathlist, pattern, phantoms, plain, stacks, store
from cellocate.collection.layouts.found import Found
from cellocate.collection.metadata import join
from cellocate.collection.names import are_of_the_atlas, told_by_ids
from cellocate.collection.reading import FILE, Reading, read_reading
from cellocate.errors import CellocateError
from cellocate.images.address import Projection, suffix
from cellocate.images.scale import check_pixel_size
from cellocate.tables import is_table, lacking
from cellocate.vocabulary import Vocabulary

_PLACES = ("", "train", "images")
_ONE_CHANNEL = (".png", ".jpg", ".jpeg")


def open_collection(
    folder: str | Path,
    *,
    labels: str | Path | None = None,
    vocabulary: Vocabulary | str | None = None,
    pixel_size: float | None = None,
    channels: Mapping[str, int | str] | None = None,
    z: int | Projection | None = None,
) -> Collection:
    """Open a folder of microscope images; its layout is recognised by what it holds.

    - `kaggle2018`, `kaggle2021`: `<id>_<channel>.png` (or JPEG, TIFF, `.tif.gz`, or the Human Protein Atlas's
      composites `<id>_blue_red_green.jpg`) in the folder, in `train/` or in `images/`, and a label table with the
      columns `Id,Target` or `ID,Label` beside them; `atlas`: such images whose ids are those of the Human Protein
      Atlas; `folder`: others, without a label table or as JPEG.
    - `stacks`: files that hold all channels: OME-TIFF, ImageJ TIFF, OME-Zarr, CZI, ND2, LIF.
    - `path_list`: a `path_list.csv` as SubCellPortable reads it.
    - `listing`: a table with a column of files for each channel, such as `Id,green,blue,Target`.
    - `pattern`: files named as a `collection.yaml` beside them says.
    - `labels`: a label table alone (or the atlas's `IF-image.csv`), given instead of a folder.
    - `store`: what `cellocate.collection.pack` wrote, with its labels and metadata.

    Where ids are the atlas's, they tell antibody, plate and well, if no table does.

    Args:
        folder: where the images are; or a file: a listing, a `path_list.csv`, a label table, or an image of several
            channels (of OME-Zarr, its folder).
        labels: the label table, where it does not lie beside the images.
        vocabulary: of the labels, where it is not the challenge's own. Phantoms know theirs.
        pixel_size: µm per px of every file, where no table and no file says it. Phantoms know theirs.
        channels: what stands for red, green, blue and yellow, as in `collection.yaml`, which it replaces.
        z: of stacks, the number of a plane from 0, or "max" or "mean" of all, as in `collection.yaml`.

    Raises:
        CellocateError: no images are found, several layouts fit, nothing tells channels apart, or a table is none.

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
        packed = store.read(folder, None if labels is None else Path(labels), vocabulary, pixel_size)
        packed = told_by_ids(packed)
        return replace(packed, simulated=packed.simulated or bool(phantoms.told(folder)))
    beside = folder.parent if _alone(folder) else folder
    reading = read_reading(beside / FILE) if (beside / FILE).is_file() else Reading()
    asked_for = {"channels": dict(channels) if channels else None, "z": z}
    reading = reading.model_copy(update={name: value for name, value in asked_for.items() if value is not None})
    told = phantoms.told(folder)
    labels, vocabulary = labels or reading.labels, vocabulary or reading.vocabulary
    if reading.pattern is None and reading.layout in (None, "listing") and (table := _listing(folder)):
        collection = listing.read(table, labels, vocabulary)
    else:
        collection = _read(folder, reading, labels, vocabulary, told.get("vocabulary"))
    fields = join(collection.fields, reading.metadata)
    asked = reading.pixel_size if pixel_size is None else pixel_size
    if asked is None and "pixel_size" not in fields:
        asked = told.get("pixel_size")
    if asked is not None:
        fields = fields.assign(pixel_size=check_pixel_size(asked))
    return told_by_ids(replace(collection, fields=fields, simulated=collection.simulated or bool(told)))


def _read(
    folder: Path,
    reading: Reading,
    labels: str | Path | None,
    vocabulary: Vocabulary | str | None,
    own: str | None,
) -> Collection:
    """Labels in a table of their own, joined to the files of a layout."""
    alone = _alone(folder)
    if alone and not stacks.is_stack_file(folder) and holds_labels(folder):
        return kaggle.labels_alone(folder, vocabulary)
    if labels is None and not alone:
        labels, vocabulary = kaggle.label_table(folder), vocabulary or own
    name, found = _find(folder, reading)
    if labels is None:
        return _unlabelled(folder, name, found, () if alone else kaggle.passed_over(folder))
    return kaggle.read(folder, name, found, Path(labels), vocabulary, own)


def _find(folder: Path, reading: Reading) -> tuple[str, Found]:
    """The layout of a folder (or of a file) and what it finds there."""
    if _alone(folder):
        return _find_file(folder, reading)
    if reading.pattern is not None:
        return "pattern", pattern.find(folder, reading.pattern, reading)
    for place in (folder / name for name in _PLACES):
        if place.is_dir() and (fitting := _fitting(place, reading)):
            name, found = _only(fitting, folder)
            return "atlas" if name == "folder" and are_of_the_atlas(found.by_id) else name, found
    if next(folder.iterdir(), None) is None:
        raise CellocateError("the folder is empty", where=folder, mend="Give the folder that holds the images.")
    inside = sorted(d.name for d in folder.iterdir() if d.is_dir() and plain.find(d, reading))
    mend = (
        f"Did you mean {folder / inside[0]}?"
        if inside
        else f"Files are named <id>_green.png, <id>_blue.png and so on; a pattern in {FILE} names them otherwise, "
        f"or a table {listing.NAME}."
    )
    raise CellocateError("no channel images found", where=folder, mend=mend)


def _alone(path: Path) -> bool:
    """Whether what is given is one file, or the folder that an image in OME-Zarr is."""
    return path.is_file() or path.suffix.lower() == ".zarr"


def _listing(path: Path) -> Path | None:
    return None if _alone(path) and not path.is_file() else listing.find(path)


def _find_file(path: Path, reading: Reading) -> tuple[str, Found]:
    if plain.is_channel(path) or suffix(path) in _ONE_CHANNEL:
        what = "an image of one channel, or of colours"
        raise CellocateError(what, where=path, mend=f"Give the folder that holds all channels: {path.parent}.")
    if stacks.is_stack_file(path):
        return "stacks", stacks.describe_all([(stacks.field_id(path), path)], reading, path.parent)
    if pathlist.is_list(path):
        return "path_list", pathlist.find(path)
    mend = (
        "Give a folder of images; an image of all channels (OME-TIFF, OME-Zarr, CZI, ND2, LIF); "
        "or a table: a listing of files, a path_list.csv, or labels (Id,Target or ID,Label)."
    )
    what = "no images, and no table that is understood"
    raise lacking(path, what, mend) if is_table(path) else CellocateError(what, where=path, mend=mend)


def _fitting(place: Path, reading: Reading) -> dict[str, Found]:
    """Every layout that fits a folder; a path list wins, stacks of no telling name count where nothing else does."""
    if reading.layout in (None, "path_list") and (place / pathlist.FILE).is_file():
        return {"path_list": pathlist.find(place / pathlist.FILE)}
    found: dict[str, Found | None] = {}
    if reading.layout != "stacks":
        found["folder"] = plain.find(place, reading)
    if reading.layout == "stacks" or stacks.present(place) or not any(found.values()):
        found["stacks"] = stacks.find(place, reading)
    return {name: files for name, files in found.items() if files is not None and reading.layout in (None, name)}


def _only(fitting: dict[str, Found], folder: Path) -> tuple[str, Found]:
    if len(fitting) > 1:
        said = " and ".join(f"{name} ({found.because})" for name, found in fitting.items())
        mend = f"Write layout: {next(iter(fitting))}, or another of them, into {folder / FILE}."
        raise CellocateError(f"several layouts fit: {said}", where=folder, mend=mend)
    return next(iter(fitting.items()))


def _unlabelled(folder: Path, name: str, found: Found, notes: tuple[str, ...]) -> Collection:
    fields = found.table()
    fields["labels"] = None
    return Collection(
        folder, name, fields, problems=tuple(found.problems), because=found.because, notes=(*found.notes, *notes)
    )
