"""The figures in words: numbers, the summary, and what each measure means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cellocate.assessment import Evaluated
from cellocate.counted import counted
from cellocate.pictures.words import number

_MEANINGS = {
    "macro_f1": (
        "Macro F1",
        "F1 (the harmonic mean of precision and recall) of each location, averaged over all {k}: a rare location "
        "weighs as much as a common one, and one that neither occurs nor is predicted counts 0.",
    ),
    "macro_f1_present": ("Macro F1, where present", "The same, averaged over {occur}."),
    "micro_f1": ("Micro F1", "F1 of all marks counted together: common locations decide it."),
    "macro_precision": (
        "Macro precision",
        "Of the {unit}s that were given a location, the share that show it; averaged over all {k}.",
    ),
    "macro_recall": (
        "Macro recall",
        "Of the {unit}s that show a location, the share that were given it; averaged over all {k}.",
    ),
    "group_level.macro_f1": (
        "Macro F1 of groups",
        "The same as macro F1 after each location is brought to its coarse group: a near miss counts as right.",
    ),
    "exact_match": ("Exact match", "Share of {unit}s whose locations are all right: none missed, none too many."),
    "recall_of_fields": (
        "Recall of {unit}s",
        "Of the locations that a {unit} shows, the share that it was given; averaged over the {unit}s that show any. "
        "It is what sets with a guarantee promise.",
    ),
    "binary_accuracy": (
        "Binary accuracy",
        "Share of all yes-or-no answers that are right; nearly every answer is no, so it is high for anything.",
    ),
    "macro_average_precision": (
        "Macro average precision",
        "How far up the {unit}s that show a location stand when all are sorted by its probability; averaged over "
        "{occur}. No threshold is involved.",
    ),
    "micro_average_precision": ("Micro average precision", "The same of all pairs of {unit} and location together."),
    "macro_roc_auc": (
        "Macro ROC AUC",
        "How often a {unit} that shows a location has a higher probability of it than one that does not; averaged over "
        "the locations that some {unit}s show and others do not.",
    ),
    "label_ranking_average_precision": (
        "Label ranking average precision",
        "How far up its true locations stand when those of a {unit} are sorted by probability; averaged over {unit}s.",
    ),
    "coverage_error": (
        "Coverage error",
        "How many locations, from the likeliest down, must be taken to have all true ones; averaged over {unit}s. The "
        "fewer the better.",
    ),
    "ranking_loss": (
        "Ranking loss",
        "Of the pairs of a true and a false location of a {unit}, the share in the wrong order; here 0 is best.",
    ),
    "ece": (
        "Calibration error",
        "How far probabilities are from frequencies, on average; here 0 is best. Locations that are rarely true make "
        "it small.",
    ),
}


_MAIN = ("macro_f1", "micro_f1", "group_level.macro_f1", "exact_match", "macro_average_precision")


class Value(NamedTuple):
    """A figure, and its 95 % interval where there is one."""

    score: str
    interval: str


class Measure(NamedTuple):
    """A score: its name, what it means, its values by set of fields, and what no skill would score."""

    name: str
    meaning: str
    values: tuple[Value, ...]
    without_skill: str
    main: bool
    """Whether it is shown at once; the others are folded away."""


def title(evaluated: Evaluated) -> str:
    """What was evaluated on what."""
    what = "predicted locations" if evaluated.card is None else evaluated.card.name
    where = "" if evaluated.collection is None else f" on {evaluated.collection.folder.name}"
    return f"Evaluation of {what}{where}"


def summary(evaluated: Evaluated) -> str:
    """Two sentences: what was measured, on how many fields, with what result; and what no skill would give."""
    m = evaluated.metrics
    subject = (
        "Predicted locations"
        if evaluated.card is None
        else f"The locations that the model {evaluated.card.name} predicts"
    )
    unseen, apart = evaluated.split.get("unseen"), ""
    if "seen" in evaluated.split:
        apart = f", all on {evaluated.unit}s that the model was trained on"
        if unseen is not None:
            apart = f", and {_f1(unseen)} on the {unseen['n']:,} that training did not use"
    first = (
        f"{subject} were compared with the labels of {counted(m['n'], evaluated.unit)}, over the "
        f"{len(evaluated.names)} locations of {m['vocabulary']}: macro F1 is {_f1(m)}{apart}."
    )
    everything = f"every location for every {evaluated.unit} {number(_everything(m), 3)}"
    second = f"Predicting nothing would give 0, and {everything}"
    ap, chance = m.get("macro_average_precision"), m.get("macro_average_precision_of_chance")
    if ap is not None:
        second += f"; average precision, which needs no threshold, is {number(ap, 3)} where chance gives "
        second += number(chance, 3)
    return f"{first} {second}."


def _everything(figures: Mapping[str, Any]) -> float:
    return float(figures["macro_f1_of_predicting_everything"])


def frequency(evaluated: Evaluated) -> str:
    """What the plot of F1 over frequency shows."""
    correlation = evaluated.metrics["f1_and_frequency"]
    shown = f"F1 of each location that occurs, over how many {evaluated.unit}s show it, named where there is room."
    if correlation is None:
        return shown
    return f"{shown} Their rank correlation (Spearman) is {correlation:+.2f}: at +1 the commonest is found best."


def sets(evaluated: Evaluated) -> list[tuple[str, Mapping[str, Any]]]:
    """The sets of fields that the headline figures are given for: a heading, and the figures."""
    found = [(f"All {evaluated.unit}s", evaluated.metrics)]
    headings = {"unseen": "Not used in training", "seen": "Trained on"}
    return [*found, *((headings[key], figures) for key, figures in evaluated.split.items())]


def measures(evaluated: Evaluated) -> list[Measure]:
    """Every score that is defined, for every set of fields."""
    unit = evaluated.unit
    k, figures = len(evaluated.names), [figures for _, figures in sets(evaluated)]
    occur = f"the locations that occur ({k - len(evaluated.metrics['absent'])} in all these {unit}s)"
    inside = {"k": k, "occur": occur, "unit": unit}
    return [
        Measure(
            name.format(unit=unit), meaning.format(**inside), tuple(_value(f, key) for f in figures), base, key in _MAIN
        )
        for (key, (name, meaning)), base in zip(_MEANINGS.items(), _without_skill(evaluated), strict=True)
        if any(_look_up(f, key) is not None for f in figures)
    ]


def _without_skill(evaluated: Evaluated) -> list[str]:
    """What each measure of `_MEANINGS` gives where nothing is known."""
    m, nothing = evaluated.metrics, "for predicting nothing"
    unlabelled = float((~evaluated.truth.any(axis=1)).mean())
    return [
        f"0 {nothing}; {number(_everything(m), 3)} for everything",
        f"0 {nothing}",
        f"0 {nothing}",
        f"0 {nothing}",
        f"0 {nothing}, 1 for everything",
        f"0 {nothing}; {number(_everything(m['group_level']), 3)} for everything",
        f"{number(unlabelled, 3) if unlabelled else 0} {nothing}",
        f"0 {nothing}, 1 for everything",
        f"{number(m['binary_accuracy_of_predicting_nothing'], 3)} {nothing}",
        f"{number(m['macro_average_precision_of_chance'], 3)} for chance",
        f"{number(1 - m['binary_accuracy_of_predicting_nothing'], 3)} for chance",
        "0.500 for chance",
        "–",
        f"{number(float(evaluated.truth.sum(axis=1).mean()), 3)} is best",
        "0.500 for chance",
        "–",
    ]


def _value(figures: Mapping[str, Any], key: str) -> Value:
    interval = _look_up(figures, f"{key}_interval")
    words = "" if interval is None else f"{number(interval[0], 3)} to {number(interval[1], 3)}"
    return Value(number(_look_up(figures, key), 3), words)


def _look_up(figures: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 # a figure, an interval or nothing
    """A figure by its name, after a dot that of a level inside."""
    level, dot, name = key.rpartition(".")
    return (figures[level] if dot else figures).get(name)


def _f1(figures: Mapping[str, Any]) -> str:
    low, high = figures["macro_f1_interval"]
    return f"{number(figures['macro_f1'], 3)} (95 % interval {number(low, 3)} to {number(high, 3)})"
