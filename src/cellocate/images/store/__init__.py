"""The store: shrunk fields in plain files, found by number.

`<size>/<shard>.bin` holds the pixels of fields, one after the other, each (C, H, W) in its own depth, little-endian.
`index.npy` has the position of each field. `store.json` is written last and holds the checksums. Read `Store` first.
"""

from cellocate.images.store.reader import Store, in_store, open_store, place
from cellocate.images.store.shards import INDEX, index_type, is_whole, per_shard, shard_path, write_shard
from cellocate.images.store.store_json import CARD, StoreCard, write_card

__all__ = [
    "CARD",
    "INDEX",
    "Store",
    "StoreCard",
    "in_store",
    "index_type",
    "is_whole",
    "open_store",
    "per_shard",
    "place",
    "shard_path",
    "write_card",
    "write_shard",
]
