"""Many jobs over several processes, which start clean and stop when they are told to."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

import cv2

from cellocate.errors import CellocateError

Job = TypeVar("Job")
Done = TypeVar("Done")


def run(work: Callable[[Job], Done], jobs: Iterable[Job], workers: int) -> Iterator[Done]:
    """Do the jobs in any order, and give what comes of each as soon as it is done.

    Jobs are drawn as workers need them, so that there may be any number.

    Raises:
        CellocateError: a worker was ended from outside.
    """
    if workers == 1:
        yield from map(work, jobs)
        return
    with _pool(workers) as pool:
        running: set[Future[Done]] = set()
        for job in jobs:
            if len(running) == 2 * workers:  # as many as work, and as many at hand for those who finish
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from _results(done)
            with _interrupts_held_back():  # a job may start a worker
                running.add(pool.submit(work, job))
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from _results(done)


def _results(futures: Iterable[Future[Done]]) -> Iterator[Done]:
    try:
        for future in futures:
            yield future.result()
    except BrokenProcessPool:
        mend = "Use fewer workers, or find out what ended it."
        raise CellocateError("a worker was ended from outside, perhaps for lack of memory", mend=mend) from None


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
    """Start processes without a signal in between: Ctrl-C, SIGTERM and SIGHUP are the parent's to handle."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where the workers' own start must do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # by which a broken pool ends its workers
    cv2.setNumThreads(1)  # one worker per core is as fast as it gets
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed says nothing, and its workers would wait for jobs for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
