"""What a model remembers of the fields that it was trained on, to tell others from them."""

from __future__ import annotations

import numpy as np

from cellocate.collection import Collection
from cellocate.networks import Model
from cellocate.networks.ood import fit_references, max_references
from cellocate.prediction import predict_and_embed

MIN_FIELDS = 50
"""Fewer training fields cannot tell what is out of distribution."""


def with_references(model: Model, train: Collection, validation: Collection, seed: int) -> Model:
    """The model with features and brightness of at most 2000 training fields, and how far validation fields lie.

    For bags of cells, without a validation part, or with very wide features (a head that is flat), it has none.

    Args:
        model: trained.
        train: fields that it learnt from.
        validation: fields that it did not.
        seed: of the draw among the training fields.
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
