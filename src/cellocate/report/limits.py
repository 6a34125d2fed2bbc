"""What an evaluation does not show, and what the model is not fit for, as far as the data tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellocate.assessment import Evaluated
from cellocate.counted import counted
from cellocate.evaluation import FEW, SMALL
from cellocate.pictures.words import listed, sentence
from cellocate.report.inputs import stains

if TYPE_CHECKING:
    from cellocate.networks.model_card import ModelCard


def cautions(evaluated: Evaluated, unreadable: int = 0) -> list[str]:
    """What to bear in mind when reading this report."""
    found = [text for _, text in _simulated(evaluated)]
    found += [sentence(text) for text in evaluated.warnings]
    if "seen" in evaluated.split:
        n = evaluated.split["seen"]["n"]
        whole = (
            "Go by the figures under “Not used in training”."
            if "unseen" in evaluated.split
            else "There are no others here."
        )
        found.append(
            f"The model was trained on {n:,} of these {counted(evaluated.n, evaluated.unit)}, and on them it scores "
            f"better than it would on new ones. {whole}"
        )
    if evaluated.n < SMALL:
        found.append(
            f"n = {evaluated.n}: so few {evaluated.unit}s say little; one more or less can change every figure."
        )
    if evaluated.metrics["absent"]:
        k = len(evaluated.metrics["absent"])
        found.append(
            f"{k} of {len(evaluated.names)} locations occur in none of these {evaluated.unit}s. A location that "
            "neither occurs nor is predicted counts as F1 = 0, which lowers the macro averages."
        )
    if unreadable:
        found.append(
            f"{counted(unreadable, 'picture')} could not be read and {'is' if unreadable == 1 else 'are'} left out."
        )
    return found


def limits(evaluated: Evaluated) -> list[tuple[str, str]]:
    """What the model is not fit for, or the figures do not show: a heading and a sentence each."""
    found = [
        ("Diagnosis", "It is a research tool: nobody has tested it for decisions about patients."),
        *_rare(evaluated),
        *_simulated(evaluated),
    ]
    card = evaluated.card
    if card is None:
        found.append(("Anything beyond these", "Nothing says what made these predictions, or from what."))
    else:
        found += _optics(card)
    found.append(("Other cells", _cells(evaluated)))
    if evaluated.unit == "field":
        found.append(("Single cells", "Whole fields were scored; nothing here says which cell of a field shows what."))
    return found


def _rare(evaluated: Evaluated) -> list[tuple[str, str]]:
    rows, found = evaluated.per_class, []
    absent = [row["name"] for row in rows if not row["support"]]
    few = [f"{row['name']} ({row['support']})" for row in rows if 0 < row["support"] < FEW]
    if absent:
        found.append(("Locations that were not tested", f"No evaluated {evaluated.unit} shows {listed(absent)}."))
    if few:
        found.append(
            ("Locations that were hardly tested", f"Fewer than {FEW} evaluated {evaluated.unit}s show {listed(few)}.")
        )
    return [*found, *_rarely_trained(evaluated)]


def _rarely_trained(evaluated: Evaluated) -> list[tuple[str, str]]:
    if evaluated.card is None:
        return []
    trained = evaluated.trained_on
    ids = [] if evaluated.collection is None else evaluated.collection.ids
    if trained and len(trained) >= len(evaluated.card.fields["train"]):  # all of them are here
        support = evaluated.truth[[i in trained for i in ids]].sum(axis=0)
        few = [f"{name} ({n})" for name, n in zip(evaluated.names, support, strict=True) if n < FEW]
        heading, what = "Locations that were hardly learnt", f"Fewer than {FEW} training {evaluated.unit}s show"
    elif evaluated.card.rule.kind == "per_class":
        scored = evaluated.card.scores.get("validation", {}).get("per_class", [])
        few = [f"{row['name']} ({row['support']})" for row in scored if row["support"] < FEW]
        heading, what = "Locations whose threshold is a guess", f"Fewer than {FEW} validation {evaluated.unit}s show"
    else:
        return []
    return [(heading, f"{what} {listed(few)}.")] if few else []


def _simulated(evaluated: Evaluated) -> list[tuple[str, str]]:
    here = evaluated.collection is not None and evaluated.collection.simulated
    if evaluated.card is not None and (evaluated.card.provenance.simulated or _same(evaluated, here)):
        learnt = "trained and scored" if here else "trained"
        words = f"The model was {learnt} on simulated cells only. Expect it to do worse on a microscope's images."
        return [("Real images", words)]
    if here:
        return [
            ("Real images", "It was scored on simulated cells alone, which are no proof for a microscope's images.")
        ]
    return []


def _same(evaluated: Evaluated, simulated: bool) -> bool:
    """Whether the model's own fields are among these, which are simulated."""
    own = {i for ids in (evaluated.card.fields.values() if evaluated.card else ()) for i in ids}
    return simulated and evaluated.collection is not None and bool(own & set(evaluated.collection.ids))


def _optics(card: ModelCard) -> list[tuple[str, str]]:
    assumed = ", which itself is assumed and was not recorded" if card.pixel_size_assumed else ""
    return [
        (
            "Other magnifications",
            f"It knows cells at {card.pixel_size:.3g} µm per pixel of its input{assumed}. Fields of another recorded "
            "pixel size are rescaled to that, but what was too small or too blurred to see stays so, and a field "
            "without a recorded size may be shown to it at the wrong scale without any sign of it.",
        ),
        (
            "Other stains",
            f"It was trained on {stains(card.channels)}. Other markers in their place give answers that mean nothing, "
            "and fields that lack a channel are refused.",
        ),
    ]


def _cells(evaluated: Evaluated) -> str:
    lines: list[str] = []
    if evaluated.collection is not None and "cell_line" in evaluated.collection.fields:
        lines = sorted({str(v) for v in evaluated.collection.fields["cell_line"].dropna() if str(v)})
    if not lines:
        return "The cell lines were not recorded. Expect no such figures for other species, tissues or fixations."
    shown = listed(lines[:12]) + (f" and {len(lines) - 12} more" if len(lines) > 12 else "")
    return f"It was scored on {shown}; expect no such figures for other lines, species, tissues or fixations."
