"""A small evaluation: three fields of four channels, three locations, and a model card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.collection import Collection
from cellocate.decision import Predictions
from cellocate.evaluation import evaluate
from cellocate.images import CHANNELS, write_png
from cellocate.networks.model_card import ModelCard
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

TINY = Vocabulary(
    "tiny",
    (
        Location("Nucleoli", None, "Nucleus"),
        Location("Cytosol", None, "Cytosol"),
        Location("Aggresome", None, "Cytosol"),
    ),
)


def make_collection(folder: Path, truth: np.ndarray, vocabulary: Vocabulary, channels: tuple[str, ...]) -> Collection:
    rng = np.random.default_rng(0)
    rows = []
    for i, labels in enumerate(vocabulary.decode(truth)):
        files = {}
        for channel in channels:
            path = folder / f"field{i}_{channel}.png"
            write_png(path, rng.integers(0, 256, size=(24, 32), dtype=np.uint8))
            files[channel] = str(path)
        rows.append({**files, "labels": labels})
    index = pd.Index([f"field{i}" for i in range(len(rows))], name="id", dtype=object)
    return Collection(folder, "folder", pd.DataFrame(rows, index=index), vocabulary)


def make_card(vocabulary: Vocabulary, channels: tuple[str, ...] = CHANNELS, **changes: object) -> ModelCard:
    content = {
        "name": "quick",
        "backbone": "resnet18",
        "vocabulary": vocabulary.name,
        "locations": [{"name": x.name, "go": x.go, "group": x.group} for x in vocabulary.locations],
        "channels": channels,
        "size": 100,
        "pixel_size": 0.5,
        "pixel_size_assumed": True,
        "intensity": "depth",
        "normalisation": {"mean": (0.1,) * len(channels), "std": (0.1,) * len(channels)},
        "rule": {"kind": "fixed", "thresholds": (0.5,) * len(vocabulary)},
        "scores": {},
        "provenance": {
            "cellocate": "0.1.0",
            "torch": "2.6.0",
            "timm": "1.0.15",
            "created": "2026-01-02T03:04:05",
            "collection": "plates",
            "layout": "kaggle2018",
            "simulated": False,
            "fields": {"train": 40, "validation": 5},
            "epoch": 2,
            "recipe": {"training": {"seed": 4711}},
        },
        "fields": {"train": ("other",), "validation": ()},
    }
    return ModelCard.model_validate(content | changes)


def make_history(*, validated: bool = True) -> pd.DataFrame:
    epochs = np.arange(1, 4)
    scores = [0.1, 0.2, 0.3] if validated else [np.nan] * 3
    return pd.DataFrame(
        {
            "epoch": epochs,
            "train_loss": 1 / epochs,
            "validation_loss": scores,
            "validation_macro_f1": scores,
            "validation_macro_average_precision": scores,
            "learning_rate": 0.001,
            "seconds": 2.0,
        }
    )


def build(
    folder: Path, vocabulary: Vocabulary | str = TINY, channels: tuple[str, ...] = CHANNELS, **changes: object
) -> Evaluated:
    """An evaluation in which field0 is right, field1 has a miss, and field2 a false alarm."""
    vocabulary = get_vocabulary(vocabulary) if isinstance(vocabulary, str) else vocabulary
    truth = np.zeros((3, len(vocabulary)), dtype=bool)
    truth[[0, 1, 1, 2], [0, 0, 1, 1]] = True
    decided = truth.copy()
    decided[1, 1], decided[2, 0] = False, True
    probabilities = np.where(decided, 0.8125, 0.1875)
    thresholds = [0.5] * len(vocabulary)
    place = folder / "plate one"
    place.mkdir()
    shown = np.asarray(changes.pop("decided", decided))
    known = changes.pop("probabilities", probabilities)
    known = np.full(shown.shape, np.nan) if known is None else known
    ids = [f"field{i}" for i in range(len(shown))]
    evaluated = Evaluated(
        collection=make_collection(place, truth, vocabulary, channels),
        predictions=Predictions(ids, known, shown, vocabulary),
        truth=truth,
        metrics=evaluate(truth, decided, vocabulary, probabilities=probabilities, thresholds=thresholds),
        card=make_card(vocabulary, channels),
        history=make_history(),
    )
    return replace(evaluated, **changes)
