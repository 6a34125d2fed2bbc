"""How much phantoms resemble real fields: statistics of each channel, and power at each length.

Needs the folder of real images and tables that `CELLOCATE_REAL_DATA` names (`../shared/data` beside the repository
unless told otherwise); says so and stops where there is none. About two minutes on two cores.

    python benchmarks/phantom_realism.py [SEED]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from cellocate import phantom
from cellocate.collection import Collection, open_collection
from cellocate.images import CHANNELS, FIELD_SPAN, read_field, to_float

FIELDS = 200
SIZE = 512  # px, as the real fields and as the table, whose figures follow from fields of 512 px
OCTAVES = [(2**k, 2 ** (k + 1)) for k in range(8)]  # cycles per field


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 17
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    real = Path(os.environ.get("CELLOCATE_REAL_DATA", beside))
    if not real.is_dir():
        print("no real data here (CELLOCATE_REAL_DATA names their folder): nothing is compared")
        return
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "phantoms"
        phantom.simulate(out, fields=FIELDS, size=SIZE, labels="real", seed=seed)
        phantoms = list(_pixels(open_collection(out)))
    table = pd.read_csv(real / "tables" / "kaggle2018_train_channel_statistics.csv.gz")
    compare_statistics(pd.DataFrame([statistics(field) for field in phantoms]), table)
    fields = list(_pixels(open_collection(real / "kaggle2018")))
    compare_spectra(np.array([spectra(field) for field in phantoms]), np.array([spectra(field) for field in fields]))


def _pixels(collection: Collection) -> Iterator[NDArray[np.float32]]:
    for files in collection.fields[list(CHANNELS)].to_dict("records"):
        yield to_float(read_field({name: files[name] for name in CHANNELS}))


def statistics(field: NDArray[np.float32]) -> dict[str, float]:
    """What the table tells of each image; `*_non_zero_mean` is the share of pixels that are not black."""
    channels = dict(zip(CHANNELS, field, strict=True))
    red, green, blue = (channels[name] for name in ("red", "green", "blue"))
    told = {"luminosity": float(0.2126 * red.mean() + 0.7152 * green.mean() + 0.0722 * blue.mean())}
    for name in ("red", "green", "blue"):
        channel = channels[name]
        told[f"{name}_mean"] = float(channel.mean())
        told[f"{name}_std"] = float(channel.std())
        told[f"{name}_non_zero_mean"] = float((channel > 0).mean())
    for name in ("red", "blue"):
        told[f"{name}_mask_green_mean"] = float(green[channels[name] > 0].mean())
    told["red_corr_with_green"] = float(np.corrcoef(red.ravel(), green.ravel())[0, 1])
    return told


def compare_statistics(phantoms: pd.DataFrame, real: pd.DataFrame) -> None:
    print(f"Statistics of {len(phantoms)} phantoms beside those of {len(real)} fields of the 2018 train set")
    print("statistic               phantom median   real 10% to 90%  inside  KS distance")
    inside, near = [], []
    for name in sorted(map(str, phantoms)):
        median = phantoms[name].median()
        low, high = real[name].quantile([0.1, 0.9])
        distance = float(ks_2samp(phantoms[name], real[name]).statistic)
        inside.append(low <= median <= high)
        near.append(distance <= 0.3)
        print(f"{name:22}  {median:14.3f}   {low:.3f} to {high:.3f}  {_yes(inside[-1]):>6}  {distance:11.3f}")
    print(f"median inside: {sum(inside)} of {len(inside)}; distance at most 0.3: {sum(near)} of {len(near)}\n")


def spectra(field: NDArray[np.float32]) -> NDArray[np.float64]:
    """log10 of the share of the variance of each channel in each octave, (channels, octaves)."""
    power = np.abs(np.fft.fft2(field - field.mean(axis=(1, 2), keepdims=True))) ** 2
    cycles = SIZE * np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE))
    share = [power[:, (cycles >= low) & (cycles < high)].sum(axis=1) for low, high in OCTAVES]
    total = np.maximum(power.sum(axis=(1, 2)), 1e-12)
    return np.asarray(np.log10(np.maximum(np.array(share) / total, 1e-12)).T, np.float64)


def compare_spectra(phantoms: NDArray[np.float64], real: NDArray[np.float64]) -> None:
    print(f"log10 of the share of variance in each octave: median of {len(phantoms)} phantoms", end=" ")
    print(f"(5% to 95% of {len(real)} real fields); ! where it lies outside")
    median, (low, high) = np.median(phantoms, axis=0), np.percentile(real, (5, 95), axis=0)
    inside = (low <= median) & (median <= high)
    print("lengths in µm " + "".join(f"{name:>25}" for name in CHANNELS))
    for k, (fewest, most) in enumerate(OCTAVES):
        print(f"{FIELD_SPAN / most:5.1f} to {FIELD_SPAN / fewest:5.1f}", end="")
        for c in range(len(CHANNELS)):
            mark = " " if inside[c, k] else "!"
            print(f"   {mark} {median[c, k]:5.2f} ({low[c, k]:.2f} to {high[c, k]:.2f})", end="")
        print()
    print("inside        " + "".join(f"{share:>25.0%}" for share in inside.mean(axis=1)))
    print(f"octaves inside: {inside.sum()} of {inside.size} ({inside.mean():.0%})")


def _yes(true: bool) -> str:
    return "yes" if true else "no"


if __name__ == "__main__":
    main()
