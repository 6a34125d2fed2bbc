"""Read OME-Zarr, versions 0.1 to 0.5 (https://ngff.openmicroscopy.org): images, plates, and bioformats2raw folders."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.length_units import PixelSize, pixel_size
from cellocate.images.ome_xml import read_ome, significant_bits
from cellocate.images.stack import Index, Stack, squeezed

SUFFIX = ".zarr"
_METADATA = ("zarr.json", ".zattrs", ".zgroup", ".zarray")  # of versions 3 and 2
_DAMAGED = (ValueError, KeyError, TypeError, LookupError, AttributeError, OSError, ElementTree.ParseError)
_LETTERS = {"time": "T", "channel": "C"}  # by type; axes of space by name


def is_zarr(path: Path) -> bool:
    """Whether a path has the suffix or the metadata of a Zarr folder."""
    return path.suffix.lower() == SUFFIX or metadata_file(path) != path


def metadata_file(path: Path) -> Path:
    """The metadata file of a Zarr folder; other paths are returned unchanged."""
    if not os.path.isdir(path):  # noqa: PTH112 # never raises
        return path
    return next((path / name for name in _METADATA if os.path.isfile(path / name)), path)  # noqa: PTH113 # as above


def container(path: Path) -> Path:
    """The outermost Zarr folder around a path, or the path itself.

    Example:
        >>> container(Path("a/plate.zarr/A/1/0")), container(Path("a/b.tif"))
        (PosixPath('a/plate.zarr'), PosixPath('a/b.tif'))
    """
    return next((place for place in (*reversed(path.parents), path) if is_zarr(place)), path)


def describe(path: Path) -> tuple[Stack, ...]:
    """Describe the images in a folder at full size: itself, the fields of a plate or well, or a series.

    Raises:
        FileNotFoundError: there is none.
        CellocateError: it is no OME-Zarr, or zarr is not installed.
    """
    zarr_module(path)
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        return tuple(_stacks(path))
    except _DAMAGED:
        raise _no_image(path) from None


def image(path: Path) -> Stack:
    """Describe a folder that is one image.

    Raises:
        FileNotFoundError: there is none.
        CellocateError: it is no image, or a container of images; or zarr is not installed.
    """
    [stack, *_] = describe(path)
    if stack.file != path:
        raise _no_image(path)
    return stack


def planes(stack: Stack, indices: Sequence[Index]) -> Iterator[NDArray[Any]]:
    """Read planes of one image; chunks of other planes are not decoded."""
    zarr = zarr_module(stack.file)
    try:
        array = zarr.open_array(stack.file / _dataset(_attributes(stack.file)), mode="r")
        axes, _ = _axes(_attributes(stack.file)["multiscales"][0])
        for index in indices:
            place = dict(zip(stack.axes, index, strict=True))
            yield np.asarray(array[tuple(place.get(axis, 0) for axis in axes)])
    except Exception as error:  # noqa: BLE001 # each codec has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def absent(path: Path, time: int | None = None) -> str:
    """The number of missing chunks (or shards) of an image, such as "3 of 12, read as 0"; "" if none.

    Zarr reads them as its fill value. A writer may leave out even chunks; an incomplete copy looks the same.

    Args:
        path: folder of one image.
        time: time point of a time series; all by default.

    Raises:
        CellocateError: it is no OME-Zarr image.
    """
    zarr = zarr_module(path)
    try:
        attributes = _attributes(path)
        axes, _ = _axes(attributes["multiscales"][0])
        place = path / _dataset(attributes)
        array: Any = zarr.open_array(place, mode="r")
    except Exception:  # noqa: BLE001 # damaged metadata can break any of it
        raise _no_image(path) from None
    files = array.shards or array.chunks
    numbers = [range(-(-side // of)) for side, of in zip(array.shape, files, strict=True)]
    if time is not None and "T" in axes:
        t = axes.index("T")
        numbers[t] = range(time // files[t], time // files[t] + 1)
    keys = [array.metadata.encode_chunk_key(numbers) for numbers in product(*numbers)]
    lacking = sum(not (place / key).exists() for key in keys)
    return f"{lacking} of {len(keys)}, read as {array.fill_value}" if lacking else ""


def zarr_module(path: Path) -> Any:  # noqa: ANN401 # zarr is optional
    """The package zarr, which reads and writes OME-Zarr such as `path`, or a `CellocateError`."""
    try:
        import zarr
    except ImportError:
        mend = "Install it with: pip install 'cellocate[formats]'"
        raise CellocateError("zarr, which OME-Zarr needs, is not installed", where=path, mend=mend) from None
    return zarr


def _no_image(path: Path) -> CellocateError:
    mend = "Give an OME-Zarr image, a plate, or a folder of images that bioformats2raw wrote."
    return CellocateError("no OME-Zarr image", where=path, mend=mend)


def _attributes(group: Path) -> dict[str, Any]:
    """The metadata of a folder. Reading plain JSON is faster than zarr for plates."""
    file = group / "zarr.json"
    if file.is_file():
        attributes = json.loads(file.read_bytes()).get("attributes", {})
        return dict(attributes.get("ome", attributes))
    file = group / ".zattrs"
    return dict(json.loads(file.read_bytes())) if file.is_file() else {}


def _stacks(path: Path) -> Iterator[Stack]:
    attributes = _attributes(path)
    if "multiscales" in attributes:
        yield replace(_image(path, attributes), bits=_bits(path))
    elif "plate" in attributes:
        plate = attributes["plate"]
        metadata = {"plate": str(plate.get("name") or _stem(path))}
        for well in plate["wells"]:
            yield from _well(path / well["path"], metadata | {"well": str(well["path"]).replace("/", "")}, path)
    elif "well" in attributes:
        yield from _well(path, {"well": path.parent.name + path.name}, path)
    else:
        yield from _series(path, attributes)


def _well(path: Path, metadata: Mapping[str, str], holder: Path) -> Iterator[Stack]:
    images = _attributes(path).get("well", {}).get("images", [])
    acquisitions = {image.get("acquisition") for image in images}
    if not images:
        yield _unreadable_image(path, metadata, holder, "a well without images")
    for image in images:
        place = path / str(image["path"])
        of_image = {**metadata, "site": str(image["path"])}
        if len(acquisitions) > 1:
            of_image["acquisition"] = str(image.get("acquisition", ""))
        yield _member(place, of_image, holder)


def _series(path: Path, attributes: Mapping[str, Any]) -> Iterator[Stack]:
    names = _attributes(path / "OME").get("series")
    if names is None and "bioformats2raw.layout" in attributes:
        names = []
        for number in count():
            if not (path / str(number)).is_dir():
                break
            names.append(str(number))
    if names is None and is_zarr(path):
        names = sorted(place.name for place in path.iterdir() if "multiscales" in _attributes(place))
    if not names:
        raise ValueError("no images")
    titles = _titles(path / "OME" / "METADATA.ome.xml", len(names))
    for name, (title, of_image, bits) in zip(names, titles, strict=True):
        stack = _member(path / str(name), of_image, path)
        yield replace(stack, name=title or str(name), bits=bits)


def _bits(image: Path) -> int | None:
    """The bits of a single image, from the OME-XML next to it. OMERO's window is a display range."""
    files = (folder / "OME" / "METADATA.ome.xml" for folder in (image, image.parent))
    xml = next((file for file in files if file.is_file()), None)
    return None if xml is None else significant_bits(xml.read_text(encoding="utf-8", errors="replace"))


