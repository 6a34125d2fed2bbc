"""`cellocate demo`."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cellocate.cli import options
from cellocate.cli.evaluate import print_scores
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.errors import CellocateError

if TYPE_CHECKING:
    from cellocate.assessment import Evaluated

FIELDS, SIZE, SPAN, EPOCHS = 800, 128, 81.92, 20  # half the usual width: even 128 px show some detail
REPORT = "report.html"
EXPECTED = (0.50, 0.68)
"""Macro F1 on the test part: the range over seeds (benchmarks/demo_seeds.py), with a margin."""


def demo(
    out: options.OutFolder = Path("demo"),
    fields: Annotated[int, option("Number of simulated fields.", min=60)] = FIELDS,
    epochs: Annotated[int, option("Number of training epochs.", min=1)] = EPOCHS,
    seed: Annotated[int, option("Random seed of the fields, the split and the training.", min=0)] = 0,
    overwrite: options.Overwrite = False,
) -> None:
    """Run everything on simulated cells: simulate, train, evaluate, predict. Takes a few minutes.

    Example: cellocate demo
    """
    from cellocate.cli.console import repeatable
    from cellocate.files import refuse_existing

    began = time.monotonic()
    if (out / REPORT).is_file() and (out / "phantoms").is_dir() and not overwrite:
        mend = f"Open {out / REPORT}, or run it again with --overwrite."
        raise CellocateError("the folder already holds a demo", where=out, mend=mend)
    refuse_existing(out, overwrite=overwrite)
    shutil.rmtree(out, ignore_errors=True)
    with repeatable():
        scores = _run(out, fields=fields, epochs=epochs, seed=seed)
    print_scores(scores)
    if (fields, epochs) == (FIELDS, EPOCHS):
        print(f"expected: macro F1 {EXPECTED[0]:.2f} to {EXPECTED[1]:.2f}")
    print(f"{time.monotonic() - began:.0f} s; open {out / REPORT}")


def _run(out: Path, *, fields: int, epochs: int, seed: int) -> Evaluated:
    from cellocate import phantom
    from cellocate.assessment.model_evaluation import evaluate_model
    from cellocate.cli.console import progress
    from cellocate.collection import open_collection
    from cellocate.files import mark
    from cellocate.prediction import predict_collection
    from cellocate.report import write_evaluation
    from cellocate.training import load_recipe
    from cellocate.training.fit import train
    from cellocate.training.prepare import Options

    print(f"1. simulating {counted(fields, 'field')} of cells", flush=True)
    with progress("drawing", fields) as advance:
        phantom.simulate(
            out / "phantoms", fields=fields, size=SIZE, span=SPAN, labels="balanced", seed=seed, progress=advance
        )
    mark(out)
    collection = open_collection(out / "phantoms")

    print("2. training a small network from scratch", flush=True)
    recipe = load_recipe("quick", [f"training.epochs={epochs}", f"training.seed={seed}"])
    model = train(collection, recipe, out / "run", Options(progress=sys.stdout.isatty()))
    assert model is not None  # there is one process

    print("3. evaluating it on the held-out test fields", flush=True)
    with progress("predicting", len(model.card.fields["test"])) as advance:
        scores = evaluate_model(model, collection, part="test", maps=True, progress=advance)
    write_evaluation(scores, out / "scores")
    with progress("predicting", len(collection)) as advance:
        predict_collection(model, collection, progress=advance).save(out / "submission.csv", "kaggle2018")
    (out / "run" / "model").rename(out / "model")
    (out / "scores" / REPORT).rename(out / REPORT)
    return scores
