"""Report: one evaluation as a page that opens anywhere, and as figures."""

from cellocate.report.cells import write_evaluated_cells
from cellocate.report.evaluation import write_evaluation
from cellocate.report.figures import plot_history, plot_rates
from cellocate.report.folder import save_curves, save_history, save_rates, write_figures
from cellocate.report.page import write_report

__all__ = [
    "plot_history",
    "plot_rates",
    "save_curves",
    "save_history",
    "save_rates",
    "write_evaluated_cells",
    "write_evaluation",
    "write_figures",
    "write_report",
]
