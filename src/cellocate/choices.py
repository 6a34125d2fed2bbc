"""Names that settings and options choose from, apart from what they do, which takes long to import."""

from __future__ import annotations

from typing import Literal

DEFAULT_RULE = "auto"
"""The rule of models and of `decide fit`, where nobody asks for another: the best of some, out of fold."""


def present_rule(name: object) -> object:
    """The name of a rule today: `argmax` was `best` in earlier files.

    Example:
        >>> present_rule("best"), present_rule("single")
        ('argmax', 'single')
    """
    return "argmax" if name == "best" else name


Fallback = Literal["none", "nearest", "likeliest"]
"""What a field shows that reaches no threshold."""

CalibrationKind = Literal["temperature", "per_class"]
"""By one number for all locations, or by two for each; see `cellocate.decision.calibration`."""

SplitMethod = Literal["stratified", "random", "sequential", "leave-one-out"]
"""How fields are parted; see `cellocate.collection.make_split`."""

Part = Literal["train", "validation", "test"]
"""Of a split."""

Centre = Literal["cell", "nucleus"]
"""What is in the middle of the crop of a cell."""

Colours = Literal["atlas", "magenta"]
"""Of composites; see `cellocate.pictures`."""

Stem = Literal["repeat", "mean", "red", "green", "blue"]
"""How a first layer of three channels is made to take others; see `cellocate.networks.stem`."""

Activation = Literal["sigmoid", "softmax"]
"""How logits become probabilities: of several labels, or of one."""

Weighting = Literal["none", "inverse_log", "ratio", "root_ratio", "rest", "rest_squared"]
"""Class weights of a loss; see `cellocate.training.losses.weights`."""

TtaKind = Literal["none", "flips", "dihedral"]
"""Orientations of test-time augmentation; see `cellocate.images.tta`."""

TrainingTurns = Literal[TtaKind, "eighths"]
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
"""The figure that the best epoch and early stopping are chosen by."""

PoolKind = Literal["mean", "geometric", "rank", "weighted", "stacked"]
"""How several tables of probabilities become one; see `cellocate.decision.ensembles`."""

CombineBy = Literal["mean", "best_per_location"]
"""How the networks of several models are weighted; see `cellocate.training.combine`."""

Format = Literal["table", "h5ad", "kaggle2018", "kaggle2021"]
"""Of predictions."""

MapMethod = Literal["gradients", "layercam", "gradcam"]
"""How maps of evidence are made; see `cellocate.explain.evidence_maps`."""

Judge = Literal["likelihood", "cleanlab"]
"""What labels are doubted by; see `cellocate.explain.audit`."""

DEFAULT_RECIPE = "quick"
"""What `train` follows, where nobody asks for another."""
