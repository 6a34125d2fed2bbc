"""Fields of the Human Protein Atlas from its image server: politely, resumably, verified."""

from cellocate.collection.atlas import BASE, Listed, read_list
from cellocate.collection.download.files import EDITIONS, LICENCE
from cellocate.collection.download.narrow import narrowed
from cellocate.collection.download.rate_limit import Manners
from cellocate.collection.download.run import FAULTS, Download

__all__ = ["BASE", "EDITIONS", "FAULTS", "LICENCE", "Download", "Listed", "Manners", "narrowed", "read_list"]
