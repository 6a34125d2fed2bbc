"""A layout: how the fields of a folder are found; `layout` registers one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cellocate.collection.collection_yaml import Reading
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.images.ome_zarr import is_zarr
from cellocate.registry import LAYOUTS

Find = Callable[[Path, Reading], FoundFields | None]
AlsoFits = Callable[[Path, Mapping[str, FoundFields]], bool]


@dataclass(frozen=True)
class Layout:
    """How the fields of a folder are found.

    Attributes:
        find: a folder, or a file that is opened alone, and what the user says of it → the fields that are there; None
            where it is of another layout.
        also_fits: whether it may be meant although earlier ones fit: the place, and what these found by name.
    """

    find: Find
    also_fits: AlsoFits


def layout(name: str, *, also_fits: AlsoFits = lambda _, __: False) -> Callable[[Find], Find]:
    """Register the decorated function as the layout `name`; see `Layout.find`."""

    def register(find: Find) -> Find:
        LAYOUTS.add(name, Layout(find, also_fits))
        return find

    return register


def is_one_file(path: Path) -> bool:
    """Whether a path is one file, or the folder that an image or a plate in OME-Zarr is."""
    return path.is_file() or is_zarr(path)
