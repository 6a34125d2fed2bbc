"""One function per location of hpa28, each drawing one cell; `cellocate.registry.LOCATIONS` finds them by name."""

from cellocate.phantom.patterns.drawing import Pattern, Pen, location

__all__ = ["Pattern", "Pen", "location"]
