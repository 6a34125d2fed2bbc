"""What to expect of `cellocate demo`: macro F1 on the test part, over several seeds, beside chance.

Chance is the macro F1 of naming every location for every field, the best score possible without looking.

    python benchmarks/demo_seeds.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEEDS = range(3)


def main() -> None:
    print("seed    n  macro F1  95% interval      chance  ratio  seconds")
    scores = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            out = Path(folder) / "demo"
            command = [sys.executable, "-m", "cellocate", "demo", "--seed", str(seed), "--out", str(out)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds = time.monotonic() - began
            metrics = json.loads((out / "scores" / "metrics.json").read_text())
        low, high = metrics["macro_f1_interval"]
        chance = metrics["macro_f1_of_predicting_everything"]
        scores.append(metrics["macro_f1"])
        print(
            f"{seed:4}  {metrics['n']:3}  {scores[-1]:8.3f}  {low:.3f} to {high:.3f}  {chance:8.3f}  "
            f"{scores[-1] / chance:5.1f}  {seconds:7.0f}",
            flush=True,
        )
    print(f"macro F1 from {min(scores):.3f} to {max(scores):.3f}, mean {sum(scores) / len(scores):.3f}")


if __name__ == "__main__":
    main()
