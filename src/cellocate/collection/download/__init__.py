"""Fields of the Human Protein Atlas from its image server: politely, resumably, verified."""

from cellocate.collection.atlas import BASE, ImageList, read_list
from cellocate.collection.download.atlas_download import FAULTS, Download
from cellocate.collection.download.editions import EDITIONS, LICENCE
from cellocate.collection.download.filter_list import filter_fields
from cellocate.collection.download.rate_limit import RateLimits

__all__ = ["BASE", "EDITIONS", "FAULTS", "LICENCE", "Download", "ImageList", "RateLimits", "filter_fields", "read_list"]
