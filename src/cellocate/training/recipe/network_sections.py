"""What learns, and from which error: the sections `network` and `loss`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from cellocate.choices import Activation, Stem, Weighting
from cellocate.registry import CELL_POOLS, HEADS, LOSSES
from cellocate.training.recipe.section import Section, Share


class Network(Section):
    """A backbone and its head.

    Args:
        backbone: a timm model, or one of cellocate's own: `cnn128`, `densenet73`.
        pretrained: start from weights that timm downloads.
        start: a model folder of cellocate whose body to start from instead; the head begins anew.
        stem: how a first layer of three channels is made to take others: `repeat` repeats and rescales its filters,
            `mean` gives each channel their mean, `red`, `green` or `blue` give that colour's to channels which are
            none of the three.
        head: `linear` on the average over the map; `concat` of average and maximum with two layers (first of the 2018
            challenge); `blocks` puts two residual blocks of half the resolution each before it; `attention` pools by
            learnt weights; `flatten` is linear on the whole map.
        dropout: share of features dropped before the classifier.
        frozen: epochs in which only the head is trained, or `always`.
    """

    backbone: str = "resnet18"
    pretrained: bool = True
    start: str | None = None
    stem: Stem = "repeat"
    head: Annotated[str, AfterValidator(HEADS.checked)] = "linear"
    dropout: Share = 0.0
    frozen: Annotated[int, Field(ge=0)] | Literal["always"] = 0

    @model_validator(mode="after")
    def _something_to_freeze(self) -> Network:
        if self.frozen and not (self.pretrained or self.start):
            raise ValueError("a frozen body needs weights: set network.pretrained or network.init_from")
        return self


class Bags(Section):
    """Learning what each cell shows from the labels of its field, on a collection of single cells.

    Args:
        pool: what the cells of a field make of it: `mean` or `max` of their logits, their mean by learnt `attention`,
            or `duo`, a second head on the largest features (see `cellocate.networks.cell_pools.build_pool`); null: each
            cell is an image with labels of its own.
        cells: of a field that an epoch shows at most, drawn anew in each.
        cell_loss: weight of the loss of each cell against the labels of its field, beside the field's own.
        edge: weight of a cell that touches the edge of its field, against 1.
    """

    pool: Annotated[str, AfterValidator(CELL_POOLS.checked)] | None = None
    cells: int = Field(default=16, ge=1)
    cell_loss: float = Field(default=0.0, ge=0)
    edge: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _agree(self) -> Bags:
        if self.pool is None and (self.cell_loss or self.edge < 1):
            raise ValueError("cell_loss and edge are for the cells of a field together: set bags.pool")
        if self.pool is None and self.cells != type(self).model_fields["cells"].default:
            raise ValueError("cells are those of a field that are shown together: set bags.pool")
        if self.pool == "duo" and not self.cell_loss:
            raise ValueError(
                "the head for cells of duo learns from their own loss alone: set bags.cell_loss, to 0.1 say"
            )
        return self


class Loss(Section):
    """What training makes small.

    Args:
        terms: losses and their weights in the sum, such as `{focal: 0.5, lovasz: 0.5}`, or the name of one.
        class_weights: of `bce` and `focal`: `inverse_log` 1/log n scaled to the rarest location; on the positives
            alone `ratio` (N−n)/n and `root_ratio` its square root; `rest` 1−n/N, `rest_squared` its square.
        gamma: focus of `focal` on what is hard; of the positives of `asymmetric`.
        gamma_negative: of the negatives of `asymmetric`.
        clip: probability by which `asymmetric` discounts negatives.
        scale: of the cosines of `arcface`.
        margin: angle of `arcface`, radians.
        identity: the column whose values `arcface` tells apart.
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
        """How logits become probabilities: `softmax` where each field has one label."""
        return "softmax" if "cross_entropy" in self.terms else "sigmoid"

    @model_validator(mode="after")
    def _agree(self) -> Loss:
        others = set(self.terms) - {"cross_entropy", "arcface"}
        if "cross_entropy" in self.terms and others:
            raise ValueError(f"cross_entropy is for one label, {' and '.join(sorted(others))} for several: keep one")
        if set(self.terms) == {"arcface"}:
            raise ValueError("arcface alone trains no classifier: add bce")
        if not set(self.terms) <= set(LOSSES.own):
            return self  # what the loss of a plug-in reads is its own matter
        if self.class_weights != "none" and not {"bce", "focal"} & set(self.terms):
            raise ValueError("class_weights are for bce and focal, and terms has neither")
        focus = {"gamma": ("focal", "asymmetric"), "gamma_negative": ("asymmetric",), "clip": ("asymmetric",)}
        angles = {"scale": ("arcface",), "margin": ("arcface",), "identity": ("arcface",)}
        self._refuse_idle("loss.terms", self.terms, focus | angles)
        return self
