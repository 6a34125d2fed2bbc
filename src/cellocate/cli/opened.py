"""Open the images that a command is given, and say how they were read."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from cellocate.cli.console import note
from cellocate.counted import counted
from cellocate.errors import CellocateError

if TYPE_CHECKING:
    from cellocate.collection import Collection
    from cellocate.images.address import Projection


def open_data(
    data: Path,
    *,
    labels: Path | None = None,
    vocabulary: str | None = None,
    pixel_size: float | None = None,
    channels: Sequence[str] | None = None,
    z: str | None = None,
    announced: bool = True,
) -> Collection:
    """Open `data` as the options of a command say, and print in a line what is read, and what had to be assumed.

    Args:
        data: a folder, a file of several channels, a table or a store.
        labels: the file of --labels.
        vocabulary: the name of --vocabulary.
        pixel_size: --pixel-size, µm per px.
        channels: each --channels as typed, such as `nucleus=DAPI,protein=AF488`.
        z: --z as typed: the number of a plane, "max" or "mean".
        announced: whether to print that line.

    Raises:
        CellocateError: an option cannot be understood, or `data` cannot be read.
        UnclearChannelsError: it is unclear which channel is which; it shows the command to type.
    """
    from cellocate.collection import open_collection
    from cellocate.collection.channels import UnclearChannelsError, parse_pairs

    named = parse_pairs(channels, "--channels") if channels else None
    try:
        collection = open_collection(
            data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=named, z=read_plane(z)
        )
    except UnclearChannelsError as unclear:
        raise UnclearChannelsError(unclear.choices, shlex.join(["cellocate", *sys.argv[1:]])) from None
    if announced:
        print(_reading(collection), file=sys.stderr)
    for text in collection.notes:
        note(text)
    return collection


def require_paths(*paths: Path | None) -> None:
    """Raise a `CellocateError` where a file or folder that is to be read is not there; None is one not asked for."""
    for path in paths:
        if path is not None and not path.exists():
            raise CellocateError("no such file or folder", where=path, mend="Check the name.")


def of_known_depth(collection: Collection) -> Collection:
    """The collection with the depth of its files known, and print what had to be assumed."""
    from cellocate.collection.depth import with_depth

    collection, notes = with_depth(collection)
    for text in notes:
        note(text)
    return collection


def read_plane(said: str | None) -> int | Projection | None:
    """--z as `open_collection` takes it.

    Raises:
        CellocateError: it is neither a number nor one of the words.
    """
    from cellocate.images.address import Projection

    if said is None or said in get_args(Projection):
        return cast("Projection | None", said)
    if said.isdigit():
        return int(said)
    raise CellocateError(f"no plane {said!r}", where="--z", mend="Give its number, from 0, or max or mean.")


def _reading(collection: Collection) -> str:
    """What is read, in a line: how many fields, from what, and which channel was taken for which."""
    from cellocate.collection.channels import describe_channels

    which = describe_channels(collection.stains) or ", ".join(collection.channels)
    text = f"reading {counted(len(collection), collection.unit)}: {collection.because}{which and f'; {which}'}"
    return " ".join(text.split())
