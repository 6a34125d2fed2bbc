"""Transfer a file over HTTP, continuing where an earlier transfer ended."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import cellocate
from cellocate.collection.download.rate_limit import Gate, retry_after
from cellocate.errors import CellocateError

AGENT = f"cellocate/{cellocate.__version__} (protein localisation; images for research)"

_CHUNK = 2**16
_LARGEST = 2**29  # bytes; larger than any image of one channel
_LATER = {408, 425, 429, 500, 502, 503, 504}
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class DownloadFailed(Exception):  # noqa: N818
    """The file is not available."""

    server_fault = False


class TemporaryFailure(DownloadFailed):
    """The file is not available now, but may be after `wait` seconds (None: unknown)."""

    server_fault = True

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


def check_server(address: str) -> None:
    """Refuse an address that is not that of a web server.

    Raises:
        CellocateError: it is invalid, or not HTTP.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        good = parts.scheme in ("http", "https") and bool(host) and port != 0
    except ValueError:  # such as an invalid port or bracket
        good = False
    if not good or not (address.isascii() and address.isprintable()) or " " in address:
        mend = "Write it such as https://images.proteinatlas.org."
        raise CellocateError("not the address of a web server", where=address, mend=mend)


def transfer(address: str, part: Path, timeout: float, gate: Gate) -> None:
    """Download the content of `address` into the file `part`.

    If `part` holds the beginning already, and the server identified that version (by ETag or date, kept in
    `<part>.tag`), only the rest is requested.

    Raises:
        TemporaryFailure: the transfer broke or the server is busy; a resumable part stays.
        DownloadFailed: there is no such file.
        Stopped: the download is to end; the part stays.
        OSError: the disk is full or not writable.
    """
    tag = part.with_name(part.name + ".tag")
    have = part.stat().st_size if part.is_file() and tag.is_file() else 0
    headers = {"User-Agent": AGENT}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag.read_text(encoding="ascii")}
    try:
        with _opened(urllib.request.Request(address, headers=headers), timeout) as response:
            size = _resumed(response, have) if response.status == 206 else _begun(response, part, tag)
            _copy(response, part, gate)
    except _Mismatch as misfit:
        discard(part)
        raise TemporaryFailure(str(misfit)) from None
    if size is not None and part.stat().st_size != size:
        raise TemporaryFailure(f"cut short ({part.stat().st_size} of {size} bytes)")


def size_at(address: str, timeout: float) -> int | None:
    """The size of the file at `address` in bytes, or None if the server does not give it.

    Raises:
        DownloadFailed: the server cannot be reached, or has no such file.
    """
    with _opened(urllib.request.Request(address, headers={"User-Agent": AGENT}, method="HEAD"), timeout) as response:
        return _length(response)


def discard(part: Path) -> None:
    """Remove a part and its tag."""
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".tag").unlink(missing_ok=True)


class _Mismatch(Exception):  # noqa: N818
    """The server's answer does not continue the part."""


def _opened(request: urllib.request.Request, timeout: float) -> Any:  # noqa: ANN401 # urllib's response has no one type
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            what = f"the server answers {error.code} ({error.reason})"
            if error.code == 416:
                raise _Mismatch(what) from None
            if error.code in _LATER:
                raise TemporaryFailure(what, retry_after(error.headers.get("Retry-After"))) from None
            raise DownloadFailed(what) from None
    except (OSError, http.client.HTTPException) as error:  # a URLError is an OSError
        raise _broken(error) from None
    except ValueError as error:  # an invalid redirect
        raise DownloadFailed(f"the server redirects to an invalid address ({error})") from None


def _broken(error: Exception) -> TemporaryFailure:
    reason = getattr(error, "reason", None) or error
    silent = isinstance(reason, TimeoutError)
    return TemporaryFailure(
        "the server stopped sending" if silent else f"the connection failed ({reason or type(reason).__name__})"
    )


def _begun(response: Any, part: Path, tag: Path) -> int | None:  # noqa: ANN401
    """Empty the part for a transfer from the first byte; return the size of the whole file."""
    kind = response.headers.get_content_type()
    if kind.startswith("text/"):
        raise DownloadFailed(f"the server sends a page ({kind}) instead of an image")
    part.open("wb").close()
    etag = response.headers.get("ETag", "")
    mark = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")  # no weak ETag
    if mark.isascii() and mark:
        tag.write_text(mark, encoding="ascii")
    else:
        tag.unlink(missing_ok=True)
    return _length(response)


def _resumed(response: Any, have: int) -> int | None:  # noqa: ANN401
    """Check that the answer continues a part of `have` bytes; return the size of the whole file."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != have:
        raise _Mismatch("the server resumed at another place")
    if found[2] != "*":
        return int(found[2])
    length = _length(response)
    return None if length is None else have + length


def _length(response: Any) -> int | None:  # noqa: ANN401
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _copy(response: Any, part: Path, gate: Gate) -> None:  # noqa: ANN401
    """Append the content unbuffered, so that a kill loses nothing."""
    with part.open("ab", buffering=0) as file:
        while True:
            gate.check_stopped()
            try:
                chunk = response.read1(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _broken(error) from None
            if not chunk:
                return
            file.write(chunk)
            if file.tell() > _LARGEST:
                raise _Mismatch(f"more than {_LARGEST} bytes, too large for an image")
