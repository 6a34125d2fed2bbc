"""Many simulated fields as files: the 2018 layout, with the truth beside it."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

import cellocate
from cellocate.errors import CellocateError
from cellocate.files import new_folder, refuse_existing, write_text
from cellocate.images import CHANNELS, FIELD_SPAN, write_png
from cellocate.phantom.field import check_seed, check_size, simulate_field
from cellocate.phantom.label_sets import LabelSet, label_sets

WORTH_A_POOL = 8  # starting processes takes longer than simulating fewer fields than this


@dataclass(frozen=True)
class Job:
    """One field to simulate and write: all that a worker needs to know."""

    out: Path
    index: int
    labels: LabelSet
    size: int
    seed: int

    @property
    def id(self) -> str:
        """The field's id, the same whatever the size of the collection."""
        return f"phantom-{self.index:06d}"


def simulate(
    out: Path,
    *,
    fields: int,
    size: int = 512,
    labels: str | Path = "balanced",
    seed: int = 0,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Write a collection of simulated fields; the same seed gives the same bytes, whatever the number of workers.

    The folder is that of the 2018 challenge: `train/<Id>_{red,green,blue,yellow}.png` (8-bit grey) and `train.csv`
    (Id, Target). `truth/` holds instance masks `<Id>_cells.png` and `<Id>_nuclei.png` (16-bit; 0 is background),
    `cells.csv` (Id, cell, labels: what each cell shows) and `collection.json` (how it was made).

    Args:
        out: a new folder; nothing is left there if the simulation fails or is interrupted.
        fields: how many, 1 or more.
        size: pixels a side, 64 or more; a field is 163.84 µm wide whatever its size.
        labels: "balanced" (every location about equally often, a quarter of the fields with two), "real" (label sets
            as often as in the 2018 train set), or a CSV file with Id and Target to take them from.
        seed: 0 or more.
        overwrite: replace what is in `out`.
        workers: processes; as many as the machine has cores by default. As with all Python programs that start
            processes, a script that asks for more than one keeps its work below `if __name__ == "__main__":`.
        progress: called with the number of fields done, after each.

    Raises:
        CellocateError: fewer than 1 field or worker, too small a size, a negative seed, an unknown label, a table
            that cannot be read, or a folder in use; all before any work starts.

    Example:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp()) / "phantoms"
        >>> simulate(out, fields=2, size=64, workers=1)
        >>> (out / "train.csv").read_text().splitlines()[0], len(list((out / "train").glob("*.png")))
        ('Id,Target', 8)
    """
    jobs_for = _plan(fields=fields, size=size, labels=labels, seed=seed, workers=workers)
    refuse_existing(Path(out), overwrite=overwrite)
    with new_folder(out, overwrite=overwrite) as aside:
        (aside / "train").mkdir()
        (aside / "truth").mkdir()
        jobs = jobs_for(aside)
        cells: dict[int, tuple[LabelSet, ...]] = {}
        for index, shown in _run(jobs, workers or os.cpu_count() or 1):
            cells[index] = shown
            if progress is not None:
                progress(len(cells))
        _write_tables(aside, jobs, cells)
        about = {
            "kind": "phantom",
            "vocabulary": "hpa28",
            "fields": fields,
            "size": size,
            "pixel_size": FIELD_SPAN / size,
            "labels": labels if labels in ("balanced", "real") else Path(labels).name,
            "seed": seed,
            "version": cellocate.__version__,
        }
        write_text(aside / "truth" / "collection.json", json.dumps(about, indent=2) + "\n")


def _plan(*, fields: int, size: int, labels: str | Path, seed: int, workers: int | None) -> Callable[[Path], list[Job]]:
    """Check the request, and say what is to be done once there is a folder for it."""
    if fields < 1:
        raise CellocateError("a collection needs a field", where=f"fields {fields}", mend="Ask for 1 or more.")
    if workers is not None and workers < 1:
        raise CellocateError("nobody to do the work", where=f"workers {workers}", mend="Ask for 1 or more.")
    check_seed([seed])
    check_size(size)
    draw = label_sets(labels, seed)
    sets = [draw(index) for index in range(fields)]
    return lambda out: [Job(out, index, chosen, size, seed) for index, chosen in enumerate(sets)]


def _run(jobs: list[Job], workers: int) -> Iterator[tuple[int, tuple[LabelSet, ...]]]:
    """Do the jobs in any order; gives the index of each field done and the labels of its cells."""
    if workers == 1 or len(jobs) < WORTH_A_POOL:
        yield from map(_work, jobs)
        return
    with _pool(min(workers, len(jobs))) as pool:
        with _interrupts_held_back():  # the first job starts the workers
            futures = [pool.submit(_work, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes, which inherit neither threads nor locks; stopped after their current job if anything fails."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes started here never hear a Ctrl-C, which is the parent's to handle, once the block ends."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where the workers' own start must do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # one worker per core is as fast as it gets


def _work(job: Job) -> tuple[int, tuple[LabelSet, ...]]:
    field = simulate_field(job.labels, size=job.size, seed=(job.seed, job.index))
    for channel, image in zip(CHANNELS, field.channels, strict=True):
        write_png(job.out / "train" / f"{job.id}_{channel}.png", image)
    write_png(job.out / "truth" / f"{job.id}_cells.png", field.cells)
    write_png(job.out / "truth" / f"{job.id}_nuclei.png", field.nuclei)
    return job.index, field.cell_labels


def _write_tables(out: Path, jobs: list[Job], cells: dict[int, tuple[LabelSet, ...]]) -> None:
    write_text(out / "train.csv", _csv(("Id", "Target"), [(job.id, _spaced(job.labels)) for job in jobs]))
    rows = [(job.id, number, _spaced(shown)) for job in jobs for number, shown in enumerate(cells[job.index], start=1)]
    write_text(out / "truth" / "cells.csv", _csv(("Id", "cell", "labels"), rows))


def _csv(header: tuple[str, ...], rows: list[tuple[str, str]] | list[tuple[str, int, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _spaced(labels: LabelSet) -> str:
    return " ".join(map(str, labels))
