"""Long work: planned as tasks, done by several workers, checked, and resumed after an interruption."""

from cellocate.work.processes import run_in_processes
from cellocate.work.tasks import Work, check_workers
from cellocate.work.threads import Stopped, run_in_threads
from cellocate.work.unfinished import resumable

__all__ = ["Stopped", "Work", "check_workers", "resumable", "run_in_processes", "run_in_threads"]
