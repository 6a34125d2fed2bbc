"""TIFF files with OME metadata of one image, many images or a plate, in one file or a set of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.ome_xml import OWN, OmeImage, elsewhere, read_ome
from cellocate.images.stack import LARGEST, Index, Stack, squeezed
from cellocate.images.tiff import CutShortError, check_complete, decoded, opened

COMPANIONS = (".ome", ".xml")
"""Suffixes of files with the metadata of TIFFs next to them, such as `x.companion.ome`."""


def describe(path: Path, tiff: tifffile.TiffFile | None = None) -> tuple[Stack, ...]:
    """Describe the images of the OME metadata in a file; none if there are none.

    Args:
        path: path of the file.
        tiff: the opened file; None for a companion, which holds no planes.

    Raises:
        OSError: it is cut short or damaged.
        CellocateError: the metadata belong to another image, or give one page to two planes.
    """
    images = _parsed(str(tiff.ome_metadata) if tiff is not None else _companion(path))
    if tiff is None and not images:
        raise OSError("damaged: metadata of no image")
    if _shared(images):
        what = "OME metadata that give one page to two planes"
        raise CellocateError(what, where=path, mend="Save each image in a separate file.")
    places = _places(images, path, has_planes=tiff is not None)
    gone = _gone(images, path, places)
    stacks = [
        _stack(image, path, tiff, places, number if len(images) > 1 else None)
        for number, image in enumerate(images)
        if number not in gone
    ]
    return tuple(replace(stack, left_out=images[gone[0]].files[0]) if gone else stack for stack in stacks)


def holder(xml: str, path: Path) -> Path | None:
    """The file with the OME metadata of the file at `path`, if `xml` only names that file.

    Raises:
        OSError: the metadata are damaged.
        CellocateError: there is no such file.
    """
    try:
        name = elsewhere(xml)
    except ElementTree.ParseError as error:
        raise OSError(f"damaged: {type(error).__name__}") from None
    if name is None:
        return None
    place = _beside(path, name)
    if not place.is_file() or place == path:
        what = f"{name or 'a file'} with the OME metadata is missing"
        raise CellocateError(what, where=path, mend="Copy it into the folder of the others.")
    return place


def image_of(stack: Stack) -> OmeImage | None:
    """The OME metadata of an image; None if it has none."""
    state = stack.file.stat()
    images = _images(stack.file, state.st_mtime_ns, state.st_size)
    return images[stack.series or 0] if images else None


def check_members(stack: Stack, indices: Sequence[Index]) -> None:
    """Check that the files of a set that hold planes are complete.

    Raises:
        OSError: one is missing, cut short or damaged, or lacks a page.
    """
    if len(stack.members) > 1 and (image := image_of(stack)) is not None:
        for file, pages in _by_file(image, stack, indices):
            with opened(file) as tiff:
                check_complete(tiff)
                for page, _ in pages:
                    _checked_page(image, tiff, page, file)


def planes(image: OmeImage, stack: Stack, indices: Sequence[Index]) -> Iterator[NDArray[Any]]:
    """Read planes of one image, each (H, W); no other plane is decoded.

    Raises:
        OSError: a file is missing, cut short or damaged, or lacks a page.
        CellocateError: the user's axes differ from the file's.
    """
    for file, run in _by_file(image, stack, indices):
        with opened(file) as tiff:
            for number, sample in run:
                _checked_page(image, tiff, number, file)
                page: Any = tiff.pages[number]
                pixels = decoded(page)
                yield pixels[sample] if page.axes == "SYX" else pixels[..., sample] if page.axes == "YXS" else pixels


def _companion(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(LARGEST)
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OSError("damaged: no text") from None


@lru_cache(maxsize=4)
def _parsed(xml: str) -> tuple[OmeImage, ...]:
    try:
        return read_ome(xml)
    except (ElementTree.ParseError, ValueError) as error:
        raise OSError(f"damaged: {type(error).__name__}") from None


def _places(images: Sequence[OmeImage], path: Path, *, has_planes: bool) -> dict[str, Path]:
    """The path of each file of a set. If a renamed file refers to a single file, it is that file."""
    names = {name for image in images for name in image.files}
    places = {name: _beside(path, name) for name in names}
    if has_planes and len(names) == 1 and not any(place.is_file() for place in places.values()):
        return dict.fromkeys(names, path)
    return places


def _gone(images: Sequence[OmeImage], path: Path, places: Mapping[str, Path]) -> list[int]:
    """Images without any file, if the file itself was renamed: the others were probably renamed too."""
    if all(image.own_name in ("", path.name) for image in images):
        return []
    return [number for number, image in enumerate(images) if not any(places[name].is_file() for name in image.files)]


def _stack(
    image: OmeImage, path: Path, tiff: tifffile.TiffFile | None, places: Mapping[str, Path], number: int | None
) -> Stack:
    axes, shape = squeezed(image.axes, image.shape)
    files = [places[name] for name in image.files]
    faults = _missing(image, files, path)
    kind = image.kind
    if path in files and tiff is not None:
        own = image.pages[..., 1][image.pages[..., 0] == files.index(path)]
        if own.max(initial=-1) >= len(tiff.pages):
            raise CutShortError()
        kind = _checked_page(image, tiff, int(own[0]) if len(own) else 0, path)
    if image.modulo:
        what = "an axis that stands for several, such as angles or lifetimes (ModuloAlong in its metadata)"
        faults[None] = CellocateError(what, where=path, mend="Save it with the axes time, channel, z, y and x.")
    return Stack(
        names=image.names,
        axes=axes,
        shape=shape,
        kind=kind,
        size=image.size,
        file=path,
        series=number,
        name=image.name,
        metadata=image.metadata,
        members=tuple(files),
        faults=faults,
        bits=image.bits,
    )


def _checked_page(image: OmeImage, tiff: tifffile.TiffFile, number: int, path: Path) -> str:
    """Check that an image's page has the size in the metadata; return the type of its pixels."""
    try:
        page: Any = tiff.pages[number]
        size, kind = (int(page.imagelength), int(page.imagewidth)), str(page.dtype)
    except IndexError:
        raise CutShortError() from None
    except Exception as error:  # noqa: BLE001 # a damaged file can break any of it
        raise OSError(f"damaged: {type(error).__name__}") from None
    if size[0] * size[1] > LARGEST:
        raise OSError("damaged: an impossible size")
    if size != image.shape[-2:] or page.samplesperpixel != image.samples:
        stated = f"{image.shape[-1]}×{image.shape[-2]} px with {image.samples} samples"
        what = f"OME metadata of another image ({stated}; the page has {size[1]}×{size[0]} and {page.samplesperpixel})"
        mend = "Save it again without the old metadata."
        raise CellocateError(what, where=path, mend=mend, kind="OME metadata of another image")
    return kind


