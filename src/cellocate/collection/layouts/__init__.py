"""Layouts: how a folder on disk becomes a collection, recognised by its content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cellocate.collection.collection import Collection
from cellocate.collection.layouts import kaggle, phantoms, plain, store
from cellocate.errors import CellocateError
from cellocate.images.scale import check_pixel_size
from cellocate.vocabulary import Vocabulary


def open_collection(
    folder: str | Path,
    *,
    labels: str | Path | None = None,
    vocabulary: Vocabulary | str | None = None,
    pixel_size: float | None = None,
) -> Collection:
    """Open a folder of microscope images; its layout is recognised by what it holds.

    - `kaggle2018`, `kaggle2021`: `<id>_<channel>.png` (or JPEG, TIFF) in the folder, in `train/` or in `images/`,
      and a label table with the columns `Id,Target` or `ID,Label` beside them.
    - `folder`: such images without a label table.
    - `store`: what `cellocate.collection.pack` wrote, with its labels and metadata.

    Args:
        folder: where the images are.
        labels: the label table, where it does not lie beside the images.
        vocabulary: of the labels, where it is not the challenge's own. Phantoms know theirs.
        pixel_size: µm per px of every file, where the table has no column `pixel_size`. Phantoms know theirs.

    Raises:
        CellocateError: no images are found, or the label table is not one.

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
    if not folder.is_dir():
        what = "a file, not a folder" if folder.is_file() else "no such folder"
        raise CellocateError(what, where=folder, mend="Give the folder that holds the images.")
    if store.is_store(folder):
        return store.read(folder, None if labels is None else Path(labels), vocabulary, pixel_size)
    told = phantoms.told(folder)
    if labels is None:
        vocabulary = vocabulary or told.get("vocabulary")
    files = plain.channel_files(folder)
    table = Path(labels) if labels is not None else kaggle.label_table(folder)
    collection = plain.read(folder, files) if table is None else kaggle.read(folder, files, table, vocabulary)
    if pixel_size is None and "pixel_size" not in collection.fields:
        pixel_size = told.get("pixel_size")
    if pixel_size is None:
        return collection
    return replace(collection, fields=collection.fields.assign(pixel_size=check_pixel_size(pixel_size)))
