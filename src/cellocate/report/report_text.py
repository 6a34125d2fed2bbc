"""The report's words: title, summary and measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cellocate.assessment import Evaluated
from cellocate.counted import counted
from cellocate.evaluation.measures import MEASURES
from cellocate.pictures.wording import number


class Value(NamedTuple):
    """A score and its 95% interval, as text."""

    score: str
    interval: str


class Row(NamedTuple):
    """A measure in a report: its words, and its values for each set of fields."""

    name: str
    meaning: str
    values: tuple[Value, ...]
    without_skill: str
    main: bool


def title(evaluated: Evaluated) -> str:
    """The title: what was evaluated on what."""
    what = "predicted locations" if evaluated.card is None else evaluated.card.name
    where = "" if evaluated.collection is None else f" on {evaluated.collection.folder.name}"
    return f"Evaluation of {what}{where}"


def summary(evaluated: Evaluated) -> str:
    """Summarise the evaluation in two sentences: the scores, and the scores without skill."""
    m = evaluated.metrics
    subject = (
        "Predicted locations"
        if evaluated.card is None
        else f"The locations that the model {evaluated.card.name} predicts"
    )
    unseen, trained = evaluated.split.get("unseen"), ""
    if "seen" in evaluated.split:
        trained = f", all on {evaluated.unit}s that the model was trained on"
        if unseen is not None:
            trained = f", and {_f1(unseen)} on the {unseen['n']:,} that training did not use"
    first = (
        f"{subject} were compared with the labels of {counted(m['n'], evaluated.unit)}, over the "
        f"{len(evaluated.names)} locations of {m['vocabulary']}: macro F1 is {_f1(m)}{trained}."
    )
    everything = f"every location for every {evaluated.unit} {number(_everything(m), 3)}"
    second = f"Without skill, predicting nothing gives 0, and {everything}"
    ap, chance = m.get("macro_average_precision"), m.get("macro_average_precision_of_chance")
    if ap is not None:
        second += f"; average precision, which needs no threshold, is {number(ap, 3)} (chance: {number(chance, 3)})"
    return f"{first} {second}."


def _everything(figures: Mapping[str, Any]) -> float:
    return float(figures["macro_f1_of_predicting_everything"])


def frequency(evaluated: Evaluated) -> str:
    """The caption of the plot of F1 against frequency."""
    correlation = evaluated.metrics["f1_and_frequency"]
    shown = f"F1 of each location that occurs, against the number of {evaluated.unit}s that show it."
    if correlation is None:
        return shown
    return f"{shown} Their rank correlation (Spearman) is {correlation:+.2f}; +1: F1 rises with the number."


def sets(evaluated: Evaluated) -> list[tuple[str, Mapping[str, Any]]]:
    """The sets of fields with headline scores: a heading, and the scores."""
    found = [(f"All {evaluated.unit}s", evaluated.metrics)]
    headings = {"unseen": "Not used in training", "seen": "Trained on"}
    return [*found, *((headings[key], figures) for key, figures in evaluated.split.items())]


def measures(evaluated: Evaluated) -> list[Row]:
    """Every defined score, for every set of fields."""
    figures, filled = [figures for _, figures in sets(evaluated)], _filled(evaluated)
    return [
        Row(
            measure.name.format(**filled),
            measure.meaning.format(**filled),
            tuple(_value(f, measure.key) for f in figures),
            measure.baseline.format(**filled) or "–",
            measure.main,
        )
        for measure in MEASURES
        if any(_look_up(f, measure.key) is not None for f in figures)
    ]


def _filled(evaluated: Evaluated) -> dict[str, Any]:
    """The values for the braces in `MEASURES`."""
    m, truth, unit, k = evaluated.metrics, evaluated.truth, evaluated.unit, len(evaluated.names)
    unlabelled, no = float((~truth.any(axis=1)).mean()), m["binary_accuracy_of_predicting_nothing"]
    return {
        "k": k,
        "unit": unit,
        "occur": f"the locations that occur ({k - len(m['absent'])} in all these {unit}s)",
        "everything": number(_everything(m), 3),
        "groups": number(_everything(m["group_level"]), 3),
        "unlabelled": number(unlabelled, 3) if unlabelled else 0,
        "no": number(no, 3),
        "yes": number(1 - no, 3),
        "chance": number(m["macro_average_precision_of_chance"], 3),
        "labels": number(float(truth.sum(axis=1).mean()), 3),
    }


def _value(figures: Mapping[str, Any], key: str) -> Value:
    interval = _look_up(figures, f"{key}_interval")
    words = "" if interval is None else f"{number(interval[0], 3)} to {number(interval[1], 3)}"
    return Value(number(_look_up(figures, key), 3), words)


def _look_up(figures: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 # a figure, an interval or nothing
    """A score by its key, `level.name` for one a level down."""
    level, dot, name = key.rpartition(".")
    return (figures[level] if dot else figures).get(name)


def _f1(figures: Mapping[str, Any]) -> str:
    low, high = figures["macro_f1_interval"]
    return f"{number(figures['macro_f1'], 3)} (95% interval {number(low, 3)} to {number(high, 3)})"
