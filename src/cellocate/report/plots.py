"""Which plots an evaluation has, by name: for the page, and as files."""

from __future__ import annotations

from functools import partial

from cellocate.assessment import Evaluated
from cellocate.decision import f1_curves
from cellocate.evaluation import confusion, reliability
from cellocate.explore.label_counts import LabelCounts
from cellocate.explore.label_plots import plot_conditional
from cellocate.pictures.page import Plot
from cellocate.report.baseline import plot_comparison
from cellocate.report.curves import plot_f1_curves
from cellocate.report.diagnostics import plot_confusion, plot_frequency, plot_reliability
from cellocate.report.figures import plot_groups, plot_history, plot_label_counts, plot_per_class


def plots(evaluated: Evaluated) -> dict[str, Plot]:
    """Every plot that there is something to draw for."""
    found: dict[str, Plot] = {
        "label_counts": (
            partial(plot_label_counts, evaluated),
            f"Bar chart: {evaluated.unit}s that show each location.",
        ),
        "per_class_f1": (partial(plot_per_class, evaluated), "Bar chart: F1 of each location."),
    }
    labels = LabelCounts(evaluated.truth, tuple(evaluated.names))
    if (evaluated.truth.sum(axis=1) > 1).any() and len(labels.order) > 1:
        draw = partial(plot_conditional, labels)
        found["together"] = (draw, f"Heat map: per cent of the {evaluated.unit}s of one location that show another.")
    if evaluated.history is not None and len(evaluated.history):
        epoch = None if evaluated.card is None else evaluated.card.provenance.epoch
        draw = partial(plot_history, evaluated.history, epoch)
        found["learning_curves"] = (draw, "Line chart: loss and scores by epoch.")
    if evaluated.coarse:
        found["per_group_f1"] = (partial(plot_groups, evaluated), "Bar chart: F1 of each group of locations.")
    if (evaluated.truth | evaluated.labels).any():
        draw = partial(plot_confusion, confusion(evaluated.truth, evaluated.labels), evaluated.names)
        found["confusion"] = (draw, "Heat map: what each true location was taken for, in per cent of its row.")
    if evaluated.truth.any():
        draw = partial(plot_frequency, evaluated)
        found["f1_and_frequency"] = (
            draw,
            f"Scatter plot: F1 of each location over how many {evaluated.unit}s show it.",
        )
    if evaluated.probabilities is not None:
        draw = partial(plot_reliability, reliability(evaluated.truth, evaluated.probabilities))
        found["reliability"] = (draw, "Line chart: share that is true by probability.")
    thresholds = [row["threshold"] for row in evaluated.per_class]
    if evaluated.probabilities is not None and None not in thresholds:
        table = f1_curves(evaluated.probabilities, evaluated.truth, evaluated.names, thresholds)
        found["f1_curves"] = (partial(plot_f1_curves, table), "Line charts: F1 of each location by threshold.")
    if evaluated.comparison is not None:
        draw = partial(plot_comparison, evaluated.comparison)
        found["beside"] = (draw, "Dot plot: F1 of both models for each location.")
    return found