def _titles(xml: Path, images: int) -> list[tuple[str, Mapping[str, str], int | None]]:
    if xml.is_file():
        found = [(image.name, image.metadata, image.bits) for image in read_ome(xml.read_text(encoding="utf-8"))]
        if len(found) == images:
            return found
    return [("", {}, None)] * images


def _member(place: Path, metadata: Mapping[str, str], holder: Path) -> Stack:
    try:
        return replace(_image(place, _attributes(place)), metadata=metadata, members=(holder,))
    except _DAMAGED:
        return _unreadable_image(place, metadata, holder, "no OME-Zarr image, though its container lists it")
    except CellocateError as error:
        return _unreadable_image(place, metadata, holder, error.what)


def _unreadable_image(place: Path, metadata: Mapping[str, str], holder: Path, what: str) -> Stack:
    fault = CellocateError(what, where=place, mend="Copy it again, or leave it out.")
    return Stack(
        ("",), "YX", (1, 1), "", PixelSize(), place, metadata=metadata, members=(holder,), faults={None: fault}
    )


def _image(path: Path, attributes: Mapping[str, Any]) -> Stack:
    if len(attributes["multiscales"]) > 1:
        what = f"{len(attributes['multiscales'])} images in one folder (several multiscales)"
        raise CellocateError(what, where=path, mend="Save each image in a separate folder.")
    image = attributes["multiscales"][0]
    every, names = _axes(image)
    shape, kind = _array(path / _dataset(attributes))
    if len(shape) != len(every):
        raise ValueError("axes")
    axes, lengths = squeezed(every, shape)
    channels = [str(channel.get("label", "")) for channel in attributes.get("omero", {}).get("channels", [])]
    n = shape[every.index("C")] if "C" in every else 1
    return Stack(
        names=tuple(channels) if len(channels) == n else ("",) * n,
        axes=axes,
        shape=lengths,
        kind=kind,
        size=_size(image, every, names),
        file=path,
        members=(path,),
    )


