"""Losses that see all fields of a batch together, location by location.

They are not means over fields: two halves of a batch give another loss than the whole. With several processes or
accumulated gradients, each part is computed by itself. Logits x and truth t have shape (N, K); t is between 0 and 1,
and from one half counts as positive.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.training.losses.fieldwise import loss


@loss("soft_f1")
def soft_f1(logits: Tensor, truth: Tensor) -> Tensor:
    """1 − F1 with probabilities instead of labels, over the locations in the batch; `bce` for the others.

    For a location in the batch F1 = 2·Σ p·t / Σ (p + t), summed over fields. The loss is the mean of 1 − F1 over these
    plus the mean cross-entropy of the absent ones, where F1 has no gradient. With soft truth, p = t is not the minimum.
    The authors' code averages F1 over all locations (absent ones count 0) and takes p of negatives as at least .01.

    References:
        The eleventh of the 2018 challenge: shisu_code/src/loss.py in https://github.com/fuxuliu/Human_Protein

    Example:
        >>> soft_f1(torch.tensor([[9.0], [-9.0]]), torch.tensor([[1.0], [0.0]])) < 0.001
        tensor(True)
    """
    occurs = (truth >= 0.5).any(dim=0)
    p = logits.sigmoid()
    both = torch.where(occurs, (p + truth).sum(dim=0), 1)  # no division by 0, even for gradients that are discarded
    missed = 1 - 2 * (p * truth).sum(dim=0) / both
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").mean(dim=0)
    return _mean(missed, occurs) + _mean(entropy, ~occurs)


@loss("lovasz")
def lovasz(logits: Tensor, truth: Tensor) -> Tensor:
    """Symmetric Lovász hinge: a convex surrogate of one minus the Jaccard index, of positives and of negatives.

    For one location, the errors are e_i = max(0, 1 − x_i·y_i) with y = ±1. In descending order, each is weighted by how
    much the Jaccard loss rises if field i is wrong in addition to those before it; the sum is the Lovász extension of
    that loss at e. This is averaged over (x, t) and (−x, 1 − t), and over locations, as by the first of the 2018
    challenge.

    References:
        Berman, Rannen Triki, Blaschko. The Lovász-Softmax Loss. CVPR 2018. arXiv:1705.08790

    Example:
        >>> lovasz(torch.tensor([[3.0], [-0.5]]), torch.tensor([[1.0], [0.0]]))
        tensor(0.3750)
    """
    shown = (truth >= 0.5).to(logits.dtype)
    errors, order = (1 - logits * (2 * shown - 1)).sort(dim=0, descending=True)
    shown = shown.gather(0, order)
    rise = (_jaccard_rise(shown) + _jaccard_rise(1 - shown)) / 2
    return (errors.relu() * rise).sum(dim=0).mean()


def _jaccard_rise(shown: Tensor) -> Tensor:
    """How much the Jaccard loss rises with each field, shape (N, K), if all fields above it are wrong too."""
    all_shown = shown.sum(dim=0)
    kept = all_shown - shown.cumsum(dim=0)
    union = all_shown + (1 - shown).cumsum(dim=0)
    loss = 1 - kept / union
    return loss.diff(dim=0, prepend=torch.zeros_like(loss[:1]))


@loss("hard_log")
def hard_log(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of the hard fields: for each location all positives, and the negatives with the highest logits.

    With P positives and M negatives in the batch, min(M, P + max(2, ⌊M/2⌋), ⌊.7·M⌋ + 2) negatives are kept. The loss is
    the mean over these fields, then over locations, as by the first of the 2018 challenge.

    References:
        bestfitting/src/layers in https://github.com/CellProfiling/HPA-competition-solutions

    Example:
        >>> logits, truth = torch.tensor([[0.0], [0.0], *[[-99.0]] * 8]), torch.tensor([[1.0], *[[0.0]] * 9])
        >>> hard_log(logits, truth)  # the positive and five of nine negatives: log 2 · 2/6
        tensor(0.2310)
    """
    shown = truth >= 0.5
    positives = shown.sum(dim=0)
    negatives = len(truth) - positives
    kept = torch.minimum(positives + (negatives // 2).clamp(min=2), negatives * 7 // 10 + 2).minimum(negatives)
    order = logits.masked_fill(shown, -torch.inf).argsort(dim=0, descending=True)
    hard = shown | (order.argsort(dim=0) < kept)
    entropy = F.binary_cross_entropy_with_logits(logits, shown.to(logits.dtype), reduction="none")
    return (entropy.where(hard, 0).sum(dim=0) / hard.sum(dim=0)).mean()


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean of the chosen values, shape (K,); 0 if none is chosen."""
    return values.where(chosen, 0).sum() / chosen.sum().clamp(min=1)
