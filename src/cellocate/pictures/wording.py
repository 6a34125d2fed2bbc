"""Format numbers and lists for sentences."""

from __future__ import annotations

from collections.abc import Sequence


def number(value: float | None, digits: int = 2) -> str:
    """Format a score, or a dash if it is undefined.

    Example:
        >>> number(0.5), number(None)
        ('0.50', '–')
    """
    return "–" if value is None else f"{value:.{digits}f}"


def format_probability(p: float) -> str:
    """Format a probability next to a name, without a line break inside.

    Example:
        >>> format_probability(0.5).split()
        ['p', '=', '0.50']
    """
    return f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{p:.2f}"


def listed(items: Sequence[str]) -> str:
    """Join items for a sentence.

    Example:
        >>> listed(["Nucleoli", "Cytosol", "Aggresome"])
        'Nucleoli, Cytosol and Aggresome'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def sentence(text: str) -> str:
    """Add a capital and a full stop to a text.

    Example:
        >>> sentence("no field was left out")
        'No field was left out.'
    """
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
