"""One function per location of hpa28, each drawing one cell; `PATTERNS` finds them by name."""

from cellocate.phantom.patterns import cytoplasm, cytoskeleton, division, membranes, nucleus, vesicles
from cellocate.phantom.patterns.registry import PATTERNS, Pattern, Pen, location

__all__ = [
    "PATTERNS",
    "Pattern",
    "Pen",
    "cytoplasm",
    "cytoskeleton",
    "division",
    "location",
    "membranes",
    "nucleus",
    "vesicles",
]
