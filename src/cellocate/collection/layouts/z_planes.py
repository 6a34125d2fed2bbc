"""Which plane is read of z stacks, in whatever layout they lie."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cellocate.collection.collection import Collection
from cellocate.errors import CellocateError
from cellocate.images.address import Address, Projection, suffix
from cellocate.images.read_stacks import describe


def with_z_plane(collection: Collection, z: int | Projection | None) -> Collection:
    """The collection with the plane that is asked for in the address of each z stack.

    Files of one channel are not opened for this, but for the first: where it is a z stack, the others are read as such
    as well, by their maximum.

    Args:
        collection: whose addresses may say something else.
        z: the number of a plane from 0, or "max" or "mean" of all; None leaves addresses as they are.
    """
    notes = collection.notes
    if z is None:
        if (planes := _planes(_first(collection))) < 2:  # one plane is no stack
            return collection
        z, notes = "max", (*notes, f"z stacks, the first of {planes} planes: each became its maximum (--z for another)")
    fields = collection.fields.copy()
    for channel in collection.channels:
        fields[channel] = [_at(file, z) for file in fields[channel]]
    return replace(collection, fields=fields, notes=notes)


def _at(file: str | None, z: int | Projection) -> str | None:
    if file is None or pd.isna(file):
        return None
    address = Address.parse(file)
    alone = address.channel is None and suffix(address.file).startswith(".tif")
    return str(replace(address, z=z)) if alone or address.z is not None else file


def _first(collection: Collection) -> Address | None:
    """Where the first field has its first channel, if that is a TIFF of which no plane is named."""
    if not collection.channels:
        return None
    address = Address.parse(collection.fields[collection.channels[0]].dropna().iloc[0])
    named = address.channel is not None or address.z is not None
    return None if named or not suffix(address.file).startswith(".tif") else address


def _planes(address: Address | None) -> int:
    """How many planes along z a file says that it has; 1 of what cannot be described, which is found out later."""
    if address is None:
        return 1
    try:
        stacks = describe(address.file)
    except (CellocateError, OSError):
        return 1
    return stacks[0].planes if len(stacks) == 1 and stacks[0].understood() else 1
