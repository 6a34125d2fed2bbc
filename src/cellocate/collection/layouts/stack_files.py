"""The layout `stacks`: files with all channels of a field, as OME-TIFF, OME-Zarr, ImageJ or microscope formats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cellocate.collection.channels import ChannelChoices, assign, format_pairs
from cellocate.collection.channels.stain_names import STAINS
from cellocate.collection.collection import Problem
from cellocate.collection.collection_yaml import FolderSettings
from cellocate.collection.layouts import channel_files
from cellocate.collection.layouts.derived_images import is_derived_from
from cellocate.collection.layouts.fields_in_file import FieldInFile, field_id, fields_of
from cellocate.collection.layouts.file_pixel_sizes import stretched_pixels_error, unusable_size_error
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.collection.layouts.register_layout import is_one_file, layout
from cellocate.collection.layouts.stack_tally import StackTally
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images.address import Address, is_tiff, suffix
from cellocate.images.image_files import unreadable
from cellocate.images.ome_zarr import container, is_zarr
from cellocate.images.read_stacks import describe, unclear
from cellocate.images.stack import MICROSCOPES, Stack

_SURELY = (".zarr", *MICROSCOPES)
_OF_COLOURS = {"blue": 2, "green": 1, "red": 0}
_OME = (".ome.tif", ".ome.tiff", ".ome.tif.gz", ".ome.tiff.gz", ".companion.ome")


def _among_channels(place: Path, found: Mapping[str, FoundFields]) -> bool:
    return "folder" in found and channel_files.has_stacks(place, found["folder"])


@layout("stacks", also_fits=_among_channels)
def find(place: Path, reading: FolderSettings) -> FoundFields | None:
    """Find the files of several channels at or in `place`; None if there are none.

    Channel numbers from the user count channels within files, even in files of one channel.

    Raises:
        CellocateError: nothing shows which channel is which.
    """
    if is_one_file(place):
        return describe_one(place, reading) if is_stack_file(place) else None
    paths = candidates(place)
    ids = {field_id(path) for path in paths}
    described = dict(zip(paths, _described(paths), strict=True))
    derived = [p for p, found in described.items() if is_derived_from(field_id(p), ids) and not _names_channels(found)]
    for path in derived:
        del described[path]
    numbered = bool(described) and bool(reading.channels) and all(isinstance(n, int) for n in reading.channels.values())
    if not (numbered or any(_surely(path) or _is_stack(images) for path, images in described.items())):
        return None
    found = _found([(field_id(path), path) for path in described], list(described.values()), reading, place, {})
    if derived:
        what = "is not read as a field: its name is that of a mask or picture of another file"
        found.notes.append(f"{derived[0].name} {what} ({counted(len(derived), 'such file')})")
    return found


def candidates(place: Path) -> list[Path]:
    """Files and folders in `place` that may hold several channels."""
    with os.scandir(place) as entries:
        paths = [place / entry.name for entry in entries if not entry.name.startswith(".")]
    return sorted(path for path in paths if is_tiff(path) or _surely(path) or is_zarr(path))


def has_stack_files(place: Path) -> bool:
    """Whether a folder has files that can only be stacks."""
    return any(_surely(path) or is_zarr(path) for path in place.iterdir() if not path.name.startswith("."))


def describe_all(
    files: Iterable[tuple[str, Path]],
    reading: FolderSettings,
    place: Path,
    metadata: Mapping[str, Mapping[str, object]] | None = None,
) -> FoundFields:
    """Read images, channels and pixel size from each file's header.

    Args:
        files: id and path of each file.
        reading: the user's settings.
        place: folder of the files.
        metadata: metadata of each file, by id.

    Raises:
        CellocateError: nothing shows which channel is which in any readable file.
    """
    named = list(files)
    return _found(named, _described([path for _, path in named]), reading, place, metadata or {})


def describe_one(path: Path, reading: FolderSettings) -> FoundFields:
    """Describe one file, or the folder of a Zarr image, plate, well or field.

    Raises:
        CellocateError: it cannot be read, or nothing shows which channel is which.
    """
    holder = container(path)
    described = _describe(holder)
    if holder != path and not isinstance(described, CellocateError):
        inside = tuple(image for image in described if path in (image.file, *image.file.parents))
        described = inside or _describe(path)
    return _found([(field_id(holder), path)], [described], reading, path.parent, {})


def opening_error(path: Path) -> CellocateError | None:
    """Why a file cannot be opened; None if it can."""
    images = _describe(path)
    return images if isinstance(images, CellocateError) else None


def is_stack_file(path: Path) -> bool:
    """Whether a file (or Zarr folder) may hold several channels."""
    return is_zarr(path) or (path.is_file() and (is_tiff(path) or _surely(path)))


def _found(
    named: Sequence[tuple[str, Path]],
    described: Sequence[Sequence[Stack] | CellocateError],
    reading: FolderSettings,
    place: Path,
    metadata: Mapping[str, Mapping[str, object]],
) -> FoundFields:
    """The fields of each file; unreadable and odd files become problems of their ids."""
    found, tally = FoundFields(), StackTally()
    refused: list[tuple[int, CellocateError]] = []
    for base, path, images in _once(named, described):
        if isinstance(images, CellocateError):
            found.fail(base, images)
            continue
        meant = [_meant(image, reading) for image in images]
        tally.count(meant)
        for part in fields_of(base, meant, metadata.get(base, {})):
            try:
                _add(found, part, reading, path)
            except CellocateError as error:
                found.fail(part.id, error)
                refused.append((len(part.stack.names), error))
    if refused and not any(found.by_id.values()):
        raise max(refused, key=lambda x: x[0])[1]  # the file with most channels explains most
    readable = [images for images in described if not isinstance(images, CellocateError)]
    members = {member for images in readable for image in images for member in image.members}
    found.seen = frozenset(map(str, {path for _, path in named} | members))
    found.because = tally.because(place)
    found.notes += tally.notes(projected=reading.z is None)
    return found


def _once(
    named: Sequence[tuple[str, Path]], described: Sequence[Sequence[Stack] | CellocateError]
) -> Iterator[tuple[str, Path, Sequence[Stack] | CellocateError]]:
    """Each file with its images; of a set of files only the first, whose metadata describe all."""
    members: set[Path] = set()
    files = [(base, path, images) for (base, path), images in zip(named, described, strict=True)]
    for base, path, images in sorted(files, key=lambda file: not _others(file[1], file[2])):
        if path not in members:
            members |= _others(path, images)
            yield base, path, images


def _others(path: Path, images: Sequence[Stack] | CellocateError) -> set[Path]:
    if isinstance(images, CellocateError):
        return set()
    return {member for image in images for member in image.members} - {path}


def _meant(image: Stack, reading: FolderSettings) -> Stack:
    """The image with the user's axes, or with slices as channels if the channel numbers require that."""
    try:
        if reading.axes is not None:
            return image.with_axes(reading.axes)
        if not image.understood():
            raise unclear(image)
    except CellocateError as error:
        return replace(image, faults={None: error, **image.faults})
    several = [axis for axis in "ZT" if axis in image.axes]
    highest = max((int(name) for name in map(str, reading.channels.values()) if name.isdecimal()), default=0)
    if len(image.names) == 1 and len(several) == 1 and 0 < highest < max(image.planes, image.times):
        return image.with_axes(image.axes.replace(several[0], "C"))
    return image


