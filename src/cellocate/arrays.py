"""Short names for types of arrays; a docstring gives the shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]  # of any precision
Doubles = NDArray[np.float64]
