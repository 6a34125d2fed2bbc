"""Limits of an evaluation and of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellocate.assessment import Evaluated
from cellocate.counted import counted
from cellocate.evaluation import FEW, SMALL
from cellocate.pictures.wording import listed, sentence
from cellocate.report.inputs import describe_channels

if TYPE_CHECKING:
    from cellocate.networks.model_card import ModelCard


def report_warnings(evaluated: Evaluated, unreadable: int = 0) -> list[str]:
    """The warnings at the top of the report."""
    found = [text for _, text in _simulated(evaluated)]
    found += [sentence(text) for text in evaluated.warnings]
    if "seen" in evaluated.split:
        n = evaluated.split["seen"]["n"]
        rely = "Rely on the scores under “Not used in training”." if "unseen" in evaluated.split else ""
        found.append(
            f"The model was trained on {n:,} of these {counted(evaluated.n, evaluated.unit)}, and it scores better on "
            f"them than on new ones. {rely}".strip()
        )
    if evaluated.n < SMALL:
        found.append(f"n = {evaluated.n}: scores of so few {evaluated.unit}s are uncertain.")
    if evaluated.metrics["absent"]:
        k = len(evaluated.metrics["absent"])
        found.append(
            f"{k} of {len(evaluated.names)} locations occur in none of these {evaluated.unit}s. If such a location is "
            "not predicted either, its F1 counts as 0, which lowers the macro averages."
        )
    if unreadable:
        found.append(
            f"{counted(unreadable, 'picture')} could not be read and {'is' if unreadable == 1 else 'are'} left out."
        )
    return found


def limits(evaluated: Evaluated) -> list[tuple[str, str]]:
    """Uses that the model is not fit for, or gaps of the evaluation: a heading and a sentence each."""
    found = [
        ("Diagnosis", "This is a research tool: nobody has tested it for decisions about patients."),
        *_rare(evaluated),
        *_simulated(evaluated),
    ]
    card = evaluated.card
    if card is None:
        found.append(("Other data", "It is not known which model made these predictions."))
    else:
        found += _optics(card)
    found.append(("Other cells", _cells(evaluated)))
    if evaluated.unit == "field":
        found.append(("Single cells", "Whole fields were scored, not the cells in them."))
    return found


def _rare(evaluated: Evaluated) -> list[tuple[str, str]]:
    rows, found = evaluated.per_class, []
    absent = [row["name"] for row in rows if not row["support"]]
    few = [f"{row['name']} ({row['support']})" for row in rows if 0 < row["support"] < FEW]
    if absent:
        found.append(("Untested locations", f"No evaluated {evaluated.unit} shows {listed(absent)}."))
    if few:
        found.append(("Rarely tested locations", f"Fewer than {FEW} evaluated {evaluated.unit}s show {listed(few)}."))
    return [*found, *_rarely_trained(evaluated)]


def _rarely_trained(evaluated: Evaluated) -> list[tuple[str, str]]:
    if evaluated.card is None:
        return []
    trained = evaluated.trained_on
    ids = [] if evaluated.collection is None else evaluated.collection.ids
    if trained and len(trained) >= len(evaluated.card.fields["train"]):  # all of them are here
        support = evaluated.truth[[i in trained for i in ids]].sum(axis=0)
        few = [f"{name} ({n})" for name, n in zip(evaluated.names, support, strict=True) if n < FEW]
        heading, what = "Rarely trained locations", f"Fewer than {FEW} training {evaluated.unit}s show"
    elif evaluated.card.rule.kind == "per_class":
        scored = evaluated.card.scores.get("validation", {}).get("per_class", [])
        few = [f"{row['name']} ({row['support']})" for row in scored if row["support"] < FEW]
        heading, what = "Locations with an uncertain threshold", f"Fewer than {FEW} validation {evaluated.unit}s show"
    else:
        return []
    return [(heading, f"{what} {listed(few)}.")] if few else []


def _simulated(evaluated: Evaluated) -> list[tuple[str, str]]:
    here = evaluated.collection is not None and evaluated.collection.simulated
    if evaluated.card is not None and (evaluated.card.provenance.simulated or _same(evaluated, here)):
        learnt = "trained and scored" if here else "trained"
        words = f"The model was {learnt} on simulated cells only. Expect lower scores on real images."
        return [("Real images", words)]
    if here:
        return [("Real images", "It was scored on simulated cells only. Real images may give other scores.")]
    return []


def _same(evaluated: Evaluated, simulated: bool) -> bool:
    """Whether the model's own fields are among these, which are simulated."""
    own = {i for ids in (evaluated.card.fields.values() if evaluated.card else ()) for i in ids}
    return simulated and evaluated.collection is not None and bool(own & set(evaluated.collection.ids))


def _optics(card: ModelCard) -> list[tuple[str, str]]:
    assumed = " (an assumed size)" if card.pixel_size_assumed else ""
    return [
        (
            "Other magnifications",
            f"The model works at {card.pixel_size:.3g} µm per pixel{assumed}. Fields of another recorded size are "
            "rescaled, but rescaling adds no detail. A field without a recorded pixel size may be read at the wrong "
            "scale without a warning.",
        ),
        (
            "Other stains",
            f"The model was trained on {describe_channels(card.channels)}. Other markers give meaningless predictions, "
            "and fields that lack a channel are refused.",
        ),
    ]


def _cells(evaluated: Evaluated) -> str:
    lines: list[str] = []
    if evaluated.collection is not None and "cell_line" in evaluated.collection.fields:
        lines = sorted({str(v) for v in evaluated.collection.fields["cell_line"].dropna() if str(v)})
    if not lines:
        return "The cell lines were not recorded. Do not expect these scores for other species, tissues or fixations."
    shown = listed(lines[:12]) + (f" and {len(lines) - 12} more" if len(lines) > 12 else "")
    return f"It was scored on {shown}. Do not expect these scores for other lines, species, tissues or fixations."
