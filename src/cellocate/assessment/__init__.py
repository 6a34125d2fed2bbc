"""Assessment: how well a model, or a table of predictions, does on labelled fields; it writes nothing.

`assessment.model.evaluate_model` is not among these names, as it needs torch.
"""

from cellocate.assessment.baseline_comparison import Comparison, short_names
from cellocate.assessment.cell_evaluation import EvaluatedCells, evaluate_cells
from cellocate.assessment.evaluated import Evaluated
from cellocate.assessment.prediction_evaluation import evaluate_predictions
from cellocate.assessment.table_evaluation import evaluate_table

__all__ = [
    "Comparison",
    "Evaluated",
    "EvaluatedCells",
    "evaluate_cells",
    "evaluate_predictions",
    "evaluate_table",
    "short_names",
]
