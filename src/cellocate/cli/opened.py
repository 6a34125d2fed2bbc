"""Open the images that a command is given, and say how they were read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from cellocate.cli.console import note
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
) -> Collection:
    """Open `data` as the options of a command say, and print what had to be assumed.

    Args:
        data: a folder, a file of several channels, a table or a store.
        labels: the file of --labels.
        vocabulary: the name of --vocabulary.
        pixel_size: --pixel-size, µm per px.
        channels: each --channels as typed, such as `nucleus=DAPI,protein=AF488`.
        z: --z as typed: the number of a plane, "max" or "mean".

    Raises:
        CellocateError: an option cannot be understood, or `data` cannot be read.
    """
    from cellocate.collection import open_collection

    collection = open_collection(
        data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=_channels(channels), z=_plane(z)
    )
    for text in collection.notes:
        note(text)
    return collection


def of_known_depth(collection: Collection) -> Collection:
    """The collection with the depth of its files known, and print what had to be assumed."""
    from cellocate.collection.depth import with_depth

    collection, notes = with_depth(collection)
    for text in notes:
        note(text)
    return collection


def _channels(said: Sequence[str] | None) -> dict[str, int | str]:
    """Each --channels, such as `blue=DAPI,green=AF488`, as channel → name."""
    pairs = [pair.partition("=") for text in said or () for pair in text.split(",")]
    return {channel.strip(): name.strip() for channel, _, name in pairs}


def _plane(said: str | None) -> int | Projection | None:
    if said is None or said in get_args(Projection):
        return cast("Projection | None", said)
    if said.isdigit():
        return int(said)
    raise CellocateError(f"no plane {said!r}", where="--z", mend="Give its number, from 0, or max or mean.")
