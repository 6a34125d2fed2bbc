"""Report: write an evaluation as one HTML page, tables and figures.

`write_evaluation` writes the folder of an `Evaluated`; `report_page` fills the page, `report_text` has its words. The
report predicts and computes nothing.
"""

from cellocate.report.cell_report import write_evaluated_cells
from cellocate.report.evaluation_folder import write_evaluation
from cellocate.report.figure_files import save_curves, save_history, save_rates

__all__ = [
    "save_curves",
    "save_history",
    "save_rates",
    "write_evaluated_cells",
    "write_evaluation",
]
