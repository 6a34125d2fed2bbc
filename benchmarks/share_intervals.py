"""How often 95% intervals of the share of cells hold the true share, where cells of one field resemble each other.

Wilson's interval of an effective number of cells (`share_intervals`), beside Wilson's of all cells, as if they were
independent, and a percentile bootstrap of whole fields. Run: python benchmarks/share_intervals.py (half a minute).
"""

from __future__ import annotations

import numpy as np

from cellocate.evaluation import share_intervals

PROTEINS, CELLS, RESAMPLES = 1000, 30, 300


def main() -> None:
    print(f"{PROTEINS} proteins, {CELLS} cells in each field; likeness: correlation of two cells of one field")
    print("fields  share  likeness   held: effective  independent  bootstrap   width: effective  bootstrap")
    rng = np.random.default_rng(0)
    for fields in (2, 4, 8):
        for share in (0.5, 0.8, 0.95):
            for likeness in (0.05, 0.3, 0.9):
                shown = _draw(rng, fields, share, likeness)
                cells = shown.reshape(-1, 1)
                field = np.repeat(np.arange(PROTEINS * fields), CELLS)
                effective = share_intervals(cells, field // fields, field)
                independent = share_intervals(cells, field // fields, np.arange(len(cells)))
                drawn = rng.integers(0, fields, (RESAMPLES, fields))
                means = shown.mean(axis=2)[:, drawn].mean(axis=2)
                resampled = np.percentile(means, [2.5, 97.5], axis=1)
                held = [_held(x, share) for x in (effective, independent, resampled)]
                widths = [float(np.mean(x[1] - x[0])) for x in (effective, resampled)]
                print(
                    f"{fields:6}  {share:5.2f}  {likeness:8.2f}   {held[0]:15.2f}  {held[1]:11.2f}  {held[2]:9.2f}"
                    f"   {widths[0]:16.2f}  {widths[1]:9.2f}"
                )


def _draw(rng: np.random.Generator, fields: int, share: float, likeness: float) -> np.ndarray:
    strength = 1 / likeness - 1
    of_field = rng.beta(share * strength, (1 - share) * strength, (PROTEINS, fields, 1))
    return rng.random((PROTEINS, fields, CELLS)) < of_field


def _held(interval: tuple[np.ndarray, np.ndarray] | np.ndarray, share: float) -> float:
    return float(np.mean((interval[0] <= share) & (share <= interval[1])))


if __name__ == "__main__":
    main()
