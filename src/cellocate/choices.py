"""Choices of settings and options. They are here so that options can be checked without slow imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

DEFAULT_RULE = "auto"
"""Default decision rule: the best of three, judged out of fold."""


def present_rule(name: object) -> object:
    """The present name of a rule: `argmax` was `best` in earlier files.

    Example:
        >>> present_rule("best"), present_rule("single")
        ('argmax', 'single')
    """
    return "argmax" if name == "best" else name


def under_present_names(values: object, present: Mapping[str, str]) -> object:
    """Settings under their names now, if they are a dict; `present` has the name now of each earlier name.

    Of a setting under both names the later one counts: `--set` with an earlier name changes what a recipe has.

    Example:
        >>> under_present_names({"views": "flips", "rule": "single"}, {"views": "tta"})
        {'tta': 'flips', 'rule': 'single'}
    """
    return {present.get(name, name): value for name, value in values.items()} if isinstance(values, dict) else values


Fallback = Literal["none", "nearest", "likeliest"]
"""What to predict for a field that reaches no threshold."""

CalibrationKind = Literal["temperature", "per_class"]
"""One number for all locations, or two for each; see `cellocate.decision.calibration`."""

DrawnSplit = Literal["stratified", "random", "sequential"]
"""How a recipe splits fields."""

SplitMethod = Literal[DrawnSplit, "leave-one-out"]
"""See `cellocate.collection.make_split`."""

Part = Literal["train", "validation", "test"]
"""Parts of a split."""

Centre = Literal["cell", "nucleus"]
"""What the crop of a cell is centred on."""

Colours = Literal["atlas", "magenta"]
"""Colours of composites; see `cellocate.pictures`."""

Stem = Literal["repeat", "mean", "red", "green", "blue"]
"""How a first layer of three channels is adapted to others; see `cellocate.networks.stem`."""

Activation = Literal["sigmoid", "softmax"]
"""How logits become probabilities, for several labels or for one."""

Weighting = Literal["none", "inverse_log", "ratio", "root_ratio", "rest", "rest_squared"]
"""Class weights of a loss; see `cellocate.training.losses.weights`."""

TtaKind = Literal["none", "flips", "dihedral"]
"""Orientations of test-time augmentation; see `cellocate.images.tta`."""

TrainingOrientation = Literal[TtaKind, "eighths"]
"""Orientations of training; see `cellocate.training.augmentation`."""

Monitor = Literal[
    "validation_loss",
    "validation_macro_average_precision",
    "validation_macro_f1",
    "validation_micro_f1",
    "validation_macro_precision",
    "validation_macro_recall",
    "validation_exact_match",
    "validation_binary_accuracy",
    "validation_ece",
]
"""The score that selects the best epoch and stops early."""

PoolKind = Literal["mean", "geometric", "rank", "weighted", "stacked"]
"""How several tables of probabilities become one; see `cellocate.decision.pooling`."""

CombineBy = Literal["mean", "best_per_location"]
"""How the networks of several models are weighted; see `cellocate.training.combine`."""

Challenge = Literal["kaggle2018", "kaggle2021"]
"""Challenges of the Human Protein Atlas, with layouts and submissions of their own."""

Format = Literal["table", "h5ad", Challenge]
"""File formats of predictions."""

BuiltInVocabulary = Literal["hpa28", "hpa19", "subcell31"]
"""Names of the vocabularies that come with cellocate."""

Channel = Literal["red", "green", "blue", "yellow"]
"""Microtubules, protein, nucleus, ER."""

Edition = Literal["jpg", "composite", "tif"]
"""Editions of the atlas's images; see `cellocate.collection.download.editions`."""

MapMethod = Literal["gradients", "layercam", "gradcam"]
"""How maps of evidence are made; see `cellocate.explain.evidence_maps`."""

Judge = Literal["likelihood", "cleanlab"]
"""How labels are judged; see `cellocate.explain.audit`."""

DEFAULT_RECIPE = "quick"
"""Default recipe of `train`."""
