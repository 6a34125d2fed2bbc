"""Tasks in several processes, which start clean and stop when they are told to."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import cv2

from cellocate.errors import CellocateError
from cellocate.work.tasks import Result, Task, Work


def run_in_processes(work: Work[Task, Result], workers: int | None = None) -> Iterator[tuple[Task, Result | None]]:
    """Do tasks in any order, and give each with its result as soon as it is done; None where it was done before.

    Args:
        work: what is to be done.
        workers: processes; as many as the machine has cores by default. A single task needs no other process.

    Raises:
        CellocateError: a worker was ended from outside.
    """
    tasks, workers = iter(work.plan), workers or os.cpu_count() or 1
    first = list(itertools.islice(tasks, 2))
    tasks = itertools.chain(first, tasks)
    if workers == 1 or len(first) < 2:
        for task in tasks:
            yield task, work.result(task)
        return
    alone = Work((), work.do, work.is_done)  # all tasks are more than a worker needs
    with _pool(workers) as pool:
        running: dict[Future[Result | None], Task] = {}
        for task in tasks:
            if len(running) == 2 * workers:  # as many as work, and as many at hand for those who finish
                yield from _finished(running)
            with _interrupts_held_back():  # a task may start a worker
                running[pool.submit(alone.result, task)] = task
        while running:
            yield from _finished(running)


def _finished(running: dict[Future[Result | None], Task]) -> Iterator[tuple[Task, Result | None]]:
    """Wait until tasks are done, and take them from those that are running."""
    try:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()
    except BrokenProcessPool:
        mend = "Use fewer workers, or find out what ended it."
        raise CellocateError("a worker was ended from outside, perhaps for lack of memory", mend=mend) from None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes, which inherit neither threads nor locks; stopped after their current task if anything fails."""
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
    """A parent that is killed says nothing, and its workers would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