def _add(found: FoundFields, part: FieldInFile, reading: FolderSettings, path: Path) -> None:
    """Add one field.

    Raises:
        CellocateError: it cannot be read, or its channels are unclear.
    """
    stack, z = part.stack, reading.z
    if fault := stack.faults.get(None) or stack.faults.get(part.time or 0):
        raise fault
    if reading.pixel_size is None and (fault := stretched_pixels_error(stack.size, path)):
        raise fault
    if isinstance(z, int) and z >= stack.planes:
        what = f"no plane {z}: there are {stack.planes}, counted from 0"
        raise CellocateError(what, where=path, mend="Choose one of these with --z.")
    if not reading.channels and (error := _slices(stack, path)):
        raise error
    axes = stack.axes if stack.renamed else None
    z = None if stack.planes == 1 else "max" if z is None else z
    choices = ChannelChoices(stack.names, path)
    places = assign(choices, reading.channels)
    found.record_channels(choices, places)
    for channel, index in places.items():
        address = Address(stack.file, index, z, stack.series, part.time, axes)
        found.add(part.id, channel, str(address))
    bits = {} if stack.bits in (None, 16) else {"bits": stack.bits}
    found.metadata[part.id] = {**part.metadata, **bits}
    if reading.pixel_size is None and (doubt := unusable_size_error(stack.size, path)):
        found.problems.append(Problem(part.id, "files", doubt, "warning"))


def _slices(stack: Stack, path: Path) -> CellocateError | None:
    """The error for an image whose channels may have been saved as colours, slices or time points."""
    last = stack.axes[-1] in "SC"
    if len(stack.names) > 1 and last and not any(stack.names):
        what = f"the last axis may be {len(stack.names)} channels or the colours of a picture"
        in_colour = len(stack.names) == len(_OF_COLOURS)
        example = _OF_COLOURS if in_colour else dict(zip(STAINS, range(len(stack.names)), strict=False))
        mend = f"Say which channel is which, such as --channels {format_pairs(example)}."
        return CellocateError(what, where=path, mend=mend)
    words = [word for axis, word in (("Z", "slices"), ("T", "time points")) if axis in stack.axes]
    if len(stack.names) > 1 or any(stack.names) or not words:
        return None
    if len(words) > 1:
        axes = stack.axes.replace("Z", "C")
        what = f"{stack.planes} slices of {stack.times} time points, and no channels"
        mend = f"If the slices are channels, write axes: {axes} into collection.yaml; "
    else:
        what = f"{stack.planes * stack.times} {words[0]} and one channel: they may be channels saved as {words[0]}"
        example = dict(zip(STAINS, range(max(stack.planes, stack.times)), strict=False))
        mend = f"If they are, say which is which, in the order of yours: --channels {format_pairs(example)}; "
    mend += "if there is one channel, name it: --channels protein=0."
    return CellocateError(what, where=path, mend=mend, kind="slices or time points that may be channels")


def _described(paths: Sequence[Path]) -> list[Sequence[Stack] | CellocateError]:
    """The images of each file; none of a file that belongs to another's set."""
    members: set[Path] = set()

    def describe_once(path: Path) -> Sequence[Stack] | CellocateError:
        images = () if path in members else _describe(path)
        members.update(_others(path, images))
        return images

    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(describe_once, paths))


def _describe(path: Path) -> Sequence[Stack] | CellocateError:
    try:
        return describe(path)
    except CellocateError as error:
        return error
    except OSError as error:
        return unreadable(path, error)


def _is_stack(images: Sequence[Stack] | CellocateError) -> bool:
    if isinstance(images, CellocateError):
        return False
    return len(images) > 1 or any(len(image.names) > 1 or len(image.shape) > len("YX") for image in images)


def _names_channels(images: Sequence[Stack] | CellocateError) -> bool:
    """Whether a file names its channels; masks and colour pictures do not."""
    return not isinstance(images, CellocateError) and any(len(image.names) > 1 and any(image.names) for image in images)


def _surely(path: Path) -> bool:
    return suffix(path) in _SURELY or path.name.lower().endswith(_OME)
