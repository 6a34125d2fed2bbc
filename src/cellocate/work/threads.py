"""Tasks in a few threads, for work that waits for disks and servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue

from cellocate.work.tasks import Result, Task, Work

_GRACE = 2.0  # seconds that threads have to end; they may hang in a silent connection


class Stopped(Exception):  # noqa: N818 # no error: somebody asked for it
    """Work is to end; what is done stays."""


def run_in_threads(
    work: Work[Task, Result], threads: int, stop: Callable[[], object] = lambda: None
) -> Generator[tuple[Task, Result | None], None, None]:
    """Do tasks in any order, and give each with its result as soon as it is done.

    After Ctrl-C or an error the threads end soon, whatever they wait for.

    Args:
        work: what is to be done.
        threads: how many.
        stop: called at the end, so that a task that waits raises `Stopped`.
    """
    waiting, lock, ended = iter(work.plan), threading.Lock(), threading.Event()
    results: SimpleQueue[tuple[Task, Result | None] | BaseException | None] = SimpleQueue()

    def work_on() -> None:
        try:
            while not ended.is_set():
                with lock:
                    task = next(waiting, None)
                if task is None:
                    break
                results.put((task, work.result(task)))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 # it is raised where all can be stopped
            results.put(error)
        results.put(None)

    workers = [threading.Thread(target=work_on, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    working = len(workers)
    try:
        while working:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                yield result
    finally:
        ended.set()
        stop()
        for worker in workers:
            worker.join(_GRACE / threads)
