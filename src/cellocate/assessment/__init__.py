"""Assessment: evaluate a model, or a table of predictions, on labelled fields; nothing is written.

Each function returns `Evaluated` (or `EvaluatedCells`), which `cellocate.report` writes. The main function,
`assessment.model_evaluation.evaluate_model`, is not exported here because it needs torch.
"""

from cellocate.assessment.baseline_comparison import short_names
from cellocate.assessment.cell_evaluation import EvaluatedCells, evaluate_cells
from cellocate.assessment.evaluated import Evaluated
from cellocate.assessment.table_evaluation import evaluate_table

__all__ = [
    "Evaluated",
    "EvaluatedCells",
    "evaluate_cells",
    "evaluate_table",
    "short_names",
]
