"""Losses of each field and location alone, averaged.

Truth may be soft, as mixing fields makes it: a loss L₊ of positives and L₋ of negatives becomes t·L₊ + (1 − t)·L₋, what
is expected of a label that holds with probability t. Throughout, p = σ(x) for logits x.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.registry import LOSSES
from cellocate.training.losses.weights import ClassWeights

loss = LOSSES.register


@loss("bce")
def bce(logits: Tensor, truth: Tensor, weights: ClassWeights | None = None) -> Tensor:
    """Binary cross-entropy, the mean of −w·[v·t·log p + (1 − t)·log(1 − p)].

    Args:
        logits: shape (N, K).
        truth: t, shape (N, K), between 0 and 1.
        weights: w (whole) and v (positive) of each location; None: 1.

    Example:
        >>> bce(torch.zeros(2, 3), torch.eye(3)[:2])
        tensor(0.6931)
    """
    whole, positive = weights or (None, None)
    return F.binary_cross_entropy_with_logits(logits, truth, weight=whole, pos_weight=positive)


@loss("focal")
def focal(logits: Tensor, truth: Tensor, gamma: float, weights: ClassWeights | None = None) -> Tensor:
    """Binary cross-entropy times (1 − p_t)^γ, p_t being the probability that is given to the truth.

    This is −w·[v·t·(1 − p)^γ·log p + (1 − t)·p^γ·log(1 − p)], averaged. γ = 0 makes it `bce`. The first of the 2018
    challenge sums it over the locations; seed 003 means it, and also prints p_t^γ, which would spare what is hard.

    Args:
        logits: shape (N, K).
        truth: t, shape (N, K), between 0 and 1.
        gamma: γ.
        weights: w (whole) and v (positive) of each location; None: 1.

    References:
        Lin, Goyal, Girshick, He, Dollár. Focal Loss for Dense Object Detection. ICCV 2017. arXiv:1708.02002

    Example:
        >>> focal(torch.zeros(2, 3), torch.eye(3)[:2], gamma=2.0)  # a quarter of log 2
        tensor(0.1733)
    """
    log_p, log_q = F.logsigmoid(logits), F.logsigmoid(-logits)
    # powers as exponentials of logarithms: finite gradients for any γ where a probability vanishes
    positives = truth * (gamma * log_q).exp() * -log_p
    negatives = (1 - truth) * (gamma * log_p).exp() * -log_q
    if weights is not None:
        return (weights.whole * (weights.positive * positives + negatives)).mean()
    return (positives + negatives).mean()


@loss("asymmetric")
def asymmetric(logits: Tensor, truth: Tensor, gamma: float, gamma_negative: float, clip: float) -> Tensor:
    """Asymmetric loss: negatives are focused on more than positives, and easy ones left out.

    The mean of −[t·(1 − p)^γ₊·log p + (1 − t)·q^γ₋·log(1 − q)], where q = max(p − clip, 0). γ₋ = γ₊ and no clip make it
    `focal`. Gradients flow through the factors too, as in the paper's analysis; the authors' code sums over the
    locations and by default holds the factors fixed. The paper advises γ₊ = 0, γ₋ = 4, clip = .05.

    Args:
        logits: shape (N, K).
        truth: t, shape (N, K), between 0 and 1.
        gamma: γ₊, of positives.
        gamma_negative: γ₋, of negatives.
        clip: probability at and below which a negative costs nothing.

    References:
        Ridnik et al. Asymmetric Loss for Multi-Label Classification. ICCV 2021. arXiv:2009.14119

    Example:
        >>> asymmetric(torch.tensor([[-4.0, 0.0]]), torch.tensor([[0.0, 1.0]]), gamma=0, gamma_negative=4, clip=0.05)
        tensor(0.3466)
    """
    log_p, log_not_p = F.logsigmoid(logits), F.logsigmoid(-logits)
    positives = truth * (gamma * log_not_p).exp() * -log_p
    # log(1 − q) = log min(1 − p + clip, 1), from logarithms, which do not vanish with 1 − p
    log_not_q = torch.logaddexp(log_not_p, logits.new_full((), clip).log()).clamp(max=0)
    q = (logits.sigmoid() - clip).relu()
    negatives = (1 - truth) * q.pow(gamma_negative) * -log_not_q
    return (positives + negatives).mean()


@loss("soft_margin")
def soft_margin(logits: Tensor, truth: Tensor) -> Tensor:
    """Multi-label soft margin, as torch calls it and the fifth of the 2018 challenge named it: `bce` without weights.

    Args:
        logits: shape (N, K).
        truth: t, shape (N, K), between 0 and 1.

    Example:
        >>> soft_margin(torch.zeros(2, 3), torch.eye(3)[:2])
        tensor(0.6931)
    """
    return F.multilabel_soft_margin_loss(logits, truth)


@loss("cross_entropy")
def cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of a softmax, −Σ_k t_k·log softmax(x)_k, averaged over fields: for one label in each.

    Where a field has several all the same (of a validation part, say), they share it; where it has none it costs
    nothing. `require_one_label` refuses both.

    Args:
        logits: x, shape (N, K).
        truth: t, shape (N, K), between 0 and 1.

    Example:
        >>> cross_entropy(torch.zeros(2, 4), torch.eye(4)[:2])  # log 4
        tensor(1.3863)
    """
    return F.cross_entropy(logits, truth / truth.sum(dim=1, keepdim=True).clamp(min=1))
