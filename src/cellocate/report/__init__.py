"""Report: one evaluation as a page that opens anywhere, and as figures."""

from cellocate.report.evaluated import Evaluated
from cellocate.report.figures import plot_history, plot_rates
from cellocate.report.folder import save_curves, save_history, save_rates, write_figures
from cellocate.report.page import write_report

__all__ = [
    "Evaluated",
    "plot_history",
    "plot_rates",
    "save_curves",
    "save_history",
    "save_rates",
    "write_figures",
    "write_report",
]
