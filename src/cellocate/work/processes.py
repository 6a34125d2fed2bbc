"""Run tasks in several processes."""

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
    """Run tasks in any order, and yield each with its result when it is done; None if it was done before.

    By default there is one worker per core. A single task runs in this process.

    Raises:
        CellocateError: a worker was killed.
    """
    tasks, workers = iter(work.plan), workers or os.cpu_count() or 1
    first = list(itertools.islice(tasks, 2))
    tasks = itertools.chain(first, tasks)
    if workers == 1 or len(first) < 2:
        for task in tasks:
            yield task, work.result(task)
        return
    alone = Work((), work.do, work.is_done)  # a worker does not need the whole plan
    with _pool(workers) as pool:
        running: dict[Future[Result | None], Task] = {}
        for task in tasks:
            if len(running) == 2 * workers:  # one task running and one waiting per worker
                yield from _finished(running)
            with _interrupts_blocked():  # a task may start a worker
                running[pool.submit(alone.result, task)] = task
        while running:
            yield from _finished(running)


def _finished(running: dict[Future[Result | None], Task]) -> Iterator[tuple[Task, Result | None]]:
    """Wait until a task is done, and remove all finished tasks from `running`."""
    try:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()
    except BrokenProcessPool:
        mend = "Use fewer workers, or find out what killed it."
        raise CellocateError("a worker was killed, perhaps because memory ran out", mend=mend) from None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes that inherit neither threads nor locks. On an error they stop after their current task."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block signals while a process starts: the parent handles Ctrl-C, SIGTERM and SIGHUP."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # a broken pool stops its workers with it
    cv2.setNumThreads(1)  # one thread per core is fastest
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit when the parent is killed; otherwise workers would wait for tasks forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
