"""OME-XML: its images, and the file and page of each plane.

The schema is at https://docs.openmicroscopy.org/ome-model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from cellocate.images.length_units import PixelSize, pixel_size

OWN = ""
"""Stands for the file with the XML."""

_KINDS = {
    "float": "float32", "double": "float64", "bit": "bool", "complex": "complex64", "double-complex": "complex128",
}  # fmt: skip
_MOST_PLANES = 10_000_000  # a damaged size would fill the memory
_MODULO = ("ModuloAlongZ", "ModuloAlongC", "ModuloAlongT")


@dataclass(frozen=True)
class OmeImage:
    """One Image of an OME-XML.

    Attributes:
        name: name of the image.
        names: names of its channels; "" if a channel has none.
        samples: channels that share a page, as the colours of a picture do.
        axes: in the order T, C, Z, Y, X.
        shape: length of each axis.
        kind: numpy type of its pixels; "" if not given.
        size: size of its pixels.
        metadata: `plate`, `well` and `site`, if given.
        files: files of its planes; `OWN` is the one with the XML.
        pages: file number and page of each plane, −1 if not given; shape (T, C / samples, Z, 2).
        bits: bits of a pixel that hold light, 8 to 16, if given.
        modulo: whether one of the axes stands for several, such as angles or lifetimes.
        own_name: name of the file with the metadata when they were written; "" if not given.
    """

    name: str
    names: tuple[str, ...]
    samples: int
    axes: str
    shape: tuple[int, ...]
    kind: str
    size: PixelSize
    metadata: Mapping[str, str]
    files: tuple[str, ...]
    pages: NDArray[np.int32]
    bits: int | None
    modulo: bool
    own_name: str


def read_ome(xml: str) -> tuple[OmeImage, ...]:
    """Read the images of an OME-XML, in order.

    Raises:
        ElementTree.ParseError: it is not XML.
        ValueError: a size is invalid.

    Example:
        >>> pixels = '<Pixels SizeX="8" SizeY="6" SizeZ="1" SizeC="2" SizeT="1" Type="uint8"><TiffData/></Pixels>'
        >>> [image] = read_ome(f'<OME><Image Name="a">{pixels}</Image></OME>')
        >>> image.name, image.axes, image.shape, image.pages[0, :, 0].tolist()
        ('a', 'TCZYX', (1, 2, 1, 6, 8), [[0, 0], [0, 1]])
    """
    root = ElementTree.fromstring(xml)
    wells = _wells(root)
    modulo = any(root.find(f".//{{*}}{name}") is not None for name in _MODULO)
    own = _own_name(root)
    return tuple(
        _image(element, pixels, wells.get(element.get("ID", ""), {}), root.get("UUID"), modulo, own)
        for element in root.findall("{*}Image")
        if (pixels := element.find("{*}Pixels")) is not None
    )


def elsewhere(xml: str) -> str | None:
    """The name of the file with the metadata, if an OME-XML only refers to it.

    Raises:
        ElementTree.ParseError: it is not XML.
    """
    only = ElementTree.fromstring(xml).find("{*}BinaryOnly")
    return None if only is None else only.get("MetadataFile", "")


def significant_bits(xml: str) -> int | None:
    """The `SignificantBits` of the first image, 8 to 16; None if it has none, or the XML is damaged.

    Example:
        >>> significant_bits('<OME><Image><Pixels Type="uint16" SignificantBits="12"/></Image></OME>')
        12
    """
    try:
        pixels = ElementTree.fromstring(xml).find(".//{*}Pixels")
    except ElementTree.ParseError:
        return None
    return None if pixels is None else _bits(pixels)


def _bits(pixels: ElementTree.Element) -> int | None:
    text = pixels.get("SignificantBits", "")
    return int(text) if text.isdecimal() and 8 <= int(text) <= 16 else None


def _image(
    image: ElementTree.Element,
    pixels: ElementTree.Element,
    metadata: Mapping[str, str],
    uuid: str | None,
    modulo: bool,
    own_name: str,
) -> OmeImage:
    lengths = {axis: int(pixels.get(f"Size{axis}", 1)) for axis in "TCZ"}
    height, width = (int(pixels.get(f"Size{axis}", 0)) for axis in "YX")
    channels = pixels.findall("{*}Channel")
    samples = {int(channel.get("SamplesPerPixel", 1)) for channel in channels} or {1}
    if len(samples) > 1 or min(lengths.values()) < 1 or lengths["C"] % max(samples) or min(samples) < 1:
        raise ValueError("sizes that do not agree")
    names = tuple(channel.get("Name", "") for channel in channels)
    files, pages = _pages(pixels, lengths, max(samples), uuid)
    label = image.find("{*}StageLabel")
    kind = pixels.get("Type", pixels.get("PixelType", ""))
    unit = pixels.get("PhysicalSizeXUnit", "µm")
    return OmeImage(
        name=image.get("Name", "") or (label.get("Name", "") if label is not None else ""),
        names=names if len(names) == lengths["C"] else ("",) * lengths["C"],
        samples=max(samples),
        axes="TCZYX",
        shape=(*lengths.values(), height, width),
        kind=_KINDS.get(kind, kind),
        size=pixel_size(
            pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeY"), unit, pixels.get("PhysicalSizeYUnit", "")
        ),
        metadata=metadata,
        files=files,
        pages=pages,
        bits=_bits(pixels),
        modulo=modulo,
        own_name=own_name,
    )


def _pages(
    pixels: ElementTree.Element, lengths: Mapping[str, int], samples: int, uuid: str | None
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The files of an image, and the file number and page of each plane, shape (T, C / samples, Z, 2)."""
    lengths = {**lengths, "C": lengths["C"] // samples}
    order = _order(pixels)
    total = lengths["T"] * lengths["C"] * lengths["Z"]
    if total > _MOST_PLANES:
        raise ValueError("too many planes")
    files: dict[str, int] = {}
    found = np.full((total, 2), -1, np.int32)  # in the order in which the file counts them
    elements = pixels.findall("{*}TiffData") or [ElementTree.Element("TiffData")]
    starts = [_start(element, order, lengths) for element in elements]
    following = dict(pairwise([*sorted(set(starts)), total]))
    for element, start in zip(elements, starts, strict=True):
        page, count = element.get("IFD"), element.get("PlaneCount", element.get("NumPlanes"))
        planes = int(count) if count is not None else 1 if page is not None else following[start] - start
        stop = min(start + max(planes, 0), total)
        found[start:stop, 0] = files.setdefault(_file(element, uuid), len(files))
        found[start:stop, 1] = np.arange(stop - start) + int(page or 0)
    slowest_first = tuple(lengths[axis] for axis in reversed(order))
    place = [order[::-1].index(axis) for axis in "TCZ"]
    return tuple(files), found.reshape(*slowest_first, 2).transpose(*place, 3)


def _order(pixels: ElementTree.Element) -> str:
    order = pixels.get("DimensionOrder", "XYCZT").removeprefix("XY")
    if sorted(order) != sorted("CZT"):
        raise ValueError(f"an order of dimensions {order}")
    return order


def _start(element: ElementTree.Element, order: str, lengths: Mapping[str, int]) -> int:
    start, step = 0, 1
    for axis in order:
        first = int(element.get(f"First{axis}", 0))
        if not 0 <= first < lengths[axis]:
            raise ValueError(f"a first plane {first}")
        start += first * step
        step *= lengths[axis]
    return start


def _file(element: ElementTree.Element, uuid: str | None) -> str:
    other = element.find("{*}UUID")
    if other is None or (uuid and (other.text or "").strip() == uuid):
        return OWN
    return other.get("FileName", OWN)


def _own_name(root: ElementTree.Element) -> str:
    """The name of the file with the UUID of the metadata themselves."""
    own = (root.get("UUID") or "").strip()
    names = (other.get("FileName", "") for other in root.findall(".//{*}UUID") if (other.text or "").strip() == own)
    return next(names, "") if own else ""


def _wells(root: ElementTree.Element) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for plate in root.findall("{*}Plate"):
        name = plate.get("Name") or plate.get("ID") or ""
        for well in plate.findall("{*}Well"):
            row, column = int(well.get("Row", 0)), int(well.get("Column", 0))
            letters = row_name(row) if plate.get("RowNamingConvention") != "number" else str(row + 1)
            place = f"{letters}{column + 1}" if letters.isalpha() else f"{letters}-{column + 1}"
            for site, sample in enumerate(well.findall("{*}WellSample")):
                for image in sample.findall("{*}ImageRef"):
                    found[image.get("ID", "")] = {"plate": name, "well": place, "site": str(site)}
    return found


def row_name(row: int) -> str:
    """The letters of a row of a plate, from 0.

    Example:
        >>> row_name(0), row_name(25), row_name(26), row_name(31)
        ('A', 'Z', 'AA', 'AF')
    """
    return (row_name(row // 26 - 1) if row >= 26 else "") + chr(ord("A") + row % 26)  # letters
