"""Fetch one file, with retries, until it is complete or has failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellocate.collection.download.editions import check_image
from cellocate.collection.download.manifest import Manifest
from cellocate.collection.download.rate_limit import Gate, RateLimits
from cellocate.collection.download.transfer import DownloadFailed, TemporaryFailure, discard, transfer
from cellocate.errors import CellocateError


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: its field, address, relative path, ending on the server, and channel."""

    field: str
    address: str
    path: str
    ending: str
    channel: str


@dataclass(frozen=True)
class FetchOutcome:
    """The reason why a file failed (empty if it arrived), and whether the server is to blame."""

    file: RemoteFile
    fault: str = ""
    server_fault: bool = False


def fetch(file: RemoteFile, manifest: Manifest, gate: Gate, limits: RateLimits) -> FetchOutcome:
    """Fetch one file, decode it, move it into place and add it to the manifest.

    Raises:
        CellocateError: the server asks for a wait longer than `limits.patience`.
        Stopped: the download is to end.
        OSError: the disk is full or not writable.
    """
    path = manifest.folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _there_already(path, file):
        try:
            _fetch_part(file, _part(path), gate, limits)
        except DownloadFailed as failed:
            return FetchOutcome(file, str(failed), failed.server_fault)
        _part(path).replace(path)
        discard(_part(path))
    manifest.add(file.path, file.address)
    return FetchOutcome(file)


def _part(path: Path) -> Path:
    stem, dot, suffix = path.name.partition(".")
    return path.with_name(f"{stem}.part{dot}{suffix}")  # the suffix decides how to decode it


def _there_already(path: Path, file: RemoteFile) -> bool:
    if not path.is_file():
        return False
    try:
        check_image(path, file.ending, file.channel)
    except CellocateError:
        path.unlink()
        return False
    return True


def _fetch_part(file: RemoteFile, part: Path, gate: Gate, limits: RateLimits) -> None:
    for attempt in range(limits.tries):
        gate.wait()
        try:
            transfer(file.address, part, limits.timeout, gate)
            check_image(part, file.ending, file.channel)
            return
        except CellocateError as error:  # the next try starts from the first byte
            discard(part)
            failed = TemporaryFailure(f"the file is no complete image ({error.what})")
        except TemporaryFailure as passing:
            failed = passing
        if failed.wait is not None:
            if failed.wait > limits.patience:
                what = f"the server asks to wait for {failed.wait:.0f} s"
                mend = "Run the same command later; it continues where it stopped."
                raise CellocateError(what, where=file.address, mend=mend)
            gate.hold(failed.wait)
        if attempt + 1 < limits.tries:
            gate.sleep(limits.backoff * 2**attempt)
    raise failed
