"""How long phantoms take: seconds of one core for a field of each location, and what a second worker brings.

python benchmarks/phantom_speed.py
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from cellocate import phantom
from cellocate.vocabulary import get_vocabulary

SIZES = (128, 512, 2048)
FIELDS = 64  # enough that starting processes hardly counts
SEED = 1


def main() -> None:
    cv2.setNumThreads(1)
    names = get_vocabulary("hpa28").names
    phantom.simulate_field([0], size=64, seed=0)  # what is done once
    print("seconds of one core for a field" + "".join(f"{size:>8} px" for size in SIZES))
    spent = np.zeros((len(names), len(SIZES)))
    for label, name in enumerate(names):
        spent[label] = [_seconds(label, size) for size in SIZES]
        print(f"{name:31}" + "".join(f"{seconds:11.2f}" for seconds in spent[label]), flush=True)
    for word, figure in (("median", np.median(spent, axis=0)), ("longest", spent.max(axis=0))):
        print(f"{word:31}" + "".join(f"{seconds:11.2f}" for seconds in figure))
    _scaling()


def _seconds(label: int, size: int) -> float:
    began = time.process_time()
    phantom.simulate_field([label], size=size, seed=[SEED, label])
    return time.process_time() - began


def _scaling() -> None:
    """On a busy machine the CPU seconds tell more: two workers should need hardly more of them than one."""
    print(f"\n{FIELDS} fields of 512 px with files\nworkers  seconds  CPU seconds")
    with tempfile.TemporaryDirectory() as folder:
        took, digests = [], []
        for workers in (1, 2):
            out = Path(folder) / str(workers)
            began, used = time.monotonic(), _cpu()
            phantom.simulate(out, fields=FIELDS, size=512, seed=SEED, workers=workers)
            took.append(time.monotonic() - began)
            digests.append(_digest(out))
            print(f"{workers:7}  {took[-1]:7.1f}  {_cpu() - used:11.1f}", flush=True)
    same = "the same" if digests[0] == digests[1] else "NOT the same"
    print(f"two workers are {took[0] / took[1]:.2f} times as fast as one; the files are {same}")


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
