"""The store: shrunk fields in plain files, found by number.

`<size>/<shard>.bin` holds the pixels of fields, one after the other, each (C, H, W) in its own depth, little-endian;
`index.npy` says where each field lies; `store.json` is written last and holds the checksums.
"""

from cellocate.images.store.card import CARD, Card, read_card, write_card
from cellocate.images.store.reader import Store, open_store, place, stored
from cellocate.images.store.shards import INDEX, index_type, is_whole, per_shard, shard_path, write_shard

__all__ = [
    "CARD",
    "INDEX",
    "Card",
    "Store",
    "index_type",
    "is_whole",
    "open_store",
    "per_shard",
    "place",
    "read_card",
    "shard_path",
    "stored",
    "write_card",
    "write_shard",
]
