"""Prediction: run a model over a collection of fields or cells.

`predict_collection` is the main function; the others predict bags of cells, cells inside their fields, and cells with
their fields. `prediction_warnings` and `assumptions` say when not to rely on the result.
"""

from cellocate.prediction.cell_prediction import combine_with_fields, predict_cells, predict_within
from cellocate.prediction.field_prediction import assumptions, predict_and_embed, predict_bags, predict_collection
from cellocate.prediction.tta_option import override_tta
from cellocate.prediction.warning_texts import prediction_warnings

__all__ = [
    "assumptions",
    "combine_with_fields",
    "override_tta",
    "predict_and_embed",
    "predict_bags",
    "predict_cells",
    "predict_collection",
    "predict_within",
    "prediction_warnings",
]
