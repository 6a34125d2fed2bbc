"""Check for labels that a loss cannot learn from."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from cellocate.errors import CellocateError


def describe_missing_locations(truth: Tensor, names: Sequence[str]) -> str | None:
    """One line that names the locations, of these K, that no training field shows (truth (N, K)); None without any.

    Example:
        >>> import torch
        >>> describe_missing_locations(torch.tensor([[1, 0], [1, 0]]), ["Cytosol", "Aggresome"])
        'no training image shows Aggresome: it cannot be learnt'
    """
    shown = (truth > 0).any(dim=0).tolist()
    missing = [name for name, seen in zip(names, shown, strict=True) if not seen]
    if not missing:
        return None
    return f"no training image shows {', '.join(missing)}: {'it' if len(missing) == 1 else 'they'} cannot be learnt"


def require_one_label(truth: Tensor) -> None:
    """Require exactly one label for each field, for a softmax; `truth` has shape (N, K), 0 or 1.

    Raises:
        CellocateError: a field has more or fewer.

    Example:
        >>> import torch
        >>> require_one_label(torch.tensor([[1, 1], [0, 1]]))
        Traceback (most recent call last):
        cellocate.errors.CellocateError: cross_entropy needs exactly one location in each image: 1 of 2 training...
    """
    labels = (truth > 0).sum(dim=1)
    several, none = int((labels > 1).sum()), int((labels < 1).sum())
    wrong = [
        f"{count} of {len(truth)} training images {what}"
        for count, what in ((several, "show several"), (none, "show none"))
        if count
    ]
    if wrong:
        raise CellocateError(
            f"cross_entropy needs exactly one location in each image: {' and '.join(wrong)}",
            mend="Keep the others with 'cellocate select --single', or set loss.terms to {bce: 1}.",
        )
