"""Do OpenMP's threads spin or sleep while they wait for each other? Training steps per second, on free and busy cores.

Each row alternates both ways in processes of their own, as the policy is read once, when torch is loaded. On free cores
the machine should have nothing else to do. `docs/decisions/0041-openmp-threads-sleep.md` has the figures.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time

POLICIES = {"as libgomp is": None, "PASSIVE": "PASSIVE"}
BATCH, SIZE, LOCATIONS = 32, 128, 28
_WARM_UP = 3  # steps


def main() -> None:
    """Print a row for each number of busy processes beside the training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of training in each process")
    parser.add_argument("--rounds", type=int, default=3, help="of both ways in turn")
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 1, 2], help="processes beside it")
    parser.add_argument("--steps", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.steps:
        print(steps_per_second(told.seconds))
        return
    print(f"{os.cpu_count()} cores, {' '.join(f'{load:.1f}' for load in os.getloadavg())} load before")
    print("| busy processes | " + " | ".join(f"{name}: steps/s" for name in POLICIES) + " | ratio (each round) |")
    print("|---|---|---|---|")
    for busy in told.busy:
        rounds = [measured(told.seconds, busy) for _ in range(told.rounds)]
        medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
        ratios = [passive / other for other, passive in rounds]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        speeds = " | ".join(f"{speed:.2f}" for speed in medians)
        print(f"| {busy} | {speeds} | {statistics.median(ratios):.2f} ({each}) |", flush=True)


def measured(seconds: float, busy: int) -> list[float]:
    """Steps per second of each policy, one after the other, beside some processes that do nothing but compute."""
    others = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(busy)]
    for other in others:
        other.start()
    try:
        return [_in_a_process(policy, seconds) for policy in POLICIES.values()]
    finally:
        for other in others:
            other.kill()


def _in_a_process(policy: str | None, seconds: float) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    environment |= {} if policy is None else {"OMP_WAIT_POLICY": policy}
    command = [sys.executable, __file__, "--steps", "--seconds", str(seconds)]
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
