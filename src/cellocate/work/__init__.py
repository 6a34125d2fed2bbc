"""Long work: split into tasks, run by several workers, checked, and resumed after an interruption.

Describe the tasks as `Work`, then run them in processes (`run_in_processes`) or in threads (`run_in_threads`).
`resumable` guards the output folder: it locks it, and continues what a killed run began.
"""

from cellocate.work.processes import run_in_processes
from cellocate.work.tasks import Work, check_workers
from cellocate.work.threads import Stopped, run_in_threads
from cellocate.work.unfinished import resumable

__all__ = ["Stopped", "Work", "check_workers", "resumable", "run_in_processes", "run_in_threads"]
