"""Numbers of things in messages."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """A number and a noun in singular or plural.

    Example:
        >>> counted(1, "field"), counted(0, "faulty field"), counted(31_072, "file")
        ('1 field', '0 faulty fields', '31,072 files')
    """
    return f"{number:,} {plural(number, thing)}"


def plural(number: int, thing: str) -> str:
    """A noun in singular or plural.

    Example:
        >>> plural(1, "field"), plural(2, "field")
        ('field', 'fields')
    """
    return thing if number == 1 else f"{thing}s"
