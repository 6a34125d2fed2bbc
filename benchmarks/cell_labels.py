"""What each cell shows, learnt from labels of fields: which way is best, where cells of one field differ.

Phantom fields whose cells differ: in mixed fields a cell that can hold a location lacks it as often as `--variability`
says. Only the labels of fields are learnt from; what each cell shows is known exactly, and measured on the test part.

- `copied`: a network of fields; each cell is given what its field shows.
- `map`: the same network's activation map inside the cell's mask, together with the field.
- `single`: cells of fields with one label, each with that label (softmax), as seed 001.
- `weak`: all cells, each with all labels of its field.
- `mean`, `max`, `attention`: multiple instance learning (recipe `cells-mil`); `duo`: the two heads of
  `duohead-cells2021`.

Every network has the same body, optimiser, split, number of steps and number of pixels seen. Masks are the true ones.
Answers of a cell are measured alone; together with what the network says of the bag of its field (√ of the product);
and together with what the network of fields says of the field. mAP is the 2021 challenge's; macro AP and macro F1 are
over cells and the locations that occur, F1 with the rule of the model, and (tuned) with thresholds fitted to the true
labels of validation cells, which nobody has. Intervals are Student's, 95%, of the mean over seeds of weights.

What is done stays in the folder, each row in `cell_labels.csv`: the same command goes on where it was stopped.

    python benchmarks/cell_labels.py cell_labels
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Hashable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from cellocate import decision, load, phantom
from cellocate.cells.masks import MaskFolder
from cellocate.collection import Collection, bags_of, make_split, open_collection, pack, read_split, save_split
from cellocate.counted import counted
from cellocate.decision import Predictions
from cellocate.evaluation import Instances, evaluate, evaluate_instances
from cellocate.files import new_file, new_folder
from cellocate.images import CHANNELS, write_png
from cellocate.networks import Model
from cellocate.prediction import combine_with_fields, predict_bags, predict_cells, predict_collection, predict_within
from cellocate.training import Recipe, load_recipe
from cellocate.training.fit import train
from cellocate.training.prepare import Options
from cellocate.vocabulary import get_vocabulary

SIDE, SPAN, CROP = 192, 122.88, 64  # px and µm of a field, px of a cell's square (41 µm)
BATCH = 64  # squares of a step, or as many pixels of fields
EPOCHS = 12
VOCABULARY = get_vocabulary("hpa19")
POOLS = {"mean": 0.0, "max": 0.0, "attention": 0.0, "duo": 0.1}  # and the weight of the loss of cells
SYSTEMS = ("field", "single", "weak", *POOLS)
ALONE, BAG, FIELD = "alone", "with its bag", "with the network of fields"


def main() -> None:
    asked = _asked()
    folder = asked.folder / f"{asked.labels}-{asked.fields}-{asked.variability:g}-{asked.budget}"
    path = folder / "cell_labels.csv"
    rows: list[dict[Hashable, Any]] = pd.read_csv(path).to_dict("records") if path.is_file() else []
    done = {(row["trained"], row["seed"]) for row in rows}
    data = Data(folder, asked.labels, asked.fields, asked.variability)
    for seed in range(asked.seeds):
        for system in SYSTEMS:  # the network of fields first, which the others are put together with
            if (system, seed) in done:
                continue
            start = time.monotonic()
            rows += measured(data, system, seed, asked.budget)
            with new_file(path) as aside:
                pd.DataFrame(rows).to_csv(aside, index=False)
            print(f"seed {seed} {system}: {time.monotonic() - start:.0f} s", flush=True)
    print(page(pd.DataFrame(rows)))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", choices=("real", "balanced"), default="balanced")
    parser.add_argument("--fields", type=int, default=800)
    parser.add_argument("--variability", type=float, default=0.5)
    parser.add_argument("--budget", type=int, default=60_000, help="squares of 64 px that each network sees")
    parser.add_argument("--seeds", type=int, default=3)
    return parser.parse_args()


class Data:
    """Fields and their cells, drawn once, with one split."""

    def __init__(self, folder: Path, labels: str, count: int, variability: float) -> None:
        self.folder, self.split = folder, folder / "split.csv"
        drawn = folder / "fields"
        if not drawn.is_dir():
            shape = {"size": SIDE, "span": SPAN, "variability": variability}
            phantom.simulate(drawn, fields=count, labels=labels, layout="kaggle2021", **shape)  # type: ignore[arg-type]
        self.fields, self.masks = open_collection(drawn), MaskFolder(drawn / "truth")
        if not (folder / "cells").is_dir():
            _cut_out(self.fields, self.masks, folder / "squares")
            pack(open_collection(folder / "squares"), folder / "cells", sizes=[CROP], overwrite=True)
        self.cells = open_collection(folder / "cells")
        if not self.split.is_file():
            save_split(self.split, make_split(self.fields, "stratified", validation=0.15, test=0.35, seed=0))
        told = pd.read_csv(drawn / "truth" / "cells.csv", dtype=str, keep_default_na=False)
        shown = zip(told["Id"], told["cell"].astype(int), told["labels"], strict=True)
        self.shown = {(field, n): VOCABULARY.parse(text) for field, n, text in shown}

    def part(self, of: Collection, part: str) -> Collection:
        """The fields, or the cells, of a part."""
        parts = read_split(self.split, of).parts
        return of.subset([str(i) for i in parts.index[parts == part]])


def _cut_out(fields: Collection, masks: MaskFolder, out: Path) -> None:
    """Each cell along its mask, in a square about its centre, with the labels of its field."""
    half, rows = CROP // 2, []
    with new_folder(out) as aside:
        for field, labels in zip(fields.ids, fields.fields["labels"], strict=True):
            pixels, pixel_size = fields.read(field, CHANNELS)
            for number, mask in masks.read(field)[1].items():
                cell = mask.pixels
                around = ((0, 0), (half, half), (half, half))
                y, x = ((where.min() + where.max() + 1) // 2 for where in np.nonzero(cell))
                for channel, plane in zip(CHANNELS, np.pad(pixels * cell, around), strict=True):
                    write_png(aside / f"{field}_{number}_{channel}.png", plane[y : y + CROP, x : x + CROP])
                edge = bool(cell[[0, -1]].any() or cell[:, [0, -1]].any())
                text = "|".join(map(str, labels))
                rows.append((f"{field}_{number}", text, field, number, edge, field, pixel_size))
        columns = ["ID", "Label", "field", "cell", "edge", "group", "pixel_size"]
        pd.DataFrame(rows, columns=columns).to_csv(aside / "train.csv", index=False)


def measured(data: Data, system: str, seed: int, budget: int) -> list[dict[Hashable, Any]]:
    """Train a system, and measure each of its answers on the cells of the test part."""
    run = data.folder / f"{system}-{seed}"
    learnt = _learnt_from(data, system)
    if not (run / "model").is_dir():
        options = Options(split=data.split, overwrite=True, say=lambda _: None)
        train(learnt, _recipe(data, learnt, system, seed, budget), run, options)
    model = load(run / "model", device="cpu")
    network = load(data.folder / f"field-{seed}" / "model", device="cpu")
    answers = {part: dict(_answers(data, system, model, network, part)) for part in ("validation", "test")}
    rows = []
    for answer, said in answers["test"].items():
        tuned = _rule_of(data, answers["validation"][answer])
        figures = _figures(data, said, model.card.rule, tuned)
        rows.append({"trained": system, "answer": answer, "seed": seed, **figures})
    return rows


def _learnt_from(data: Data, system: str) -> Collection:
    if system == "field":
        return data.fields
    if system != "single":
        return data.cells
    one = [len(labels) == 1 for labels in data.cells.fields["labels"]]
    return data.cells.subset([i for i, alone in zip(data.cells.ids, one, strict=True) if alone])


def _recipe(data: Data, learnt: Collection, system: str, seed: int, budget: int) -> Recipe:
    """The same for all, but for what is one sample: so many make the pixels of a step."""
    squares = {"field": (SIDE / CROP) ** 2}.get(system, 1.0)
    if system in POOLS:
        sizes = [min(16, len(members)) for members in bags_of(learnt).members.values()]
        squares = float(np.mean(sizes))
    batch = max(2, round(BATCH / squares))
    settings = [
        f"data.size={SIDE if system == 'field' else CROP}",
        f"sampling.batches={max(1, round(budget / EPOCHS / BATCH))}",
        f"training.batch_size={batch}",
        f"training.epochs={EPOCHS}",
        f"training.seed={seed}",
        "training.patience=null",
        "data.intensity=depth",
        "optimiser.learning_rate=0.001",
    ]
    if system == "single":
        settings += ["loss.terms=cross_entropy", "decision.rule=argmax"]
    if system in POOLS:
        settings += [f"bags.pool={system}", f"bags.cell_loss={POOLS[system]}", "bags.edge=0.5"]
    return load_recipe("quick", settings)


def _answers(data: Data, system: str, model: Model, network: Model, part: str) -> Iterator[tuple[str, Predictions]]:
    fields = data.part(data.fields, part)
    whole = predict_collection(network, fields)
    if system == "field":
        for name, by_map in (("copied", False), ("map", True)):
            yield name, predict_within(model, fields, data.masks, whole, by_map=by_map)
        return
    cells = data.part(data.cells, part)
    alone = predict_cells(model, cells, alone=True)
    yield ALONE, alone
    if system in POOLS:
        bags = bags_of(cells)
        yield BAG, combine_with_fields(alone, bags.fields.ids, predict_bags(model, bags)[0].probabilities)
    yield FIELD, combine_with_fields(alone, fields.ids, whole.probabilities)


def _truth(data: Data, said: Predictions) -> NDArray[np.bool_]:
    return VOCABULARY.encode(
        [data.shown[field, n] for field, n in zip(said.fields or (), said.cells or (), strict=True)]
    )


def _rule_of(data: Data, said: Predictions) -> decision.Rule:
    """Thresholds fitted to what cells truly show."""
    return decision.fit("expected_f1", said.probabilities, _truth(data, said))


def _figures(data: Data, said: Predictions, rule: decision.Rule, tuned: decision.Rule) -> dict[Hashable, float]:
    truth, p = _truth(data, said), said.probabilities
    figures = evaluate(truth, rule.apply(p), VOCABULARY, probabilities=p, interval=False)
    best = evaluate(truth, tuned.apply(p), VOCABULARY, interval=False)
    true, predicted = {}, {}
    for field in dict.fromkeys(said.fields or ()):
        masks = _masks(data.masks, field)
        numbers = list(masks)
        shown = list(masks.values())
        values = said.of_cells(field, numbers)
        cell, label = np.nonzero(values > 0)
        true[field] = Instances.of(shown, [data.shown[field, n] for n in numbers])
        predicted[field] = Instances(shown, cell, label, values[cell, label].astype(np.float64))
    found = evaluate_instances(true, predicted, VOCABULARY, interval=False)
    return {
        "cells": len(p),
        "map": found["instance_map"],
        "macro_ap": figures["macro_average_precision"],
        "macro_f1": figures["macro_f1_present"],
        "macro_f1_tuned": best["macro_f1_present"],
        "chance_ap": figures["macro_average_precision_of_chance"],
    }


@cache
def _masks(masks: MaskFolder, field: str) -> dict[int, Any]:
    return masks.read(field)[1]


def page(rows: pd.DataFrame) -> str:
    """The means over seeds as a Markdown table, with the half width of their 95% intervals."""
    names = {"map": "mAP", "macro_ap": "macro AP", "macro_f1": "macro F1", "macro_f1_tuned": "macro F1, tuned"}
    lines = [f"| trained | answer | {' | '.join(names.values())} |", "|---|---|" + "---:|" * len(names)]
    for (trained, answer), group in rows.groupby(["trained", "answer"], sort=False):
        lines.append(f"| {trained} | {answer} | " + " | ".join(_with_interval(group[name]) for name in names) + " |")
    seeds = counted(rows["seed"].nunique(), "seed")
    cells, chance = rows["cells"].iloc[0], rows["chance_ap"].iloc[0]
    return "\n".join([*lines, "", f"{cells} cells of the test part, {seeds}; macro AP of chance {chance:.3f}."])


def _with_interval(values: pd.Series[float]) -> str:
    if len(values) < 2:
        return f"{values.mean():.3f}"
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
