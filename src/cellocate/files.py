"""Write aside, then rename: a reader never meets a half-written file or folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cellocate.errors import CellocateError


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, which becomes `path` when the block ends well and vanishes otherwise.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with new_file(folder / "a.txt") as aside:
        ...     _ = aside.write_text("whole")
        >>> (folder / "a.txt").read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with new_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


@contextmanager
def new_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes `path` when the block ends well and vanishes otherwise.

    Raises:
        CellocateError: `path` already holds something and `overwrite` is not set.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield aside
        aside.chmod(0o755)  # mkdtemp makes folders that only their owner may read
        if path.is_dir():
            shutil.rmtree(path)
        aside.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_existing_file(path: str | Path, *, overwrite: bool) -> None:
    """Raise a `CellocateError` where the file `path` exists, or a folder of that name, and must not be lost."""
    if Path(path).is_dir():
        raise CellocateError("a folder stands where a file should be written", where=path, mend="Choose another name.")
    if Path(path).exists() and not overwrite:
        raise CellocateError("the file exists", where=path, mend="Choose a new name, or add --overwrite to replace it.")


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise a `CellocateError` where `path` holds something that must not be lost."""
    if path.is_file() and path.parent.is_dir():
        raise CellocateError("a file stands where a folder should be written", where=path, mend="Choose another name.")
    if path.is_dir() and any(path.iterdir()) and not overwrite:
        raise CellocateError(
            "the folder is not empty", where=path, mend="Choose a new one, or add --overwrite to replace it."
        )
