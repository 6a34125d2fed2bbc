"""A layout: how the fields of a folder are found; `layout` registers one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cellocate.collection.collection_yaml import FolderSettings
from cellocate.collection.layouts.found import Found
from cellocate.images.zarrs import is_zarr
from cellocate.registry import LAYOUTS

Find = Callable[[Path, FolderSettings], Found | None]
Beside = Callable[[Path, Mapping[str, Found]], bool]


@dataclass(frozen=True)
class Layout:
    """How the fields of a folder are found.

    Attributes:
        find: a folder, or a file that is opened alone, and what the user says of it → the fields that are there; None
            where it is of another layout.
        beside: whether it may be meant although earlier ones fit: the place, and what these found by name.
    """

    find: Find
    beside: Beside


def layout(name: str, *, beside: Beside = lambda _, __: False) -> Callable[[Find], Find]:
    """Register the decorated function as the layout `name`; see `Layout.find`."""

    def register(find: Find) -> Find:
        LAYOUTS.add(name, Layout(find, beside))
        return find

    return register


def opened_alone(path: Path) -> bool:
    """Whether a path is one file, or the folder that an image or a plate in OME-Zarr is."""
    return path.is_file() or is_zarr(path)
