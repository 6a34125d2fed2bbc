"""Values in tables: numbers as people write them, dates, and words for missing values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"nan", "na", "n/a", "#n/a", "<na>", "null", "none"})
"""Words of programs for a missing value, in lower case."""

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}(-|\. ?)[A-Z]\w{2}|[A-Z]\w{2}[- ]\d\d", re.ASCII
)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def is_date(text: str) -> bool:
    """Whether text is a date as spreadsheets write it; they convert names and numbers such as SEPT9 and 3-5.

    Example:
        >>> [is_date(text) for text in ("2026-09-09", "9-Sep", "09. Sep", "Sep-09", "03.05.2026", "SEPT9", "16 0")]
        [True, True, True, True, True, False, False]
    """
    return _DATE.fullmatch(text) is not None


def numbers(texts: pd.Series[str]) -> pd.Series[float]:
    """Convert texts to numbers, with decimal points or commas; NaN for empty and other text.

    Example:
        >>> import pandas as pd
        >>> numbers(pd.Series(["0.5", "0,25", ",5", "1e-3", "", "1.234,5", "half"])).tolist()
        [0.5, 0.25, 0.5, 0.001, nan, nan, nan]
    """
    import pandas as pd

    sure = pd.to_numeric(texts, errors="coerce").notna()
    odd = {text for text in texts[~sure] if _DECIMAL_COMMA.fullmatch(str(text))}
    if odd:
        texts = texts.where(~texts.isin(odd), texts.str.replace(",", "."))
        sure = pd.to_numeric(texts, errors="coerce").notna()
    return texts.where(sure, "nan").astype(object).astype(float)  # Python's float keeps digits that pandas 2 loses
