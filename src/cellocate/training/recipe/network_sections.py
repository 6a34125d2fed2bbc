"""The sections `network`, `bags` and `loss`: what learns, and from which error."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from cellocate.choices import Activation, Stem, Weighting
from cellocate.registry import CELL_POOLS, HEADS, LOSSES
from cellocate.training.recipe.section import Section, Share


class Network(Section):
    """A backbone and its head.

    Args:
        backbone: a timm model, or cellocate's own `cnn128` or `densenet73`.
        pretrained: start from weights that timm downloads, or that an installed package holds.
        init_from: a model folder of cellocate to start the backbone from instead; the head starts new.
        stem: how a first layer of three channels is adapted to others: `repeat` repeats and rescales its filters,
            `mean` gives each channel their mean, `red`, `green` or `blue` give that colour's to channels that are none
            of the three.
        head: `linear` on the average over the map; `concat` of average and maximum with two layers (first of the 2018
            challenge); `blocks`, two more residual blocks that halve the resolution; `attention` pools by learned
            weights; `flatten` is linear on the whole map.
        dropout: fraction of features dropped before the classifier.
        frozen: epochs in which only the head is trained, or `always`.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"start": "init_from"})

    backbone: str = "resnet18"
    pretrained: bool = True
    init_from: str | None = None
    stem: Stem = "repeat"
    head: Annotated[str, AfterValidator(HEADS.checked)] = "linear"
    dropout: Share = 0.0
    frozen: Annotated[int, Field(ge=0)] | Literal["always"] = 0

    @model_validator(mode="after")
    def _something_to_freeze(self) -> Network:
        if self.frozen and not (self.pretrained or self.init_from):
            raise ValueError("a frozen backbone needs weights: set network.pretrained or network.init_from")
        return self


class Bags(Section):
    """Multiple-instance learning: single cells learned from the labels of their fields, on a collection of cells.

    Args:
        pool: pools the cells of a field: `mean` or `max` of their logits, their mean by learned `attention`, or `duo`,
            a second head on the largest features (see `cellocate.networks.cell_pools.build_pool`); null: each cell is
            an image with labels of its own.
        cells: maximum number of cells of a field in an epoch, drawn again in each.
        cell_loss: weight of the loss of each cell against the labels of its field, added to the field's loss.
        edge: weight of a cell at the edge of its field; other cells weigh 1.
    """

    pool: Annotated[str, AfterValidator(CELL_POOLS.checked)] | None = None
    cells: int = Field(default=16, ge=1)
    cell_loss: float = Field(default=0.0, ge=0)
    edge: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _agree(self) -> Bags:
        if self.pool is None and (self.cell_loss or self.edge < 1):
            raise ValueError("cell_loss and edge need a pool over the cells of a field: set bags.pool")
        if self.pool is None and self.cells != type(self).model_fields["cells"].default:
            raise ValueError("cells needs a pool over the cells of a field: set bags.pool")
        if self.pool == "duo" and not self.cell_loss:
            raise ValueError("the cell head of duo learns from cell_loss only: set bags.cell_loss, for example to 0.1")
        return self


class Loss(Section):
    """The loss.

    Args:
        terms: losses and their weights in the sum, such as `{focal: 0.5, lovasz: 0.5}`, or the name of one.
        class_weights: for `bce` and `focal`: `inverse_log` 1/log n scaled to the rarest location; on the positives only
            `ratio` (N−n)/n and `root_ratio` its square root; `rest` 1−n/N, `rest_squared` its square.
        gamma: focus of `focal` on hard fields; for `asymmetric`, on hard positives.
        gamma_negative: for `asymmetric`, focus on hard negatives.
        clip: probability that `asymmetric` subtracts from negatives.
        scale: scale of the cosines of `arcface`.
        margin: angle of `arcface`, radians.
        identity: the column with the identities that `arcface` separates.
    """

    terms: dict[Annotated[str, AfterValidator(LOSSES.checked)], Annotated[float, Field(gt=0)]] = Field(
        default={"bce": 1.0}, min_length=1
    )
    class_weights: Weighting = "none"
    gamma: float = Field(default=2.0, ge=0)
    gamma_negative: float = Field(default=4.0, ge=0)
    clip: Share = 0.05
    scale: float = Field(default=30.0, gt=0)
    margin: float = Field(default=0.5, ge=0, lt=1.5)
    identity: str = "antibody"

    @field_validator("terms", mode="before")
    @classmethod
    def _one(cls, terms: object) -> object:
        return {terms: 1.0} if isinstance(terms, str) else terms

    @property
    def activation(self) -> Activation:
        """How logits become probabilities: `softmax` if each field has one label."""
        return "softmax" if "cross_entropy" in self.terms else "sigmoid"

    @model_validator(mode="after")
    def _agree(self) -> Loss:
        others = set(self.terms) - {"cross_entropy", "arcface"}
        if "cross_entropy" in self.terms and others:
            raise ValueError(f"cross_entropy is for one label, {' and '.join(sorted(others))} for several: keep one")
        if set(self.terms) == {"arcface"}:
            raise ValueError("arcface alone trains no classifier: add bce")
        if not set(self.terms) <= set(LOSSES.own):
            return self  # the loss of a plug-in may use any setting
        if self.class_weights != "none" and not {"bce", "focal"} & set(self.terms):
            raise ValueError("class_weights are for bce and focal, but terms has neither")
        focus = {"gamma": ("focal", "asymmetric"), "gamma_negative": ("asymmetric",), "clip": ("asymmetric",)}
        angles = {"scale": ("arcface",), "margin": ("arcface",), "identity": ("arcface",)}
        self._refuse_idle("loss.terms", self.terms, focus | angles)
        return self
