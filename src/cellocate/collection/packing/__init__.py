"""Packing: a collection of image files → a store, which is read many times faster."""

from cellocate.collection.packing.pack import pack

__all__ = ["pack"]
