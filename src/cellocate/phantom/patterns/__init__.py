"""Patterns: one function per location of hpa28, each drawing one cell; `cellocate.registry.LOCATIONS` has them by name.

To add a location, write a function that draws it in one cell with a `Pen`, and decorate it with `location`.
"""

from cellocate.phantom.patterns.drawing import Pattern, Pen, location

__all__ = ["Pattern", "Pen", "location"]
