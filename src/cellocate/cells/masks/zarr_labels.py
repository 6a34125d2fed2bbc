"""Label images as OME-Zarr, inside an image's folder or alone."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import Labels, Shape, checked_labels
from cellocate.errors import CellocateError
from cellocate.files import new_folder
from cellocate.images import ome_zarr

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 1024  # px a side
_NAME = re.compile(r"[\w-][\w.-]*")


def write_zarr_labels(
    path: str | Path, labels: Labels, *, pixel_size: float | None = None, properties: pd.DataFrame | None = None
) -> None:
    """Write a label image as OME-Zarr.

    `image.zarr/labels/cells` adds it to an OME-Zarr image, in that image's version of the format (0.4 or 0.5) and with
    its pixel size; any other path makes a label image alone, of version 0.5.

    Args:
        path: of a folder that does not exist.
        labels: shape (H, W), up to 65,535.
        pixel_size: µm per px; that of the image by default.
        properties: a row for each cell, by its number, that viewers show.

    Raises:
        CellocateError: the folder exists, the image has another height and width, or zarr is not installed.

    References:
        Moore et al. OME-NGFF: a next-generation file format for expanding bioimaging data-access strategies. Nature
        Methods 18 (2021). https://doi.org/10.1038/s41592-021-01326-w; https://ngff.openmicroscopy.org/0.5/#labels-md
    """
    path = Path(path)
    zarr = ome_zarr.zarr_module(path)
    if path.exists() or not _NAME.fullmatch(path.name):
        what = "the folder exists" if path.exists() else "not a folder name of a label image"
        raise CellocateError(what, where=path, mend="Choose another name, of letters and digits.")
    image = path.parent.parent if path.parent.name == "labels" and path.parent.parent.is_dir() else None
    version, shape = 3, None
    if image is not None:
        version, shape, own = _of_image(image)
        pixel_size = pixel_size or own
    pixels = checked_labels(labels, shape, where=path)
    with new_folder(path, marked=False) as aside:
        group = zarr.open_group(aside, mode="w", zarr_format=version)
        chunks = tuple(max(1, min(_CHUNK, side)) for side in pixels.shape)
        separator = {"name": "v2" if version == 2 else "default", "separator": "/"}
        group.create_array("0", data=pixels, chunks=chunks, chunk_key_encoding=separator)
        _write_metadata(group, version, _metadata(path.name, pixel_size, properties, version, inside=image is not None))
    if image is not None:
        _add_to_list(zarr, path, version)


def read_zarr_numbers(path: str | Path) -> NDArray[Any]:
    """Read the pixels of an OME-Zarr label image, such as `image.zarr/labels/cells`, at full size, shape (H, W).

    Raises:
        CellocateError: it is missing, damaged, or not an OME-Zarr image of one plane; or zarr is not installed.
    """
    path = Path(path)
    try:
        stack = ome_zarr.image(path)
        if len(stack.shape) > len("YX"):
            what = f"{math.prod(stack.shape[:-2])} planes instead of one plane of labels"
            raise CellocateError(what, where=path, mend="Use one of the images in its folder labels.")
        return next(ome_zarr.planes(stack, [stack.index(0, 0, 0)]))
    except FileNotFoundError:
        raise CellocateError("no such label image", where=path, mend="Check the name.") from None
    except OSError:
        raise CellocateError("a damaged label image", where=path, mend="Copy it again from its source.") from None


def _of_image(image: Path) -> tuple[int, Shape, float | None]:
    """The zarr version of an image, its height and width, and its pixel size in µm."""
    stack = ome_zarr.image(image)
    version = 2 if (image / ".zgroup").exists() else 3
    return version, (stack.height, stack.width), stack.pixel_size


def _metadata(
    name: str, pixel_size: float | None, properties: pd.DataFrame | None, version: int, *, inside: bool
) -> dict[str, Any]:
    unit = {} if pixel_size is None else {"unit": "micrometer"}
    scale = [1.0 if pixel_size is None else pixel_size] * 2
    image = {
        "name": name,
        "axes": [{"name": axis, "type": "space", **unit} for axis in "yx"],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
    }
    label: dict[str, Any] = {"source": {"image": "../../"}} if inside else {}
    if properties is not None and len(properties):
        rows = properties.astype(object).where(properties.notna(), None).to_dict("index")
        label["properties"] = [{"label-value": int(str(number)), **row} for number, row in rows.items()]
    of_version = {"version": "0.4"} if version == 2 else {}
    return {"multiscales": [image | of_version], "image-label": label | of_version}


def _write_metadata(group: Any, version: int, metadata: dict[str, Any]) -> None:  # noqa: ANN401 # zarr's group
    """Write metadata where the version has them: since 0.5, under `ome`."""
    if version == 2:
        group.attrs.update(metadata)
    else:
        group.attrs["ome"] = {"version": "0.5", **group.attrs.get("ome", {}), **metadata}


def _add_to_list(zarr: Any, path: Path, version: int) -> None:  # noqa: ANN401 # as above
    group = zarr.open_group(path.parent, mode="a", zarr_format=version)
    known = group.attrs.get("ome", group.attrs).get("labels", [])
    _write_metadata(group, version, {"labels": [*known, path.name]})
