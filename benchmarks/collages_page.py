"""What `collages.py` measured, as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from collages_cells import LOCATIONS, Cells, Said
from numpy.typing import NDArray

from cellocate.cells.clean_up import RULES, CleanUp, removal_reasons
from cellocate.cells.masks import read_label_image
from cellocate.images import CHANNELS, read_channel

RESAMPLES = 1000
SIDE = 512  # px of each of the nine squares of a collage
LIT = 6  # grey levels, after a blur of 2 px, from which a pixel of a square counts as its cell's
LEAST = 1e-3  # probability, below which odds are not told apart
TWINS = 0.95  # correlation of the microtubules of two cells that are one

Floats = NDArray[np.float64]
Mixed = tuple[str, int, int, float]
"""A collage, its two locations, and the nominal share of the first."""

HEAD = """# Real single cells: the collages

Printed by `benchmarks/collages.py`. {collages} collages of nine real segmented cells each, on black; {pure} of one
location, {mixed} of two. Cells are found by `cellocate cells` without a pixel size or any special rule for the black
background. All cells found are used, including fragments. Cross-validation leaves out whole collages (five folds,
{repeats} times with new folds). It is not known which cells share an antibody or field, so collages may be less
independent than assumed. All settings were chosen before any result was seen, and not changed afterwards; the length of
training, learning rates and augmentation are guesses.

Intervals are 95% percentile intervals of {resamples} resamples of collages (those of one location within each), of the
same trained classifiers. With {fewest} collages of the rarest location they are too narrow, and nothing here is a
score on the atlas.

`logistic` and `forest` see {measures} measurements of each cell; `scratch` is a network of .4 million weights on crops
of 96 px; `phantoms` is the same network, trained on {phantoms} simulated cells only; `phantoms, then real` is then
trained on real cells; `both` is the mean of this and `logistic`.

    python benchmarks/collages.py runs/collages > docs/benchmarks/collages.md
