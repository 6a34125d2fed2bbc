"""The manifest of a download: path, address, size and checksum of each file, written as files arrive."""

from __future__ import annotations

import csv
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cellocate.files import sha256

NAME = "manifest.csv"
_COLUMNS = ("path", "address", "bytes", "sha256")


@dataclass
class Manifest:
    """The files of a download in `manifest.csv` in its folder. A line that a kill cut short is ignored."""

    folder: Path
    _sizes: dict[str, int] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        """Read the file, and remove an incomplete last line."""
        path = self.folder / NAME
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        whole = text[: text.rfind("\n") + 1] or ",".join(_COLUMNS) + "\n"
        for row in csv.reader(whole.splitlines()[1:]):
            if len(row) == len(_COLUMNS) and row[2].isdigit():
                self._sizes[row[0]] = int(row[2])
        if whole != text:
            path.write_text(whole, encoding="utf-8")

    def holds(self, path: str) -> bool:
        """Whether the file at this relative path was fetched and still has its size."""
        try:
            return path in self._sizes and (self.folder / path).stat().st_size == self._sizes[path]
        except OSError:
            return False

    def add(self, path: str, address: str) -> None:
        """Add a complete file."""
        digest = sha256(self.folder / path)
        size = (self.folder / path).stat().st_size
        with self._lock, (self.folder / NAME).open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow((path, address, size, digest))
            self._sizes[path] = size