def _dataset(attributes: Mapping[str, Any]) -> str:
    return str(attributes["multiscales"][0]["datasets"][0]["path"])


def _axes(image: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """A letter and further metadata for each axis; before version 0.3 they are always the same five."""
    axes = image.get("axes", list("tczyx"))
    if not isinstance(axes, list):
        raise ValueError("axes")
    described = [axis if isinstance(axis, dict) else {"name": axis} for axis in axes]
    letters = [_LETTERS.get(axis.get("type", ""), str(axis["name"]).upper()) for axis in described]
    if any(len(letter) != 1 for letter in letters):
        raise ValueError("axes")
    return "".join(letters), described


def _array(path: Path) -> tuple[tuple[int, ...], str]:
    old = path / ".zarray"
    header = json.loads((old if old.is_file() else path / "zarr.json").read_bytes())
    kind = header["dtype"] if "dtype" in header else header["data_type"]
    return tuple(map(int, header["shape"])), np.dtype(kind).name


def _size(image: Mapping[str, Any], axes: str, described: Sequence[Mapping[str, Any]]) -> PixelSize:
    """The scale of the dataset times that of the multiscale, in the unit of the axes."""
    key = "coordinateTransformations"
    transformations = [*image["datasets"][0].get(key, []), *image.get(key, [])]
    odd = [str(t.get("type")) for t in transformations if t.get("type") not in ("scale", "translation", "identity")]
    if odd or any(t["type"] == "scale" and "scale" not in t for t in transformations):
        what = f"a transformation {odd[0] if odd else 'in a file'}"
        return PixelSize(doubt=f"a pixel size that is not understood ({what})")
    scales = [t["scale"] for t in transformations if t["type"] == "scale"]
    if not scales:
        return PixelSize()
    sides = [math.prod(float(scale[axes.index(axis)]) for scale in scales) for axis in "XY"]
    x_unit, y_unit = (str(described[axes.index(axis)].get("unit") or "") for axis in "XY")
    if not x_unit and sides != [1, 1]:
        return PixelSize(doubt=f"a pixel size that is not understood ({sides[0]:g} without a unit)")
    return pixel_size(sides[0], sides[1], x_unit, y_unit)


def _stem(path: Path) -> str:
    return path.name.split(".")[0]
