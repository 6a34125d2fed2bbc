"""How long it takes to find all near duplicates among 100,000 fields, on one core, and how much memory.

python benchmarks/duplicates_speed.py [FIELDS]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from numpy.typing import NDArray

from cellocate.collection.duplicates import BITS, clusters

FIELDS = 100_000
PLANTED = 1000  # pairs
AIM = 60  # seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    print(f"near duplicates among {count:,} fields (red, green and blue each within {BITS} of 64 bits)")
    print("hashes                              CPU seconds  peak MiB  pairs found of those planted")
    for name, hashes in _tables(count).items():
        began = time.process_time()
        number = clusters(hashes)
        spent = time.process_time() - began
        planted = min(PLANTED, count // 4)
        found = int((number[:planted] == number[-planted:]).sum())
        print(f"{name:35} {spent:11.1f}  {_peak():8.0f}  {found} of {planted}", flush=True)
        if name == "random":
            print(f"{'':35} {'within' if spent < AIM else 'MORE than'} the aim of {AIM} s")


def _tables(count: int) -> dict[str, NDArray[np.uint64]]:
    """Hashes with near pairs planted: the first and the last fields."""
    rng = np.random.default_rng(0)
    hashes = _hashes(rng, count)
    planted = min(PLANTED, count // 4)
    for channel in range(3):
        flips = np.zeros(planted, np.uint64)
        for _ in range(BITS // 2):  # a swap of a set and an unset bit, as between two median splits
            flips |= np.uint64(1) << rng.integers(0, 64, planted).astype(np.uint64)
        hashes[-planted:, channel] = hashes[:planted, channel] ^ flips
    no_red = hashes.copy()
    no_red[:, 0] = 0
    return {"random": hashes, "random, without a red channel": no_red}


def _hashes(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    """Random words with half of their bits set, as perceptual hashes have them, shape (count, 3)."""
    bits = rng.permuted(np.broadcast_to(np.arange(64) < 32, (count * 3, 64)), axis=1)
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64).reshape(count, 3)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
