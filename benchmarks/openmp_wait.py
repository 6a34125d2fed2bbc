"""Do OpenMP's threads spin or sleep while they wait for each other? Training steps per second, on free and busy cores.

Each row takes all ways in turn, in processes of their own, as the library reads its settings once, when it is loaded.
On a machine that has other work to do, `--realtime` gives the row without busy processes the cores for itself (on
Linux, as root). docs/decisions/0041-openmp-threads-sleep.md has the figures.

    python benchmarks/openmp_wait.py
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time

WAYS: dict[str, dict[str, str]] = {
    "as libgomp is": {},
    "short spin": {"GOMP_SPINCOUNT": "10000"},
    "no spin": {"OMP_WAIT_POLICY": "PASSIVE"},
}
BATCH, SIZE, LOCATIONS = 32, 128, 28
_WARM_UP = 3  # steps


def main() -> None:
    """Print a row for each number of busy processes beside the training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of training in each process")
    parser.add_argument("--rounds", type=int, default=3, help="of all ways in turn")
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 1, 2], help="processes beside it")
    parser.add_argument("--realtime", action="store_true", help="take free cores by real-time priority")
    parser.add_argument("--steps", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.steps:
        if told.realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        print(steps_per_second(told.seconds))
        return
    print(f"{os.cpu_count()} cores, {' '.join(f'{load:.1f}' for load in os.getloadavg())} load before")
    print("steps/s, and the ratio to libgomp's own way (of each round):")
    print("| busy processes | " + " | ".join(WAYS) + " |")
    print("|---|" + "---|" * len(WAYS))
    for busy in told.busy:
        rounds = [measured(told.seconds, busy, realtime=told.realtime and not busy) for _ in range(told.rounds)]
        cells = [f"{statistics.median(column):.2f}" for column in zip(*rounds, strict=True)]
        for k in range(1, len(WAYS)):
            ratios = [each[k] / each[0] for each in rounds]
            shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            cells[k] += f", {statistics.median(ratios):.2f} ({shown})"
        print(f"| {busy} | {' | '.join(cells)} |", flush=True)


def measured(seconds: float, busy: int, *, realtime: bool) -> list[float]:
    """Steps per second of each way, one after the other, beside some processes that do nothing but compute."""
    others = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(busy)]
    for other in others:
        other.start()
    try:
        return [_in_a_process(way, seconds, realtime=realtime) for way in WAYS.values()]
    finally:
        for other in others:
            other.kill()


def _in_a_process(way: dict[str, str], seconds: float, *, realtime: bool) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    environment |= way
    command = [sys.executable, __file__, "--steps", "--seconds", str(seconds)]
    command += ["--realtime"] if realtime else []
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def steps_per_second(seconds: float) -> float:
    """Training steps per second of the quick recipe's network on random images."""
    import torch

    from cellocate.images import CHANNELS
    from cellocate.networks import build_network
    from cellocate.training import load_recipe

    backbone = load_recipe("quick").network.backbone
    network = build_network(backbone, channels=CHANNELS, locations=LOCATIONS, size=SIZE).train()
    optimiser = torch.optim.AdamW(network.parameters())
    images, truth = torch.randn(BATCH, len(CHANNELS), SIZE, SIZE), torch.rand(BATCH, LOCATIONS).round()

    def step() -> None:
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(network(images), truth).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    for _ in range(_WARM_UP):
        step()
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        step()
        steps += 1
    return steps / (time.perf_counter() - began)


def _compute() -> None:
    while True:
        sum(range(10_000))


if __name__ == "__main__":
    main()
