"""The type of layouts, and the decorator that registers one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cellocate.collection.collection_yaml import FolderSettings
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.images.ome_zarr import is_zarr
from cellocate.registry import LAYOUTS

Find = Callable[[Path, FolderSettings], FoundFields | None]
AlsoFits = Callable[[Path, Mapping[str, FoundFields]], bool]


@dataclass(frozen=True)
class Layout:
    """A way to find the fields of a folder.

    Attributes:
        find: folder (or single file), and the user's settings → the fields; None if it is of another layout.
        also_fits: whether it may be meant although earlier layouts fit, given the place and their fields by name.
    """

    find: Find
    also_fits: AlsoFits


def layout(name: str, *, also_fits: AlsoFits = lambda _, __: False) -> Callable[[Find], Find]:
    """Register the decorated function as the layout `name`; see `Layout.find`."""

    def register(find: Find) -> Find:
        LAYOUTS.add(name, Layout(find, also_fits), find)
        return find

    return register


def is_one_file(path: Path) -> bool:
    """Whether a path is one file, or the folder of an OME-Zarr image or plate."""
    return path.is_file() or is_zarr(path)
