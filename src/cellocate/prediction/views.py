"""Other views of fields than those that a model was given with its rule."""

from __future__ import annotations

from cellocate.choices import Turns
from cellocate.images import Views
from cellocate.networks import Model


def with_turns(model: Model, turns: Turns | None) -> tuple[Model, list[str]]:
    """The model with fields turned in another way, and what there is to say about it.

    Args:
        model: as it was loaded.
        turns: `none` looks at each field once, without crops; others keep the model's own crops and pool; None changes
            nothing.

    Returns:
        The model to predict with, and a sentence for the user where its views are not those of its rule.
    """
    if turns is None:
        return model, []
    own = model.card.views
    views = Views() if turns == "none" else Views(**{**dict(own), "turns": turns})
    if views == own:
        return model, []
    said = f"the model's rule was fitted to probabilities of other views ({own}; these are {views}): "
    return model.with_views(views), [said + "its thresholds may not suit them"]
