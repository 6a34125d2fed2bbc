"""Files that a table names → files on disk, whatever system the table was written on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PureWindowsPath

from cellocate.tables import normal

_Names = dict[str, str]


class Places:
    """Where the files that a table names are, looked for from its folder.

    Args:
        folder: of the table.
    """

    def __init__(self, folder: Path) -> None:
        self._start = str(folder)
        self._names = cache(_names)

    def find(self, name: str) -> str:
        r"""The path of a file that is named from the folder on, or absolutely.

        A backslash may stand for `/`. Of an absolute path of a Windows computer, such as
        `C:\images\a.png`, the last parts are looked for in the folder. Letters may be in another normal form on
        disk. What cannot be found is given as it is written.
        """
        there = os.path.join(self._start, name)  # noqa: PTH118 # pathlib takes seconds for a million
        if (name.isascii() and "\\" not in name) or os.path.lexists(there):
            return there
        file, separator, planes = name.partition("::")
        found = (self._on_disk(way) for way in _ways(file))
        return next((f"{path}{separator}{planes}" for path in found if path is not None), there)

    def _on_disk(self, way: str) -> str | None:
        """The file at a way from the folder, each of whose parts may be in another normal form."""
        here = "/" if way.startswith("/") else self._start
        for part in filter(None, way.split("/")):
            step = os.path.join(here, part)  # noqa: PTH118
            if not os.path.lexists(step):
                own = self._names(here).get(normal(part))
                if own is None:
                    return None
                step = os.path.join(here, own)  # noqa: PTH118
            here = step
        return here


def _ways(name: str) -> Iterator[str]:
    """The ways from the folder that a name may mean, the likeliest first."""
    windows = PureWindowsPath(name)
    parts = windows.parts[1:] if windows.anchor else windows.parts
    if not windows.drive and not name.startswith("\\"):
        yield name.replace("\\", "/")
    else:
        yield from ("/".join(parts[start:]) for start in range(len(parts)))


def _names(folder: str) -> _Names:
    """The names in a folder by their normal form."""
    try:
        return {normal(entry): entry for entry in os.listdir(folder)}  # noqa: PTH208 # text, and a million of it
    except OSError:
        return {}
