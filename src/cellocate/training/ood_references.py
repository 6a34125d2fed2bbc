"""Add training fields to a model as references for its out-of-distribution score."""

from __future__ import annotations

import numpy as np

from cellocate.collection import Collection
from cellocate.networks import Model
from cellocate.networks.ood import fit_references, max_references
from cellocate.prediction import predict_and_embed

MIN_FIELDS = 50
"""Fewer training fields cannot tell what is out of distribution."""


def with_references(model: Model, train: Collection, validation: Collection, seed: int) -> Model:
    """Add features and brightness of at most 2000 training fields, and the distances of the validation fields.

    A model gets no references if it pools bags of cells, has no validation part, or has very wide features (the head
    `flatten`). `seed` chooses the training fields.
    """
    room = max_references(model.network.features)
    if model.card.bag is not None or not len(validation) or min(room, len(train)) < MIN_FIELDS:
        return model
    chosen = sorted(np.random.default_rng(seed).permutation(len(train))[:room])
    known = train.subset([train.ids[i] for i in chosen])
    learnt, validated = (predict_and_embed(model, fields)[1] for fields in (known, validation))
    brightness = (learnt.brightness, validated.brightness)
    return Model(
        model.network, model.card, model.device, fit_references(learnt.features, validated.features, brightness)
    )
