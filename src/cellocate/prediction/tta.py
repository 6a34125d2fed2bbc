"""Other test-time augmentation than the one that a model's rule was fitted with."""

from __future__ import annotations

from cellocate.choices import TtaKind
from cellocate.images import TTA
from cellocate.networks import Model


def with_turns(model: Model, turns: TtaKind | None) -> tuple[Model, list[str]]:
    """The model with fields turned in another way, and what there is to say about it.

    Args:
        model: as it was loaded.
        turns: `none` looks at each field once, without crops; others keep the model's own crops and pool; None changes
            nothing.

    Returns:
        The model to predict with, and a sentence for the user where its test-time augmentation is not that of its rule.
    """
    if turns is None:
        return model, []
    own = model.card.tta
    tta = TTA() if turns == "none" else TTA(**{**dict(own), "turns": turns})
    if tta == own:
        return model, []
    said = f"the model's rule was fitted with other test-time augmentation ({own}; this is {tta}): "
    return model.with_tta(tta), [said + "its thresholds may not suit them"]
