"""Random tables for hypothesis: truth, decisions and probabilities, among them empty locations and empty fields."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.vocabulary import Location, Vocabulary


@st.composite
def tables(draw, classes=None):
    """Truth, decisions and probabilities (eighths, so that many are equal), with rows and columns emptied."""
    shape = draw(st.integers(1, 25)), classes or draw(st.integers(2, 6))
    truth, decided = (draw(arrays(bool, shape)) for _ in range(2))
    truth[draw(st.lists(st.integers(0, shape[0] - 1), max_size=3))] = False
    truth[:, draw(st.lists(st.integers(0, shape[1] - 1), max_size=2))] = False
    return truth, decided, draw(arrays(np.int64, shape, elements=st.integers(0, 8))) / 8


def vocabulary(size, groups=None):
    return Vocabulary("ours", tuple(Location(f"L{k}", None, groups[k] if groups else "") for k in range(size)))