"""


def told(cells: Cells, said: dict[str, Said], real: Path) -> str:
    """The whole page.

    Args:
        cells: of all collages.
        said: by each classifier, out of fold.
        real: the folder of collages.
    """
    names, mixed = list(LOCATIONS.values()), _mixed(real, cells, list(LOCATIONS))
    pure = cells.label >= 0
    per_location = [len(np.unique(cells.collages[cells.label == k])) for k in range(len(names))]
    head = HEAD.format(
        collages=len(np.unique(cells.collages)),
        pure=len(np.unique(cells.collages[pure])),
        mixed=len(np.unique(cells.collages[~pure])),
        repeats=len(said["logistic"]),
        resamples=RESAMPLES,
        measures=cells.measured.shape[1],
        phantoms=len(pd.read_csv(cells.folder.with_name("phantom_cells") / "cells.csv")),
        fewest=min(per_location),
    )
    parts = [_cells_found(cells, real), _twins(cells), _five(cells, said, names), _shares(cells, said, names, mixed)]
    page = "\n".join([head, *parts, _clean_up(cells, said["logistic"], names)])
    return "\n\n".join(map(_wrapped, page.split("\n\n")))


def _wrapped(block: str) -> str:
    return block if block.lstrip("\n").startswith(("#", "|", "    ")) else textwrap.fill(block, 120)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _with_interval(value: float, resampled: Floats, sign: str = "") -> str:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def _cells_found(cells: Cells, real: Path) -> str:
    each = [_squares(real, cells, collage) for collage in np.unique(cells.collages)]
    counts, overlaps = (np.concatenate(part) for part in list(zip(*each, strict=True))[:2])
    sizes = [size for _, _, size in each]
    return (
        "## Cells found\n\n"
        f"{len(cells.label)} cells in {len(counts)} squares; {np.mean(counts == 1):.1%} contain the centre of\n"
        f"one, {np.sum(counts == 0)} of none, {np.sum(counts > 1)} of several. The largest cell of a square and its\n"
        f"lit pixels overlap (intersection over union) by {overlaps.mean():.2f} on average; by .5 or more in\n"
        f"{np.mean(overlaps >= 0.5):.1%}, by .75 or more in {np.mean(overlaps >= 0.75):.1%}. Lit pixels are brighter\n"
        f"than {LIT} grey levels in any channel; the dark gaps are used only as truth. The estimated pixel size was\n"
        f"{np.median(sizes):.3f} µm in the median collage, {min(sizes):.3f} to {max(sizes):.3f}.\n"
    )


def _squares(real: Path, cells: Cells, collage: str) -> tuple[Floats, Floats, float]:
    """Of each square how many cells have their middle there, and how well the largest covers what is lit; µm per px."""
    labels = read_label_image(cells.folder / "masks" / f"{collage}_cells.png").labels
    area = cells.table["area_um2"][cells.collages == collage].sum()
    planes = [read_channel(real / "images" / f"{collage}_{c}.jpg", c) for c in CHANNELS]
    lit = cv2.GaussianBlur(np.max(planes, axis=0), (0, 0), 2) > LIT
    middles = [[np.median(at) // SIDE for at in np.nonzero(labels == n)] for n in np.unique(labels)[1:]]
    counts, overlaps = [], []
    for y, x in np.ndindex(3, 3):
        square = np.s_[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE]
        counts.append(middles.count([y, x]))
        sizes = np.bincount(labels[square].ravel())[1:]
        cell = labels[square] == (sizes.argmax() + 1 if sizes.any() else -1)
        overlaps.append((cell & lit[square]).sum() / max(1, (cell | lit[square]).sum()))
    return np.array(counts, float), np.array(overlaps), float(np.sqrt(area / np.count_nonzero(labels)))


def _twins(cells: Cells) -> str:
    red = np.stack([cells.crops.read(i, ("red",))[0][0] for i in cells.crops.ids]).astype(np.float64)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), 2) for plane in red])
    alike = np.corrcoef(blurred.reshape(len(red), -1))
    alike[cells.collages[:, None] == cells.collages] = 0
    pairs = np.argwhere(np.triu(alike) > TWINS)
    which = ", ".join(f"{cells.crops.ids[a]} and {cells.crops.ids[b]}" for a, b in pairs) or "none"
    pure = cells.label >= 0
    return (
        f"Cells of two collages whose microtubules correlate by more than {TWINS} (without rotation): {which}. Among\n"
        f"collages of one location no two exceed {alike[np.ix_(pure, pure)].max():.2f}.\n"
    )


def _five(cells: Cells, said: dict[str, Said], names: Sequence[str]) -> str:
    pure = cells.label >= 0
    label, collages = cells.label[pure], cells.collages[pure]
    draw = partial(_balanced, label=label, collages=collages)
    first: tuple[float, Floats] | None = None
    rows, recalls, best = [], [], ("", -1.0)
    for name, p in said.items():
        right = p[:, pure].argmax(axis=2) == label
        value, resampled = draw(right.mean(axis=0))
        first = first or (value, resampled)
        above = "" if name == next(iter(said)) else _with_interval(value - first[0], resampled - first[1], "+")
        places = [np.flatnonzero(cells.collages == c) for c in np.unique(collages)]
        wholes = [p[:, at].mean(axis=1).argmax(axis=1) == cells.label[at[0]] for at in places]
        whole = f"{np.mean(wholes):.2f}"
        rows.append((name, _with_interval(value, resampled), above, f"{right.mean():.3f}", whole))
        recalls.append((name, *(f"{right[:, label == k].mean():.2f}" for k in range(len(names)))))
        best = max(best, (name, value), key=lambda x: x[1])
    commonest = np.bincount(label).max() / len(label)
    rows.append(("*chance*", f"{1 / len(names):.3f}", "", f"{commonest:.3f}", ""))
    counts = (
        "*cells (collages)*",
        *(f"{np.sum(label == k)} ({len(set(collages[label == k]))})" for k in range(len(names))),
    )
    guessed = said[best[0]][:, pure].argmax(axis=2)
    confusion = [
        (name, *(f"{np.mean(np.sum((guessed == j) & (label == k), axis=1)):.1f}" for j in range(len(names))))
        for k, name in enumerate(names)
    ]
    return "\n".join(
        [
            "## Five locations\n",
            f"{len(label)} cells of {len(set(collages))} collages. Balanced accuracy is the mean of the five recalls.\n"
            "Chance is one answer for all cells; for accuracy, the commonest location. Collages right: by the mean\n"
            "probability of their cells.\n",
            _table(("classifier", "balanced accuracy", "above logistic", "accuracy", "collages right"), rows),
            "Recall:\n",
            _table(("classifier", *names), [*recalls, counts]),
            f"Cells by `{best[0]}`, which has the highest balanced accuracy; rows are true, means over repeats:\n",
            _table(("", *names), confusion),
        ]
    )


def _balanced(right: Floats, label: NDArray[np.intp], collages: NDArray[np.str_]) -> tuple[float, Floats]:
    """Balanced accuracy, and in resamples of the collages of each location; the same resamples at each call."""
    rng, plain, resampled = np.random.default_rng(0), [], []
    for k in np.unique(label):
        own = np.unique(collages[label == k])
        hits, counts = (np.array([f(right[collages == c]) for c in own], float) for f in (np.sum, len))
        drawn = rng.integers(0, len(own), (RESAMPLES, len(own)))
        plain.append(hits.sum() / counts.sum())
        resampled.append(hits[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return float(np.mean(plain)), np.mean(resampled, axis=0)


def _shares(cells: Cells, said: dict[str, Said], names: Sequence[str], mixed: Sequence[Mixed]) -> str:
    nominal = np.array([share for _, _, _, share in mixed])
    nine = np.array([{names[a], names[b]} == {"Cytosol", "Nucleoplasm"} for _, a, b, _ in mixed])
    half = np.abs(0.5 - nominal)
    estimates = {(name, way): e for name, p in said.items() for way, e in _estimates(cells, p, mixed).items()}
    estimates["light in the nucleus", "unmixed"] = _by_light(cells, mixed)
    rows = []
    for named, estimate in estimates.items():
        error = np.abs(estimate - nominal)
        by_share = [f"{estimate[nine & (nominal == s)].mean():.2f}" for s in (0.25, 0.5, 0.75)]
        rows.append((*named, _mean(error), _mean(error - half, "+"), _mean(error[nine]), *by_share))
    rows.append(("*always .5*", "", _mean(half), "", _mean(half[nine]), *["0.50"] * 3))
    header = ("from", "share", "error of all", "less that of .5", f"error of the {nine.sum()}", ".25", ".50", ".75")
    return "\n".join(
        [
            "## Shares in mixed collages\n",
            f"{len(mixed)} collages of two locations, {nine.sum()} of them of cytosol and nucleoplasm.\n"
            "The two locations are given, and the share of the first is estimated. The data do not explain the\n"
            "nominal share (.25, .5, .75). It cannot be a share of nine cells, and the two identical cells above\n"
            "have different proteins, so it is probably the share of light in each cell, mixed from two proteins\n"
            "(a guess). There are three estimates, none trained on mixtures: `cells`, the share of cells in which\n"
            "the first location is likelier; `probability`, its mean probability among the two; `unmixed`, the\n"
            "position of the mean log odds between those of pure collages of the second and of the first\n"
            "location, out of fold. The row *light in the nucleus* (its share of the protein's light in a cell)\n"
            "uses no classifier, is unmixed in the same way, and was added after the other results were known; it\n"
            "cannot separate two locations on the same side of the nuclear membrane. Errors are mean absolute\n"
            "errors. The last columns are the mean estimate of cytosol at this nominal share, if the other\n"
            "location is nucleoplasm.\n",
            _table(header, rows),
        ]
    )


def _mean(values: Floats, sign: str = "") -> str:
    """The mean over collages, with its interval."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    return _with_interval(float(values.mean()), values[drawn].mean(axis=1), sign)