def _beside(path: Path, name: str) -> Path:
    if name in (OWN, path.name):
        return path
    try:
        place = path.with_name(Path(name.replace("\\", "/")).name)
        place.is_file()
    except ValueError:  # not a file name
        raise OSError("damaged: the name of a file") from None
    return place


def _missing(image: OmeImage, files: Sequence[Path], path: Path) -> dict[int | None, CellocateError]:
    """Errors of time points with a missing plane: no file, or no entry in the metadata."""
    lacking = [number for number, file in enumerate(files) if file != path and not file.is_file()]
    wrong = np.isin(image.pages[..., 0], [-1, *lacking])
    found: dict[int | None, CellocateError] = {}
    for time in np.flatnonzero(wrong.any(axis=(1, 2))):
        channel, z = np.argwhere(wrong[time])[0]
        of = f"channel {channel * image.samples}" + (f", plane {z}" if image.shape[2] > 1 else "")
        number = int(image.pages[time, channel, z, 0])
        if number < 0:
            kind, what = "a plane is missing", f"a plane is missing ({of}): the OME metadata name no file for it"
            mend = "Leave it out."
        else:
            kind, what = "a file of planes is missing", f"{files[number].name} with {of} is missing"
            mend = "Copy it into the folder of the others."
        found[int(time)] = CellocateError(what, where=path, mend=mend, kind=kind)
    return found


def _shared(images: Sequence[OmeImage]) -> bool:
    pages: dict[str, list[NDArray[np.int32]]] = {}
    for image in images:
        for number, name in enumerate(image.files):
            pages.setdefault(name, []).append(image.pages[..., 1][image.pages[..., 0] == number])
    return any(len(np.unique(all_)) < len(all_) for all_ in map(np.concatenate, pages.values()))


@lru_cache(maxsize=16)
def _images(path: Path, changed: int, size: int) -> tuple[OmeImage, ...]:
    """The images of a file's OME metadata, read again when it changes; those of a plate take a second."""
    if path.suffix.lower() in COMPANIONS:
        return _parsed(_companion(path))
    with opened(path) as tiff:
        return _parsed(tiff.ome_metadata) if tiff.ome_metadata else ()


def _by_file(
    image: OmeImage, stack: Stack, indices: Sequence[Index]
) -> Iterator[tuple[Path, list[tuple[int, int | slice]]]]:
    for file, run in groupby((_page(image, stack, index) for index in indices), key=lambda place: place[0]):
        yield file, [(page, sample) for _, page, sample in run]


def _page(image: OmeImage, stack: Stack, index: Index) -> tuple[Path, int, int | slice]:
    place = dict(zip(stack.axes, index, strict=True))
    t, c, z = (place.get(axis, 0) for axis in "TCZ")
    if isinstance(t, slice) or isinstance(c, slice) or isinstance(z, slice):
        what = f"axes other than {stack.axes} in an OME-TIFF, where Y and X come last"
        raise CellocateError(what, where=stack.file, mend="Correct axes in collection.yaml.")
    file, page = image.pages[t, c // image.samples, z]
    if file < 0:
        raise OSError("a plane is missing")
    return stack.members[file], int(page), c % image.samples
