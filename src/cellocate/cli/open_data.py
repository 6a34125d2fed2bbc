"""Open the images that a command is given, and print how they were read and what was left out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from cellocate.cli.console import note
from cellocate.cli.options import Images
from cellocate.counted import counted
from cellocate.errors import CellocateError

if TYPE_CHECKING:
    from cellocate.collection import Collection
    from cellocate.images.address import Projection
    from cellocate.networks import Model


def open_data(data: Path, images: Images, *, announce: bool = True) -> Collection:
    """Open a collection, and print how it is read: one line (with `announce`), and notes on what was assumed.

    Raises:
        CellocateError: an option cannot be understood, or `data` cannot be read.
        UnclearChannelsError: the names do not tell which channel is which; its message has the command to type.
    """
    from cellocate.collection import open_collection
    from cellocate.collection.channels import UnclearChannelsError, describe_channels, parse_pairs

    try:
        collection = open_collection(
            data,
            labels=images.labels,
            vocabulary=images.vocabulary,
            pixel_size=images.pixel_size,
            channels=parse_pairs(images.channels, "--channels") if images.channels else None,
            z=parse_plane(images.z),
        )
    except UnclearChannelsError as unclear:
        raise UnclearChannelsError(unclear.choices, shlex.join(["cellocate", *sys.argv[1:]])) from None
    if announce:
        which = describe_channels(collection.stains) or ", ".join(collection.channels)
        text = f"reading {counted(len(collection), collection.unit)}: {collection.because}{which and f'; {which}'}"
        print(" ".join(text.split()), file=sys.stderr)
    note(*collection.notes)
    return collection


def require_paths(*paths: Path | None) -> None:
    """Raise a `CellocateError` if a file or folder to be read does not exist; None stands for an option not given."""
    for path in paths:
        if path is not None and not path.exists():
            raise CellocateError("no such file or folder", where=path, mend="Check the name.")


def with_known_depth(collection: Collection) -> Collection:
    """Find out how many bits the pixels have, and print what had to be assumed."""
    from cellocate.collection.camera_depth import with_depth

    collection, notes = with_depth(collection)
    note(*notes)
    return collection


def usable_fields(collection: Collection, channels: Sequence[str], *, labelled: bool, skip_bad: bool) -> Collection:
    """Keep the fields that have all of these channels and, with `labelled`, labels; notes name those left out.

    Raises:
        CellocateError: the collection lacks a channel or labels; a field is faulty and `skip_bad` is not set.
    """
    from cellocate import collection as room

    collection, inspection = room.usable_fields(collection, channels, labelled=labelled, skip_bad=skip_bad)
    if inspection.problems:
        note(room.describe_skipped(inspection.problems, inspection.unit))
    note(*inspection.notes)
    return collection


def fields_for(model: Model, collection: Collection, *, skip_bad: bool, also: Sequence[str] = ()) -> Collection:
    """Keep the fields that a model can predict; notes name those left out, then `also`, then what is assumed.

    Raises:
        CellocateError: the collection lacks a channel of the model's; a field is faulty and `skip_bad` is not set.
    """
    from cellocate.networks.model_card import with_blank_landmarks
    from cellocate.prediction import assumptions

    collection = with_blank_landmarks(collection, [model.card])
    collection = usable_fields(collection, model.card.channels, labelled=False, skip_bad=skip_bad)
    note(*also, *assumptions(model, collection))
    return collection


def parse_plane(text: str | None) -> int | Projection | None:
    """Parse --z: the number of a plane, "max" or "mean".

    Raises:
        CellocateError: it is neither a number nor one of the words.
    """
    from cellocate.images.address import Projection

    if text is None or text in get_args(Projection):
        return cast("Projection | None", text)
    if text.isdigit():
        return int(text)
    raise CellocateError(f"no plane {text!r}", where="--z", mend="Give its number, from 0, or max or mean.")
