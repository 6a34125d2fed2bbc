"""How many of something, in words for a user."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """A number and what it counts, of which there may be one.

    Example:
        >>> counted(1, "field"), counted(0, "faulty field"), counted(31_072, "file")
        ('1 field', '0 faulty fields', '31,072 files')
    """
    return f"{number:,} {plural(number, thing)}"


def plural(number: int, thing: str) -> str:
    """What a number counts: `thing`, or several of them.

    Example:
        >>> plural(1, "field"), plural(2, "field")
        ('field', 'fields')
    """
    return thing if number == 1 else f"{thing}s"
