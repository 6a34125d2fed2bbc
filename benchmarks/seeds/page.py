"""The comparison as Markdown: a table of the rows and one of the findings for each collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from figures import Predictions
from findings import FINDINGS, RULE, Tested, test
from rows import ROWS
from scipy import stats

from cellocate.counted import counted

HEADS = {
    "fields": {
        "macro_f1_fixed": "F1 at .5",
        "macro_f1_tuned": "F1 tuned",
        "macro_ap": "macro AP",
        "binary_accuracy": "binary accuracy",
    },
    "cells": {"accuracy": "accuracy", "macro_f1_tuned": "macro F1"},
}
CHANCE = {
    "macro_f1_tuned": "macro_f1_everything",
    "macro_ap": "macro_ap_chance",
    "binary_accuracy": "binary_accuracy_nothing",
    "accuracy": "accuracy_commonest",
}
VERDICTS = ("holds", "does not", "cannot be told")


def page(rows: pd.DataFrame, folder: Path, command: str) -> str:
    """Everything that has been measured so far.

    Args:
        rows: of `seeds.csv`.
        folder: with a folder of predictions for each collection.
        command: by which it was measured.
    """
    lines = [
        "# Published systems on equal terms",
        "",
        "Simulated cells, not real ones: these scores compare methods and tell nothing about scores on the atlas. "
        "All rows of a table share one split and the same number of images seen; there is no early stopping and no "
        "second training. Networks start from scratch, except `-frozen`, `-started` and `resnet50-all-layers`. "
        "Their backbones were trained on other phantoms of the same locations, which favours a frozen backbone "
        "more than ImageNet does. Thresholds are fitted on the validation part; all scores are of the test part. "
        "Macro averages are over the locations that occur there. Intervals are Student's, 95%, over seeds of the "
        "training. *Reported* scores were measured on other data, and often on the fields that thresholds were "
        "tuned on. A row near *no skill* has hardly learnt from so few images. Two specialists that are combined "
        "see half of the images each. Seconds include the validation after each epoch; they are those of the "
        "quickest seed, as the machine was busy at times. The column *of* names the project: 000 the capstone "
        "project, 001 the course project on cells, 002 the course report, 003 the course poster, 004 the mini "
        "project (see docs/training.md). The rules for each finding are below the tables.",
        "",
        "Left out: `resnet50-arcface2018`, as phantoms have no antibodies; `duohead-cells2021` and `cells-mil`, "
        "which learn from the cells of fields and are compared by `benchmarks/cell_labels.py`; `resnet18-frozen`, "
        "`vgg19-frozen` and `densenet161-frozen`, without a reported score; `quick`.",
        "",
        f"    {command}",
    ]
    for collection, measured in rows.groupby("collection", sort=False):
        for kind in HEADS:
            kept = measured[measured["row"].str.startswith("cells-") == (kind == "cells")]
            if len(kept):
                lines += ["", f"## {collection}: {kind}", "", *_table(kept, kind)]
        lines += ["", f"## {collection}: findings", "", *_findings(measured, folder / str(collection))]
    return "\n".join([*lines, "", "## How findings are judged", "", RULE, ""])


def _table(rows: pd.DataFrame, kind: str) -> Iterator[str]:
    heads, first = HEADS[kind], rows.iloc[0]
    yield "| row | reported | " + " | ".join(heads.values()) + " | parameters | s/1000 images | seeds |"
    yield "|" + "---|" * (len(heads) + 5)
    for row in ROWS:
        own = rows[rows["row"] == row.name]
        if len(own):
            name = row.name + (f" ({own['location'].iloc[0]})" if own["location"].any() else "")
            figures = " | ".join(_interval(own[name]) for name in heads)
            seconds, weights = own["seconds_per_1000"].min(), own["parameters"].iloc[0]
            yield f"| {name} | {row.reported} | {figures} | {weights:,.0f} | {seconds:.1f} | {len(own)} |"
    chance = [_number(first[CHANCE[name]]) if name in CHANCE else "" for name in heads]
    yield "| *no skill* | | " + " | ".join(chance) + " | | | |"
    yield ""
    low, high = rows["images_seen"].min(), rows["images_seen"].max()
    yield (
        f"n = {first['n']:.0f} {kind} of the test part, {first['locations']:.0f} locations; {low:,.0f} to {high:,.0f} "
        "images seen. No skill: predicting everything (F1), a random order (AP), nothing (binary accuracy), the "
        "commonest location (accuracy). For a specialist for one location, no skill is different: its AP is of "
        "that location alone."
    )


def _interval(values: pd.Series[float]) -> str:
    kept = values.dropna()
    if len(kept) < 2:
        return _number(kept.mean())
    half = stats.t.ppf(0.975, len(kept) - 1) * kept.sem()
    return f"{_number(kept.mean())} ± {_number(half)}"


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f}".replace("0.", ".", 1)


def _findings(rows: pd.DataFrame, folder: Path) -> Iterator[str]:
    tested = list(_tested(rows, folder))
    count = Counter(t.verdict.removesuffix(" (one seed)") for t in tested)
    told = "; ".join(f"{verdict}: {count[verdict]}" for verdict in VERDICTS)
    yield f"{counted(len(tested), 'finding')}. {told.capitalize()}."
    yield ""
    yield "| finding | of | rows | measure | difference, each seed | 95% interval | verdict |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(_finding, tested)


def _tested(rows: pd.DataFrame, folder: Path) -> Iterator[Tested]:
    done = {name: set(own["seed"]) for name, own in rows.groupby("row")}
    for finding in FINDINGS:
        seeds = sorted(done.get(finding.better, set()) & done.get(finding.worse, set()))
        pairs = [
            (
                Predictions.read(folder / "predictions" / f"{finding.better}-{seed}.npz"),
                Predictions.read(folder / "predictions" / f"{finding.worse}-{seed}.npz"),
            )
            for seed in seeds
        ]
        if pairs:
            yield test(finding, pairs)


def _finding(tested: Tested) -> str:
    finding = tested.finding
    own = ", ".join(f"{d:+.3f}" for d in tested.differences)
    rows = finding.better if finding.better == finding.worse else f"{finding.better} − {finding.worse}"
    measure = finding.measure if not finding.against else f"{finding.measure} − {finding.against}"
    measure += f" of {', '.join(finding.locations)}" if finding.locations else ""
    low, high = tested.interval
    told = f"| {finding.says} | {finding.seeds} | {rows} | {measure} | {own} "
    interval = "" if pd.isna(low) else f"{low:+.3f} to {high:+.3f}"
    return told + f"| {interval} | **{tested.verdict}** |"


def row_of(collection: str, name: str, seed: int, path: Path) -> dict[Hashable, Any]:
    """A row of `seeds.csv`."""
    told: dict[Hashable, Any] = {"collection": collection, "row": name, "seed": seed}
    return told | Predictions.read(path).figures()
