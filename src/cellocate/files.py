"""Write aside, then rename: a reader never meets a half-written file or folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cellocate.errors import CellocateError

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Numbers of the errors of a full disk."""

MARKER = ".cellocate"
_MARKED = "cellocate wrote this folder, and replaces it only with --overwrite.\n"
_OLD_MARKERS = (  # files of the folders that were written before there was a marker; to be dropped after version 1.0
    ("recipe.yaml", "split.csv"),
    ("metrics.json", "per_class.csv"),
    ("model.json", "model.safetensors"),
    ("audit.json", "suspects.csv"),
    ("explained.csv",),
    ("explored.json",),
    ("listing.json",),
    ("store.json",),
    ("cells.json",),
    ("truth/collection.json",),
    ("phantoms/truth/collection.json",),
)


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
    make_parents(path)
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
def new_folder(
    path: str | Path, *, overwrite: bool = False, inputs: Iterable[str | Path | None] = (), marked: bool = True
) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes `path` when the block ends well and vanishes otherwise.

    Args:
        path: the folder.
        overwrite: replace what is there, if cellocate wrote it.
        inputs: files and folders that are read; never replaced.
        marked: whether the folder may be replaced later, by `--overwrite`. A format that allows no other files is not.

    Raises:
        CellocateError: `path` already holds something and `overwrite` is not set, or it holds one of `inputs`.
    """
    path = Path(path).resolve()  # so that neither a link nor the working folder is replaced by name alone
    refuse_existing(path, overwrite=overwrite, inputs=inputs)
    make_parents(path)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield aside
        if marked:
            mark(aside)
        aside.chmod(0o755)  # mkdtemp makes folders that only their owner may read
        _swap(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def mark(folder: Path) -> None:
    """Put the marker into a folder of ours, which lets `--overwrite` replace it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(_MARKED, encoding="utf-8")


def _swap(aside: Path, path: Path) -> None:
    """Put `aside` in the place of `path`; what was there is deleted only when the new folder is in its place."""
    if not path.is_dir():
        aside.replace(path)
        return
    place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        path.replace(place / "old")
        try:
            aside.replace(path)
        except BaseException:  # Ctrl-C as well
            (place / "old").replace(path)
            raise
    except BaseException:
        with suppress(OSError):
            place.rmdir()  # if it is empty: what was there is never deleted
        raise
    shutil.rmtree(place, ignore_errors=True)


def sync(*paths: Path) -> None:
    """Have files, and folders with the names in them, written to the disk, so that they outlast a loss of power."""
    if os.name != "posix":  # elsewhere a file that is only read cannot be synced
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_parents(path: Path) -> None:
    """Make the folders that a new file or folder is to lie in.

    Raises:
        CellocateError: a file stands among them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CellocateError("a file stands among the folders", where=path.parent, mend="Choose another.") from None


def sha256(path: Path) -> str:
    """The checksum of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_existing_file(path: str | Path, *, overwrite: bool, inputs: Iterable[str | Path | None] = ()) -> None:
    """Raise a `CellocateError` where the file `path` exists, or a folder of that name, and must not be lost.

    Args:
        path: a file to be written.
        overwrite: whether it may be replaced.
        inputs: files and folders that are read; neither they nor what is in them is ever replaced.
    """
    for kept in inputs:
        if kept is not None and Path(path).exists() and Path(path).resolve().is_relative_to(Path(kept).resolve()):
            raise CellocateError(f"the file belongs to {kept}, which is read", where=path, mend="Choose a new name.")
    if Path(path).is_dir():
        raise CellocateError("a folder stands where a file should be written", where=path, mend="Choose another name.")
    if Path(path).exists() and not overwrite:
        raise CellocateError("the file exists", where=path, mend="Choose a new name, or add --overwrite to replace it.")


def refuse_existing_files(
    paths: Iterable[str | Path | None], *, overwrite: bool, inputs: Iterable[str | Path | None] = ()
) -> None:
    """Do as `refuse_existing_file` with each of several files; None is one that nobody asked for."""
    inputs = list(inputs)
    for path in paths:
        if path is not None:
            refuse_existing_file(path, overwrite=overwrite, inputs=inputs)


def refuse_existing(path: Path, *, overwrite: bool, inputs: Iterable[str | Path | None] = ()) -> None:
    """Raise a `CellocateError` where `path` holds something that must not be lost.

    Args:
        path: a folder to be written.
        overwrite: whether it may be replaced.
        inputs: files and folders that are read; never replaced, any more than the working folder is.
    """
    for kept in (*inputs, Path.cwd()):
        if kept is not None and path.is_dir() and Path(kept).resolve().is_relative_to(path.resolve()):
            raise CellocateError(f"the folder holds {kept}", where=path, mend="Choose another to write to.")
    if path.is_file():
        raise CellocateError("a file stands where a folder should be written", where=path, mend="Choose another name.")
    if path.is_dir() and any(path.iterdir()):
        if not overwrite:
            raise CellocateError(
                "the folder is not empty", where=path, mend="Choose a new one, or add --overwrite to replace it."
            )
        if not _is_ours(path):
            what = "the folder holds something that cellocate did not write"
            raise CellocateError(what, where=path, mend="Choose a new one, or empty it yourself.")


def _is_ours(folder: Path) -> bool:
    return any(all((folder / name).is_file() for name in names) for names in ((MARKER,), *_OLD_MARKERS))
