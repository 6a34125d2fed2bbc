"""Download fields of the atlas into a folder, which becomes a collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.choices import Edition
from cellocate.collection.atlas import ImageList
from cellocate.collection.collection import Collection
from cellocate.collection.download.editions import EDITIONS, LICENCE
from cellocate.collection.download.fetch import FetchOutcome, RemoteFile, fetch
from cellocate.collection.download.manifest import NAME as MANIFEST
from cellocate.collection.download.manifest import Manifest
from cellocate.collection.download.rate_limit import Gate, RateLimits
from cellocate.collection.download.transfer import DownloadFailed, check_server, size_at
from cellocate.collection.layouts import listing
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.files import new_file, write_text
from cellocate.work import Work, run_in_threads

FAULTS = "failed.csv"
_SAMPLE = 8  # files whose sizes estimate the total


@dataclass
class Download:
    """A download of fields of the atlas into a folder.

    Args:
        listed: the fields.
        folder: target folder; files of an earlier run are kept and completed.
        edition: the files of a field: `jpg`, `composite` or `tif`.
        limits: limits for requests.

    Raises:
        CellocateError: an address is invalid; or the folder holds something else, or fields in another vocabulary that
            `listed` does not name. Those that it names get its labels.
    """

    listed: ImageList
    folder: Path
    edition: Edition = "jpg"
    limits: RateLimits = field(default_factory=RateLimits)

    def __post_init__(self) -> None:
        """Check that the folder is new or a download's."""
        if self.folder.exists() and not self.folder.is_dir():
            raise CellocateError("a file, not a folder", where=self.folder, mend="Choose another name.")
        ours = (self.folder / MANIFEST).is_file()
        if not ours and self.folder.is_dir() and any(self.folder.iterdir()):
            what = "the folder holds other files than a download"
            raise CellocateError(what, where=self.folder, mend="Choose a new one.")
        for server in dict.fromkeys(address.rsplit("/", 2)[0] for address in self.listed.fields["address"]):
            check_server(server)
        self._earlier = self._kept()

    def _kept(self) -> Collection | None:
        """The fields of earlier runs; None if the list names all of them in another vocabulary, which replaces theirs.

        Raises:
            CellocateError: the list lacks some of them.
        """
        if not (self.folder / listing.NAME).is_file():
            return None
        earlier = listing.read(self.folder / listing.NAME)
        if earlier.vocabulary == self.listed.vocabulary:
            return earlier
        others = (
            len(earlier) if self.listed.vocabulary is None else len(set(earlier.ids) - set(self.listed.fields.index))
        )
        if others:
            what = f"the folder has {counted(others, 'field')} more with labels of another vocabulary"
            mend = "Give a list that has them too, with their locations, or choose a new folder."
            raise CellocateError(what, where=self.folder, mend=mend)
        return None

    def files(self) -> list[RemoteFile]:
        """All files of all fields."""
        endings: dict[str, str] = {}
        for channel, ending in EDITIONS[self.edition].items():
            endings.setdefault(ending, channel)
        return [
            RemoteFile(identity, f"{address}{ending}", _place(address, ending), ending, channel)
            for identity, address in zip(self.listed.fields.index, self.listed.fields["address"], strict=True)
            for ending, channel in endings.items()
        ]

    def missing(self) -> list[RemoteFile]:
        """The files that are not complete yet."""
        if not (self.folder / MANIFEST).is_file():
            return self.files()
        manifest = Manifest(self.folder)
        return [file for file in self.files() if not manifest.holds(file.path)]

    def size(self, files: Sequence[RemoteFile]) -> int | None:
        """Estimated total bytes of some files, from a few of them; None if the server gives no sizes."""
        gate = Gate(self.limits.pause)
        sizes = []
        for file in files[:: max(1, len(files) // _SAMPLE)][:_SAMPLE]:
            gate.wait()
            try:
                sizes.append(size_at(file.address, self.limits.timeout))
            except DownloadFailed:
                continue
        known = [size for size in sizes if size is not None]
        return round(sum(known) / len(known) * len(files)) if known else None

    def run(self, made: Mapping[str, Any], progress: Callable[[int], object] | None = None) -> list[FetchOutcome]:
        """Fetch missing files, and list the complete fields as a collection.

        Args:
            made: the user's request, for `listing.json`.
            progress: called with 1 after each file.

        Returns:
            The files that failed; `failed.csv` lists them too.

        Raises:
            CellocateError: the server is unusable, or asks for a long wait.
            OSError: the disk is full or not writable.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / "LICENCE.txt", LICENCE)
        manifest = Manifest(self.folder)
        gate = Gate(self.limits.pause)
        failed: list[FetchOutcome] = []
        in_a_row = 0
        fetched = partial(fetch, manifest=manifest, gate=gate, limits=self.limits)
        work = Work(self.files(), fetched, is_done=lambda file: manifest.holds(file.path))
        try:
            outcomes = run_in_threads(work, self.limits.connections, gate.stop)
            with closing(outcomes):
                for file, outcome in outcomes:
                    if outcome is None:  # it was there already
                        continue
                    in_a_row = in_a_row + 1 if outcome.server_fault else 0
                    if outcome.fault:
                        failed.append(outcome)
                    if in_a_row >= self.limits.give_up:
                        what = f"{counted(in_a_row, 'file')} failed one after the other; the last: {outcome.fault}"
                        mend = "Check that you can reach the server. The same command continues where it stopped."
                        raise CellocateError(what, where=file.address, mend=mend)
                    if progress is not None:
                        progress(1)
        finally:
            self._list(manifest, made)
            self._write_failed(failed)
        return failed

    def _list(self, manifest: Manifest, made: Mapping[str, Any]) -> None:
        incomplete = {file.field for file in self.files() if not manifest.holds(file.path)}
        fields = self.listed.fields[~self.listed.fields.index.isin(list(incomplete))].copy()
        for channel, ending in EDITIONS[self.edition].items():
            fields[channel] = [str(self.folder / _place(address, ending)) for address in fields["address"]]
        if self._earlier is not None:
            earlier = self._earlier.fields
            fields = pd.concat([earlier[~earlier.index.isin(fields.index)], fields])
            fields = fields.astype(object).where(fields.notna(), None)
        if len(fields):
            listing.write(self.folder, Collection(self.folder, "listing", fields, self.listed.vocabulary), made)

    def _write_failed(self, failed: Sequence[FetchOutcome]) -> None:
        rows = [(outcome.file.field, outcome.file.address, outcome.fault) for outcome in failed]
        (self.folder / FAULTS).unlink(missing_ok=True)
        if rows:
            with new_file(self.folder / FAULTS) as aside:
                pd.DataFrame(rows, columns=["id", "address", "what"]).to_csv(aside, index=False)


def _place(address: str, ending: str) -> str:
    antibody, name = address.split("/")[-2:]
    return f"images/{antibody}/{name}{ending}"
