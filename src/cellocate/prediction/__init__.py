"""Prediction: a model over a collection."""

from cellocate.prediction.cautions import cautions
from cellocate.prediction.cells import predict_cells, predict_within, with_fields, with_predicted_fields
from cellocate.prediction.fields import (
    assumptions,
    predict_and_embed,
    predict_bags,
    predict_collection,
)
from cellocate.prediction.tta import with_turns

__all__ = [
    "assumptions",
    "cautions",
    "predict_and_embed",
    "predict_bags",
    "predict_cells",
    "predict_collection",
    "predict_within",
    "with_fields",
    "with_predicted_fields",
    "with_turns",
]
