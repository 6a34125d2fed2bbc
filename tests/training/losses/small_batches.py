"""Small batches of logits and truth for tests of losses."""

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import asymmetric, bce, cross_entropy, focal, soft_margin

TERMS = {
    "bce": bce,
    "focal": lambda logits, truth: focal(logits, truth, gamma=2.0),
    "gentle focal": lambda logits, truth: focal(logits, truth, gamma=0.3),
    "asymmetric": lambda logits, truth: asymmetric(logits, truth, gamma=1.0, gamma_negative=4.0, clip=0.05),
    "gentle asymmetric": lambda logits, truth: asymmetric(logits, truth, gamma=0.3, gamma_negative=0.3, clip=0.0),
    "soft_f1": soft_f1,
    "lovasz": lovasz,
    "hard_log": hard_log,
    "soft_margin": soft_margin,
    "cross_entropy": cross_entropy,
}


@st.composite
def batches(draw, soft=False, limit=100.0):
    """Logits up to the limit, many of them equal, and hard or soft truth; 1 to 12 fields of 1 to 4 locations."""
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    logits = draw(arrays(np.float32, shape, elements=st.floats(-limit, limit, width=16)))
    levels = st.floats(0, 1, width=32) if soft else st.sampled_from([0.0, 1.0])
    return torch.from_numpy(logits), torch.from_numpy(draw(arrays(np.float32, shape, elements=levels)))


def drawn(fields=40, locations=5, seed=0, dtype=torch.float64):
    """Logits of a normal distribution, and truth, of which the last location has none."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(fields, locations, generator=generator, dtype=dtype)
    truth = (torch.rand(fields, locations, generator=generator) < 0.3).to(dtype)
    truth[:, -1] = 0
    return logits, truth
