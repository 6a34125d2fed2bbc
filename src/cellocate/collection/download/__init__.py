"""Download fields of the Human Protein Atlas: rate-limited, resumable and verified.

`read_list` and `filter_fields` choose the fields, `Download` fetches them and lists them as a collection. Read
`atlas_download.py` first, then `fetch.py` (one file) and `transfer.py` (one HTTP request).
"""

from cellocate.collection.atlas import ImageList, read_list
from cellocate.collection.download.atlas_download import FAULTS, Download
from cellocate.collection.download.editions import LICENCE
from cellocate.collection.download.filter_list import filter_fields
from cellocate.collection.download.rate_limit import RateLimits

__all__ = ["FAULTS", "LICENCE", "Download", "ImageList", "RateLimits", "filter_fields", "read_list"]
