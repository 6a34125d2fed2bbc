"""Splits: parts or folds of a collection that keep groups together. Make, save and read them, and check for leaks.

`Split` is the table, `make_split` makes one, `read_split` and `save_split` are its file, `leaks` finds what is wrong.
"""

from cellocate.collection.splits.draw import make_split
from cellocate.collection.splits.leaks import held_out_leaks, leaks, refuse_leaks, refuse_other_challenge
from cellocate.collection.splits.split import PARTS, Split, part_of
from cellocate.collection.splits.split_file import SPLIT_COLUMNS, read_folds, read_split, save_split

__all__ = [
    "PARTS",
    "SPLIT_COLUMNS",
    "Split",
    "held_out_leaks",
    "leaks",
    "make_split",
    "part_of",
    "read_folds",
    "read_split",
    "refuse_leaks",
    "refuse_other_challenge",
    "save_split",
]
