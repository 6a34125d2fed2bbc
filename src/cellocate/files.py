"""Write files and folders whole or not at all: write aside, then rename. Refuse to overwrite what must be kept."""

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
"""Error numbers of a full disk."""

MARKER = ".cellocate"
_UNFINISHED = ".unfinished-"  # begins the name of a file that is being written
_MARKED = "cellocate wrote this folder, and replaces it only with --overwrite.\n"
_OLD_MARKERS = (  # files in our folders from before there was a marker; drop after version 1.0
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
    """Yield a path to write to, which becomes `path` if the block succeeds and is deleted otherwise.

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
    aside = path.with_name(f"{_UNFINISHED}{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def remove_unfinished_files(folder: Path) -> None:
    """Remove what `new_file` leaves in a folder if its process is killed; other hidden files stay."""
    for path in folder.rglob(f"{_UNFINISHED}*"):
        path.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with new_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


@contextmanager
def new_folder(
    path: str | Path, *, overwrite: bool = False, inputs: Iterable[str | Path | None] = (), marked: bool = True
) -> Iterator[Path]:
    """Yield an empty folder to fill, which becomes `path` if the block succeeds and is deleted otherwise.

    Args:
        path: the folder.
        overwrite: replace an earlier folder, if cellocate wrote it.
        inputs: files and folders that are read; never replaced.
        marked: add a marker file, which allows `--overwrite` to replace the folder later. Not for formats that allow no
            other files.

    Raises:
        CellocateError: `path` is not empty and `overwrite` is not set, or it holds one of `inputs`.
    """
    path = Path(path).resolve()  # so that no link is replaced
    refuse_existing(path, overwrite=overwrite, inputs=inputs)
    make_parents(path)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield aside
        if marked:
            mark(aside)
        aside.chmod(0o755)  # mkdtemp makes folders private
        _swap(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def mark(folder: Path) -> None:
    """Add the marker file, which allows `--overwrite` to replace the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(_MARKED, encoding="utf-8")


def _swap(aside: Path, path: Path) -> None:
    """Replace `path` by `aside`; the old folder is deleted only after the new one is in its place."""
    if not path.is_dir():
        aside.replace(path)
        return
    place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        path.replace(place / "old")
        try:
            aside.replace(path)
        except BaseException:  # including Ctrl-C
            (place / "old").replace(path)
            raise
    except BaseException:
        with suppress(OSError):
            place.rmdir()  # only if it is empty
        raise
    shutil.rmtree(place, ignore_errors=True)


def sync(*paths: Path) -> None:
    """Flush files, and folders with their entries, to the disk, so that they survive a power failure."""
    if os.name != "posix":  # elsewhere, files opened for reading cannot be synced
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_parents(path: Path) -> None:
    """Make the parent folders of a new file or folder.

    Raises:
        CellocateError: one of them is a file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CellocateError("a file is in the way", where=path.parent, mend="Choose another folder.") from None


def sha256(path: Path) -> str:
    """The SHA-256 checksum of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_existing_file(path: str | Path, *, overwrite: bool, inputs: Iterable[str | Path | None] = ()) -> None:
    """Raise a `CellocateError` if the file `path` must not be written.

    Args:
        path: the file.
        overwrite: allow to replace an earlier file.
        inputs: files and folders that are read; neither they nor files in them are ever replaced.
    """
    for kept in inputs:
        if kept is not None and Path(path).exists() and Path(path).resolve().is_relative_to(Path(kept).resolve()):
            raise CellocateError(f"the file belongs to {kept}, which is read", where=path, mend="Choose a new name.")
    if Path(path).is_dir():
        raise CellocateError("there is a folder with the name of this file", where=path, mend="Choose another name.")
    refuse_closed(Path(path))
    if Path(path).exists() and not overwrite:
        raise CellocateError("the file exists", where=path, mend="Choose a new name, or add --overwrite to replace it.")


def refuse_existing_files(
    paths: Iterable[str | Path | None], *, overwrite: bool, inputs: Iterable[str | Path | None] = ()
) -> None:
    """Do `refuse_existing_file` for each file; None stands for an option not given."""
    inputs = list(inputs)
    for path in paths:
        if path is not None:
            refuse_existing_file(path, overwrite=overwrite, inputs=inputs)


def refuse_existing(path: Path, *, overwrite: bool, inputs: Iterable[str | Path | None] = ()) -> None:
    """Raise a `CellocateError` if the folder `path` must not be written.

    Args:
        path: the folder.
        overwrite: allow to replace an earlier folder that cellocate wrote.
        inputs: files and folders that are read; never replaced, and neither is the working folder.
    """
    for kept in (*inputs, Path.cwd()):
        if kept is not None and path.is_dir() and Path(kept).resolve().is_relative_to(path.resolve()):
            raise CellocateError(f"the folder holds {kept}", where=path, mend="Choose another folder.")
    refuse_closed(path)
    if path.is_file():
        raise CellocateError("there is a file with the name of this folder", where=path, mend="Choose another name.")
    if path.is_dir() and any(path.iterdir()):
        if not overwrite:
            mend = "Choose a new one, or add --overwrite to replace it."
            raise CellocateError("the folder is not empty", where=path, mend=mend)
        if not _is_ours(path):
            what = "the folder contains files that cellocate did not write"
            raise CellocateError(what, where=path, mend="Choose a new one, or empty it yourself.")


def refuse_closed(path: Path) -> None:
    """Raise a `CellocateError` if `path`, or the folder that is to hold it, takes no new files, as /proc does."""
    folder = next(place for place in (path.resolve(), *path.resolve().parents) if place.is_dir())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        what = f"no file can be written here ({error.strerror})"
        raise CellocateError(what, where=folder, mend="Choose another folder, or change its permissions.") from None


def _is_ours(folder: Path) -> bool:
    return any(all((folder / name).is_file() for name in names) for names in ((MARKER,), *_OLD_MARKERS))
