"""Whether a run that is killed and resumed ends in the same weights, byte for byte, as one in one go.

Each of ten runs is ended by SIGKILL at a random moment of its training and goes on with `--resume`.

    python benchmarks/killed_runs.py [--kills 10] [--seed 0] [--set training.average=ema ...]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from cellocate import phantom

SETTINGS = (
    "data.size=64",
    "data.intensity=depth",
    "network.backbone=test_resnet",
    "network.pretrained=false",
    "training.epochs=12",
    "training.batch_size=8",
)


def command(phantoms: Path, out: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "cellocate", "train", str(phantoms), "--out", str(out), *arguments]


def started(phantoms: Path, out: Path, arguments: list[str]) -> tuple[subprocess.Popen[bytes], float]:
    """Start a run; the process, and the moment at which its training began (its folder has the split by then)."""
    process = subprocess.Popen(command(phantoms, out, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not (out / "split.csv").is_file():
        if process.poll() is not None:
            assert process.stderr is not None
            sys.exit(process.stderr.read().decode())
        time.sleep(0.005)
    return process, time.monotonic()


def fingerprint(run: Path) -> str:
    return hashlib.sha256((run / "model" / "model.safetensors").read_bytes()).hexdigest()[:12]


def epochs_done(run: Path) -> int:
    return len(pd.read_csv(run / "history.csv")) if (run / "history.csv").is_file() else 0


def resumed(phantoms: Path, run: Path) -> str:
    """The fingerprint of the run that goes on from where it was killed."""
    if not (run / "model" / "model.json").is_file():
        subprocess.run(command(phantoms, run, "--resume"), check=True, stdout=subprocess.DEVNULL)
    return fingerprint(run)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    arguments = [word for setting in (*SETTINGS, *asked.set) for word in ("--set", setting)]
    draw = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        phantoms, whole = Path(folder) / "phantoms", Path(folder) / "whole"
        phantom.simulate(phantoms, fields=80, size=64, seed=1, workers=1)
        process, began = started(phantoms, whole, arguments)
        process.communicate()
        seconds = time.monotonic() - began
        expected = fingerprint(whole)
        print(f"in one go: {seconds:.1f} s and {epochs_done(whole)} epochs of training, weights {expected}")
        print("run  killed after (s)  epochs done  weights       identical")
        same = 0
        for number in range(asked.kills):
            run = Path(folder) / f"run{number}"
            moment = draw.uniform(0, seconds)
            process, began = started(phantoms, run, arguments)
            time.sleep(max(0.0, moment - (time.monotonic() - began)))
            process.kill()
            process.communicate()
            done = epochs_done(run)
            found = resumed(phantoms, run)
            same += found == expected
            print(f"{number:3}  {moment:16.2f}  {done:11}  {found}  {'yes' if found == expected else 'NO'}", flush=True)
    print(f"identical: {same} of {asked.kills}")
    sys.exit(same < asked.kills)


if __name__ == "__main__":
    main()
