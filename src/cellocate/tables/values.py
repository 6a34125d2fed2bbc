"""Values of tables: numbers as people write them, and the ways to say that there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"nan", "na", "n/a", "#n/a", "<na>", "null", "none"})
"""What programs write for a value that is not known, in small letters."""

_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def numbers(texts: pd.Series[str]) -> pd.Series[float]:
    """Texts as numbers, with a point or a comma before the decimals; NaN where one is no number, or empty.

    Example:
        >>> import pandas as pd
        >>> numbers(pd.Series(["0.5", "0,25", ",5", "1e-3", "", "1.234,5", "half"])).tolist()
        [0.5, 0.25, 0.5, 0.001, nan, nan, nan]
    """
    import pandas as pd

    found = pd.to_numeric(texts, errors="coerce").astype(float)
    odd = {text for text in texts[found.isna()] if _DECIMAL_COMMA.fullmatch(str(text))}
    if odd:
        written = texts.where(~texts.isin(odd), texts.str.replace(",", "."))
        found = pd.to_numeric(written, errors="coerce").astype(float)
    return found