def _mixed(real: Path, cells: Cells, indices: list[int]) -> list[Mixed]:
    """The collages of two locations, by `labels.csv`."""
    table = pd.read_csv(real / "labels.csv", dtype=str).set_index("Id")
    found = []
    for collage in np.unique(cells.collages[cells.label < 0]):
        a, b = (indices.index(int(x)) for x in str(table.loc[collage, "Target"]).split())
        found.append((str(collage), a, b, float(str(table.loc[collage, "fractions"]).split("_")[0])))
    return found


def _estimates(cells: Cells, p: Said, mixed: Sequence[Mixed]) -> dict[str, Floats]:
    estimates: dict[str, list[float]] = {"cells": [], "probability": [], "unmixed": []}
    for collage, a, b, _ in mixed:
        odds = np.log((p[..., a] + LEAST) / (p[..., b] + LEAST))
        own = odds[:, cells.collages == collage]
        estimates["cells"].append(float((own > 0).mean()))
        estimates["probability"].append(float((1 / (1 + np.exp(-own))).mean()))
        estimates["unmixed"].append(_unmixed(odds, cells, collage, a, b))
    return {name: np.array(values) for name, values in estimates.items()}


def _by_light(cells: Cells, mixed: Sequence[Mixed]) -> Floats:
    share = (cells.table["green_nucleus_sum"] / cells.table["green_cell_sum"]).to_numpy(np.float64)
    return np.array([_unmixed(share, cells, collage, a, b) for collage, a, b, _ in mixed])


