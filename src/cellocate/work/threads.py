"""Run tasks in threads, for work that waits for disks and servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue

from cellocate.work.tasks import Result, Task, Work

_GRACE = 2.0  # seconds that threads get to end; they may hang on a dead connection


class Stopped(Exception):  # noqa: N818 # not an error: the user stopped the work
    """The work should end. What is done is kept."""


def run_in_threads(
    work: Work[Task, Result], threads: int, stop: Callable[[], object] = lambda: None
) -> Generator[tuple[Task, Result | None], None, None]:
    """Run tasks in any order, and yield each with its result when it is done.

    After Ctrl-C or an error the threads end soon, whatever they are waiting for: `stop` is called at the end, so that
    waiting tasks raise `Stopped`.
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
        except BaseException as error:  # noqa: BLE001 # the main thread raises it
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
