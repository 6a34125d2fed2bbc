"""A download as a whole: its files, and the collection that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

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
_ASKED = 8  # files whose size is asked for, to say how much there is


@dataclass
class Download:
    """Fields of the atlas on their way into a folder.

    Args:
        listed: which fields.
        folder: where they go; what an earlier run of it left there is kept and taken up.
        edition: which files of a field: `jpg`, `composite` or `tif`.
        manners: how the server is treated.

    Raises:
        CellocateError: an address is none; the folder holds something else, or fields in another vocabulary that
            `listed` does not name. Those that it names get its labels.
    """

    listed: ImageList
    folder: Path
    edition: str = "jpg"
    limits: RateLimits = field(default_factory=RateLimits)

    def __post_init__(self) -> None:
        """See that the folder is new, or a download's."""
        if self.folder.exists() and not self.folder.is_dir():
            raise CellocateError("a file stands where a folder should be", where=self.folder, mend="Choose another.")
        ours = (self.folder / MANIFEST).is_file()
        if not ours and self.folder.is_dir() and any(self.folder.iterdir()):
            what = "the folder holds something that is no download"
            raise CellocateError(what, where=self.folder, mend="Choose a new one.")
        for server in dict.fromkeys(address.rsplit("/", 2)[0] for address in self.listed.fields["address"]):
            check_server(server)
        self._earlier = self._kept()

    def _kept(self) -> Collection | None:
        """The fields of earlier runs; none where the list names them all in another vocabulary, which takes its place.

        Raises:
            CellocateError: the list does not say the labels of all in its vocabulary.
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
            what = f"the folder holds {counted(others, 'field')} more, whose labels are of another vocabulary"
            mend = "Give a list that names them all and what they show, or choose a new folder."
            raise CellocateError(what, where=self.folder, mend=mend)
        return None

    def files(self) -> list[RemoteFile]:
        """Each file of each field, fetched or not."""
        endings: dict[str, str] = {}
        for channel, ending in EDITIONS[self.edition].items():
            endings.setdefault(ending, channel)
        return [
            RemoteFile(identity, f"{address}{ending}", _place(address, ending), ending, channel)
            for identity, address in zip(self.listed.fields.index, self.listed.fields["address"], strict=True)
            for ending, channel in endings.items()
        ]

    def missing(self) -> list[RemoteFile]:
        """The files that are not there yet."""
        if not (self.folder / MANIFEST).is_file():
            return self.files()
        manifest = Manifest(self.folder)
        return [file for file in self.files() if not manifest.holds(file.path)]

    def size(self, files: Sequence[RemoteFile]) -> int | None:
        """About how many bytes some files have, from the sizes of a few; None where the server does not tell."""
        gate = Gate(self.limits.pause)
        sizes = []
        for file in files[:: max(1, len(files) // _ASKED)][:_ASKED]:
            gate.wait()
            try:
                sizes.append(size_at(file.address, self.limits.timeout))
            except DownloadFailed:
                continue
        known = [size for size in sizes if size is not None]
        return round(sum(known) / len(known) * len(files)) if known else None

    def run(self, made: Mapping[str, Any], progress: Callable[[int], object] | None = None) -> list[FetchOutcome]:
        """Fetch what is missing, and list the fields that are complete as a collection.

        Args:
            made: what was asked for, for `listing.json`.
            progress: called with 1 after each file.

        Returns:
            The files that could not be had, which are also written to `failed.csv`.

        Raises:
            CellocateError: the server cannot be used at all, or asks to be left alone for long.
            OSError: the disk is full or may not be written to.
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
                        mend = "See whether the server can be reached; the same command goes on where it stopped."
                        raise CellocateError(what, where=file.address, mend=mend)
                    if progress is not None:
                        progress(1)
        finally:
            self._list(manifest, made)
            self._write_failed(failed)
        return failed

    def _list(self, manifest: Manifest, made: Mapping[str, Any]) -> None:
        """Write the fields that are complete, and those of earlier runs, as a listing."""
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
    """Where a file goes: a folder for each antibody, as on the server."""
    antibody, name = address.split("/")[-2:]
    return f"images/{antibody}/{name}{ending}"
