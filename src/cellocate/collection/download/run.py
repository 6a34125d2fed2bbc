"""A download as a whole: its files, its threads, and the collection that it becomes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pandas as pd

from cellocate.collection.atlas import Listed
from cellocate.collection.collection import Collection
from cellocate.collection.download.fetch import Job, Outcome, fetch
from cellocate.collection.download.files import EDITIONS
from cellocate.collection.download.licence import LICENCE
from cellocate.collection.download.manifest import NAME as MANIFEST
from cellocate.collection.download.manifest import Manifest
from cellocate.collection.download.polite import Gate, Manners, Stopped
from cellocate.collection.download.transfer import Failed, see_server, size_at
from cellocate.collection.layouts import listing
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.files import new_file, write_text

FAULTS = "failed.csv"
_GRACE = 2.0  # seconds that threads have to end; they may hang in a silent connection
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

    listed: Listed
    folder: Path
    edition: str = "jpg"
    manners: Manners = field(default_factory=Manners)

    def __post_init__(self) -> None:
        """See that the folder is new, or a download's."""
        if self.folder.exists() and not self.folder.is_dir():
            raise CellocateError("a file stands where a folder should be", where=self.folder, mend="Choose another.")
        ours = (self.folder / MANIFEST).is_file()
        if not ours and self.folder.is_dir() and any(self.folder.iterdir()):
            what = "the folder holds something that is no download"
            raise CellocateError(what, where=self.folder, mend="Choose a new one.")
        for server in dict.fromkeys(address.rsplit("/", 2)[0] for address in self.listed.fields["address"]):
            see_server(server)
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

    def jobs(self) -> list[Job]:
        """A job for each file of each field, fetched or not."""
        endings: dict[str, str] = {}
        for channel, ending in EDITIONS[self.edition].items():
            endings.setdefault(ending, channel)
        return [
            Job(identity, f"{address}{ending}", _place(address, ending), ending, channel)
            for identity, address in zip(self.listed.fields.index, self.listed.fields["address"], strict=True)
            for ending, channel in endings.items()
        ]

    def missing(self) -> list[Job]:
        """The jobs that are not done."""
        if not (self.folder / MANIFEST).is_file():
            return self.jobs()
        manifest = Manifest(self.folder)
        return [job for job in self.jobs() if not manifest.holds(job.path)]

    def size(self, jobs: Sequence[Job]) -> int | None:
        """About how many bytes some jobs will bring, from the sizes of a few files; None where none can be told."""
        gate = Gate(self.manners.pause)
        sizes = []
        for job in jobs[:: max(1, len(jobs) // _ASKED)][:_ASKED]:
            gate.wait()
            try:
                sizes.append(size_at(job.address, self.manners.timeout))
            except Failed:
                continue
        known = [size for size in sizes if size is not None]
        return round(sum(known) / len(known) * len(jobs)) if known else None

    def run(self, made: Mapping[str, Any], progress: Callable[[int], object] | None = None) -> list[Outcome]:
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
        failed: list[Outcome] = []
        in_a_row = 0

        def seen(outcome: Outcome) -> None:
            nonlocal in_a_row
            in_a_row = in_a_row + 1 if outcome.servers_fault else 0
            if outcome.fault:
                failed.append(outcome)
            if in_a_row >= self.manners.give_up:
                what = f"{counted(in_a_row, 'file')} failed one after the other; the last: {outcome.fault}"
                mend = "See whether the server can be reached; the same command goes on where it stopped."
                raise CellocateError(what, where=outcome.job.address, mend=mend)
            if progress is not None:
                progress(1)

        gate = Gate(self.manners.pause)
        jobs = self.missing()
        try:
            _all(jobs, lambda job: fetch(job, manifest, gate, self.manners), self.manners.connections, gate, seen)
        finally:
            self._list(manifest, made)
            self._tell(failed)
        return failed

    def _list(self, manifest: Manifest, made: Mapping[str, Any]) -> None:
        """Write the fields that are complete, and those of earlier runs, as a listing."""
        incomplete = {job.field for job in self.jobs() if not manifest.holds(job.path)}
        fields = self.listed.fields[~self.listed.fields.index.isin(list(incomplete))].copy()
        for channel, ending in EDITIONS[self.edition].items():
            fields[channel] = [str(self.folder / _place(address, ending)) for address in fields["address"]]
        if self._earlier is not None:
            earlier = self._earlier.fields
            fields = pd.concat([earlier[~earlier.index.isin(fields.index)], fields])
            fields = fields.astype(object).where(fields.notna(), None)
        if len(fields):
            listing.write(self.folder, Collection(self.folder, "listing", fields, self.listed.vocabulary), made)

    def _tell(self, failed: Sequence[Outcome]) -> None:
        rows = [(outcome.job.field, outcome.job.address, outcome.fault) for outcome in failed]
        (self.folder / FAULTS).unlink(missing_ok=True)
        if rows:
            with new_file(self.folder / FAULTS) as aside:
                pd.DataFrame(rows, columns=["id", "address", "what"]).to_csv(aside, index=False)


def _place(address: str, ending: str) -> str:
    """Where a file goes: a folder for each antibody, as on the server."""
    antibody, name = address.split("/")[-2:]
    return f"images/{antibody}/{name}{ending}"


def _all(
    jobs: Iterable[Job],
    work: Callable[[Job], Outcome],
    connections: int,
    gate: Gate,
    seen: Callable[[Outcome], None],
) -> None:
    """Do all jobs in a few threads, which end soon after Ctrl-C or an error, whatever they wait for."""
    waiting, lock = iter(jobs), threading.Lock()
    results: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()

    def work_on() -> None:
        try:
            while True:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    break
                results.put(work(job))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 # it is raised where all can be stopped
            results.put(error)
        results.put(None)

    threads = [threading.Thread(target=work_on, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    working = len(threads)
    try:
        while working:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                seen(result)
    finally:
        gate.stop()
        for thread in threads:
            thread.join(_GRACE / connections)
