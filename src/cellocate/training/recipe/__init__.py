"""A recipe: everything that defines a training run, in one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cellocate.choices import DEFAULT_RULE, CalibrationKind, Fallback, TtaKind, present_rule
from cellocate.images import TTA
from cellocate.images.tta import Crops, Pooled
from cellocate.registry import RULES
from cellocate.training.recipe.data_sections import Augmentation, Data, Sampling
from cellocate.training.recipe.network_sections import Bags, Loss, Network
from cellocate.training.recipe.section import Section
from cellocate.training.recipe.training_sections import FIGURES, Optimiser, Schedule, Training

__all__ = [
    "FIGURES",
    "Augmentation",
    "Data",
    "Decision",
    "Loss",
    "Optimiser",
    "Recipe",
    "Sampling",
    "Schedule",
    "Training",
]


def _known_rule(name: str) -> str:
    return RULES.checked(name, DEFAULT_RULE)


class Decision(Section):
    """The decision rule, and the probabilities it is fitted to on the validation part.

    Args:
        rule: name of the rule (see `cellocate.decision.fit_rule`).
        fallback: label of a field with no location; the rule's own by default.
        at_most: maximum number of locations of a field; null: 5, or as many as a validation field shows, if more.
        tta: test-time augmentation: `none`, `flips` (4 mirrors of each field) or `dihedral` (8 orientations).
        crops: crops of a field at prediction: 0, none; 1, its centre; 4, its corners; 5, all of these; sized by
            `augmentation.crop`.
        pool: how probabilities are pooled over test-time augmentation: `mean`, `max`, or `geometric`, the mean of
            logits.
        calibrate: calibration before the rule, with one number for all locations (`temperature`) or two for each
            (`per_class`); null: none.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"views": "tta"})

    rule: Annotated[str, BeforeValidator(present_rule), AfterValidator(_known_rule)] = DEFAULT_RULE
    fallback: Fallback | None = None
    at_most: Annotated[int, Field(ge=1)] | None = None
    tta: TtaKind = "none"
    crops: Crops = 0
    pool: Pooled = "mean"
    calibrate: CalibrationKind | None = None


class Recipe(Section):
    """A training run: the data, the network, its training and its decision rule.

    Example:
        >>> Recipe(name="mine", training=Training(epochs=2)).training.batch_size
        32
    """

    name: Annotated[str, Field(min_length=1)]
    description: str = ""
    data: Data = Data()
    network: Network = Network()
    bags: Bags = Bags()
    loss: Loss = Loss()
    sampling: Sampling = Sampling()
    augmentation: Augmentation = Augmentation()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    training: Training = Training()
    decision: Decision = Decision()

    @model_validator(mode="after")
    def _agree(self) -> Recipe:
        if "arcface" in self.loss.terms and (self.augmentation.mixup or self.augmentation.cutmix):
            raise ValueError(
                "arcface in loss.terms needs unmixed fields: leave augmentation.mixup and augmentation.cutmix at 0"
            )
        if self.loss.activation == "softmax" and self.decision.rule != "argmax":
            raise ValueError("cross_entropy in loss.terms is for a single label: set decision.rule to argmax")
        if self.loss.activation == "softmax" and self.decision.calibrate is not None:
            raise ValueError("cross_entropy's probabilities sum to 1: leave decision.calibrate out")
        if self.decision.crops and self.augmentation.crop == 1:
            raise ValueError("decision.crops uses the size of augmentation.crop: set it, or leave decision.crops at 0")
        if self.loss.activation == "softmax" and self.decision.pool == "max":
            raise ValueError("cross_entropy's probabilities sum to 1: set decision.pool to mean or geometric")
        self._bags_agree()
        self.tta()  # raises for impossible combinations
        return self

    def _bags_agree(self) -> None:
        if self.bags.pool is None:
            return
        clashes = {
            "arcface in loss.terms": "arcface" in self.loss.terms,
            "cross_entropy in loss.terms": self.loss.activation == "softmax",
            "augmentation.mixup": self.augmentation.mixup > 0,
            "augmentation.cutmix": self.augmentation.cutmix > 0,
            "sampling.smote": self.sampling.smote,
        }
        for setting, is_so in clashes.items():
            if is_so:
                raise ValueError(f"bags.pool learns from several cells together, {setting} from each alone: use one")

    def tta(self) -> TTA:
        """Test-time augmentation, with its crops."""
        decision = self.decision
        crop = self.augmentation.crop if decision.crops else 1
        return TTA(orientations=decision.tta, crops=decision.crops, crop=crop, pool=decision.pool)

    def to_yaml(self) -> str:
        """The recipe with every setting, as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
