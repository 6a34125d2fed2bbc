"""Find the files that a table names on disk, even if the table was written on another system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PureWindowsPath

from cellocate.tables import normalised


class FileFinder:
    """Find files that a table names, starting from its folder."""

    def __init__(self, folder: Path) -> None:
        self._start = str(folder)
        self._names = cache(_names)
        self._root: tuple[str, ...] | None = None  # the Windows folder that `folder` stands for

    def find(self, name: str) -> str:
        r"""The path of a file that is named relative to the folder, or absolutely.

        A backslash may stand for `/`. An absolute Windows path, such as `C:\data\images\a.png`, is matched by its last
        parts; the folder then stands for the same Windows folder (`C:\data`) for all files. Letters may be in another
        Unicode normal form on disk. A name that is not found is returned unchanged.
        """
        there = os.path.join(self._start, name)  # noqa: PTH118 # pathlib takes seconds for a million
        if (name.isascii() and "\\" not in name) or os.path.lexists(there):
            return there
        file, separator, planes = name.partition("::")
        windows = PureWindowsPath(file)
        if windows.drive or file.startswith("\\"):
            path = self._of_windows(windows.parts)
        else:
            path = self._on_disk(file.replace("\\", "/"))
        return there if path is None else f"{path}{separator}{planes}"

    def _of_windows(self, parts: Sequence[str]) -> str | None:
        """The file with the longest matching end of the path, below a Windows root that stays the same."""
        folders = tuple(part.casefold() for part in parts[:-1])
        for length in range(1, len(parts)):
            if self._root in (None, folders[:length]):
                path = self._on_disk("/".join(parts[length:]))
                if path is not None:
                    self._root = folders[:length]
                    return path
        return None

    def _on_disk(self, way: str) -> str | None:
        """The file at a relative path; each part may be in another Unicode normal form on disk."""
        here = "/" if way.startswith("/") else self._start
        for part in filter(None, way.split("/")):
            step = os.path.join(here, part)  # noqa: PTH118
            if not os.path.lexists(step):
                own = self._names(here).get(normalised(part))
                if own is None:
                    return None
                step = os.path.join(here, own)  # noqa: PTH118
            here = step
        return here


def _names(folder: str) -> dict[str, str]:
    try:
        return {normalised(entry): entry for entry in os.listdir(folder)}  # noqa: PTH208 # strings, a million of them
    except OSError:
        return {}
