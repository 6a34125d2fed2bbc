"""Choose the plane of z stacks, in any layout."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cellocate.collection.collection import Collection
from cellocate.errors import CellocateError
from cellocate.images.address import Address, Projection, is_tiff
from cellocate.images.read_stacks import describe


def with_z_plane(collection: Collection, z: int | Projection | None) -> Collection:
    """Set the plane in the address of each z stack.

    Of single-channel files only the first is opened: if it is a z stack, all are read as stacks, by their maximum.

    Args:
        collection: its addresses may name other planes.
        z: number of a plane from 0, or "max" or "mean" of all; None leaves addresses as they are.
    """
    notes = collection.notes
    if z is None:
        if (planes := _planes(_first(collection))) < 2:  # one plane is no stack
            return collection
        note = f"z stacks, the first of {planes} planes: the maximum of each is used (--z chooses another)"
        z, notes = "max", (*notes, note)
    fields = collection.fields.copy()
    for channel in collection.channels:
        fields[channel] = [_at(file, z) for file in fields[channel]]
    return replace(collection, fields=fields, notes=notes)


def _at(file: str | None, z: int | Projection) -> str | None:
    if file is None or pd.isna(file):
        return None
    address = Address.parse(file)
    one_channel = address.channel is None and is_tiff(address.file)
    return str(replace(address, z=z)) if one_channel or address.z is not None else file


def _first(collection: Collection) -> Address | None:
    """The address of the first field's first channel, if it is a TIFF and names no plane."""
    if not collection.channels:
        return None
    address = Address.parse(collection.fields[collection.channels[0]].dropna().iloc[0])
    named = address.channel is not None or address.z is not None
    return None if named or not is_tiff(address.file) else address


def _planes(address: Address | None) -> int:
    """Number of z planes in a file; 1 if it cannot be described (reading it will report that)."""
    if address is None:
        return 1
    try:
        stacks = describe(address.file)
    except (CellocateError, OSError):
        return 1
    return stacks[0].planes if len(stacks) == 1 and stacks[0].understood() else 1
