"""Losses of each field and location by itself, averaged.

Truth may be soft, as mixed fields make it: a loss L₊ of positives and L₋ of negatives becomes t·L₊ + (1 − t)·L₋, the
expected loss of a label that holds with probability t. Throughout, p = σ(x) for logits x. Logits have shape (N, K); so
has the truth t, between 0 and 1.
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

    Class weights are w (whole) and v (positive), or 1.

    Example:
        >>> bce(torch.zeros(2, 3), torch.eye(3)[:2])
        tensor(0.6931)
    """
    whole, positive = weights or (None, None)
    return F.binary_cross_entropy_with_logits(logits, truth, weight=whole, pos_weight=positive)


@loss("focal")
def focal(logits: Tensor, truth: Tensor, gamma: float, weights: ClassWeights | None = None) -> Tensor:
    """Binary cross-entropy times (1 − p_t)^γ, with p_t the probability of the true label.

    This is the mean of −w·[v·t·(1 − p)^γ·log p + (1 − t)·p^γ·log(1 − p)] with class weights w (whole) and v (positive).
    γ = 0 makes it `bce`. The first of the 2018 challenge sums it over the locations; seed 003 means this formula but
    also prints p_t^γ, which would ignore hard fields.

    References:
        Lin, Goyal, Girshick, He, Dollár. Focal Loss for Dense Object Detection. ICCV 2017. arXiv:1708.02002

    Example:
        >>> focal(torch.zeros(2, 3), torch.eye(3)[:2], gamma=2.0)  # a quarter of log 2
        tensor(0.1733)
    """
    log_p, log_q = F.logsigmoid(logits), F.logsigmoid(-logits)
    # powers as exponentials of logarithms have finite gradients for any γ, even at probability 0
    positives = truth * (gamma * log_q).exp() * -log_p
    negatives = (1 - truth) * (gamma * log_p).exp() * -log_q
    if weights is not None:
        return (weights.whole * (weights.positive * positives + negatives)).mean()
    return (positives + negatives).mean()


@loss("asymmetric")
def asymmetric(logits: Tensor, truth: Tensor, gamma: float, gamma_negative: float, clip: float) -> Tensor:
    """Asymmetric loss: focuses more on negatives than on positives, and leaves easy negatives out.

    The mean of −[t·(1 − p)^γ₊·log p + (1 − t)·q^γ₋·log(1 − q)], with q = max(p − clip, 0), γ₊ `gamma` and γ₋
    `gamma_negative`. γ₋ = γ₊ without clip is `focal`. Gradients flow through the factors, as in the paper's analysis;
    the authors' code sums over the locations and keeps the factors fixed by default. The paper recommends γ₊ = 0, γ₋ =
    4, clip = .05.

    References:
        Ridnik et al. Asymmetric Loss for Multi-Label Classification. ICCV 2021. arXiv:2009.14119

    Example:
        >>> asymmetric(torch.tensor([[-4.0, 0.0]]), torch.tensor([[0.0, 1.0]]), gamma=0, gamma_negative=4, clip=0.05)
        tensor(0.3466)
    """
    log_p, log_not_p = F.logsigmoid(logits), F.logsigmoid(-logits)
    positives = truth * (gamma * log_not_p).exp() * -log_p
    # log(1 − q) = log min(1 − p + clip, 1), from logarithms, which are exact for small 1 − p
    log_not_q = torch.logaddexp(log_not_p, logits.new_full((), clip).log()).clamp(max=0)
    q = (logits.sigmoid() - clip).relu()
    negatives = (1 - truth) * q.pow(gamma_negative) * -log_not_q
    return (positives + negatives).mean()


@loss("soft_margin")
def soft_margin(logits: Tensor, truth: Tensor) -> Tensor:
    """Multi-label soft margin, torch's name and that of the fifth of the 2018 challenge: `bce` without weights.

    Example:
        >>> soft_margin(torch.zeros(2, 3), torch.eye(3)[:2])
        tensor(0.6931)
    """
    return F.multilabel_soft_margin_loss(logits, truth)


@loss("cross_entropy")
def cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of a softmax, −Σ_k t_k·log softmax(x)_k, averaged over fields, for one label per field.

    If a field still has several (in a validation part, say), they share the weight; without a label it costs nothing.
    `require_one_label` refuses both.

    Example:
        >>> cross_entropy(torch.zeros(2, 4), torch.eye(4)[:2])  # log 4
        tensor(1.3863)
    """
    return F.cross_entropy(logits, truth / truth.sum(dim=1, keepdim=True).clamp(min=1))
