"""Prediction: a model over a collection, and the submissions of the challenges."""

from cellocate.prediction.cautions import cautions
from cellocate.prediction.cells import PredictedCells, predict_cells, predict_within, with_fields
from cellocate.prediction.fields import (
    Compared,
    OfBags,
    assumptions,
    look_at_collection,
    of_part,
    predict_and_compare,
    predict_bags,
    predict_collection,
)
from cellocate.prediction.h5ad import write_h5ad
from cellocate.prediction.output import Output
from cellocate.prediction.submissions import (
    in_order,
    read_sample,
    require_hpa19,
    validate_kaggle2018,
    validate_kaggle2021,
    write_kaggle2018,
    write_kaggle2021,
)
from cellocate.prediction.tta import with_turns

__all__ = [
    "Compared",
    "OfBags",
    "Output",
    "PredictedCells",
    "assumptions",
    "cautions",
    "in_order",
    "look_at_collection",
    "of_part",
    "predict_and_compare",
    "predict_bags",
    "predict_cells",
    "predict_collection",
    "predict_within",
    "read_sample",
    "require_hpa19",
    "validate_kaggle2018",
    "validate_kaggle2021",
    "with_fields",
    "with_turns",
    "write_h5ad",
    "write_kaggle2018",
    "write_kaggle2021",
]
