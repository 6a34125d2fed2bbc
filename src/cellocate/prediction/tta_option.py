"""Override a model's test-time augmentation."""

from __future__ import annotations

from cellocate.choices import TtaKind
from cellocate.images import TTA
from cellocate.networks import Model


def override_tta(model: Model, orientations: TtaKind | None) -> tuple[Model, list[str]]:
    """Change the orientations of a model's test-time augmentation.

    Args:
        model: as it was loaded.
        orientations: `none` predicts each field once, without crops; others keep the model's own crops and pool; None
            changes nothing.

    Returns:
        The model to predict with, and a warning if its rule was fitted with other test-time augmentation.
    """
    if orientations is None:
        return model, []
    own = model.card.tta
    tta = TTA() if orientations == "none" else TTA(**{**dict(own), "orientations": orientations})
    if tta == own:
        return model, []
    warning = f"the model's rule was fitted with other test-time augmentation ({own}; this is {tta}): "
    return model.with_tta(tta), [warning + "its thresholds may not fit"]
