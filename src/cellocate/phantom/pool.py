"""Many jobs over several processes, which start clean and stop when they are told to."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

import cv2

Job = TypeVar("Job")
Done = TypeVar("Done")

WORTH_A_POOL = 8  # starting processes takes longer than simulating fewer fields than this


def run(work: Callable[[Job], Done], jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    """Do the jobs in any order, and give what comes of each as soon as it is done."""
    if workers == 1 or len(jobs) < WORTH_A_POOL:
        yield from map(work, jobs)
        return
    with _pool(min(workers, len(jobs))) as pool:
        with _interrupts_held_back():  # the first job starts the workers
            futures = [pool.submit(work, job) for job in jobs]
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