def _unmixed(values: Floats, cells: Cells, collage: str, a: int, b: int) -> float:
    """How far a collage's mean lies on the way from that of cells of one location to that of another."""
    groups = (cells.label == a, cells.label == b, cells.collages == collage)
    first, second, here = (np.nanmean(values[..., which]) for which in groups)
    return float(np.clip((here - second) / (first - second), 0, 1))


def _clean_up(cells: Cells, p: Said, names: Sequence[str]) -> str:
    pure = cells.label >= 0
    table, label = cells.table[pure].assign(empty=False), cells.label[pure]
    why = removal_reasons(table, CleanUp())
    alone = {name: rule(table, CleanUp()).to_numpy(dtype=bool) for name, rule in RULES.items()}
    rows = list(_rule_rows(why, alone, label, len(names)))
    negative = alone["negative"]
    right = (p[:, pure].argmax(axis=2) == label).mean(axis=0)
    counts = [str(np.sum(label == k)) for k in range(len(names))]
    return "\n".join(
        [
            "## Clean-up (`--strong`)\n",
            "Cells of collages of one location. By the labels, all of them show it, so every cell that `negative`\n"
            "leaves out is an error. But the cells of a collage seem to be from several fields and proteins,\n"
            "while the rule expects those of one field. `edge` is the border of the collage here.\n",
            _table(
                ("rule", "first to leave out", "leaves out alone", *names),
                [*rows, ("*cells*", str(len(label)), "", *counts)],
            ),
            f"`logistic` is right, out of fold, about {right[negative].mean():.0%} of the {negative.sum()} cells that "
            f"`negative` would leave out, and {right[~negative].mean():.0%} of the other {np.sum(~negative)}.",
        ]
    )


def _rule_rows(
    why: pd.Series[Any], alone: dict[str, NDArray[np.bool_]], label: NDArray[np.intp], locations: int
) -> Iterator[tuple[str, ...]]:
    for name, odd in alone.items():
        by_location = [str(np.sum(odd & (label == k))) for k in range(locations)]
        yield (f"`{name}`", str(np.sum(why == name)), str(odd.sum()), *by_location)
    yield ("kept", str(np.sum(why == "")), "", *(str(np.sum((why == "") & (label == k))) for k in range(locations)))
