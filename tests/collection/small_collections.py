"""Small folders of images, and tables of fields that need no folder."""

from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection import Collection
from cellocate.images import write_png
from cellocate.vocabulary import get_vocabulary

COUNTS_2018 = [12885, 1254, 3621, 1561, 1858, 2513, 1008, 2822, 53, 45, 28, 1093, 688, 537]
COUNTS_2018 += [1066, 21, 530, 210, 902, 1482, 172, 3777, 802, 2965, 322, 8228, 328, 11]
COUNTS_2021 = [8797, 1095, 2451, 1262, 1425, 1792, 775, 1846, 964, 998]
COUNTS_2021 += [818, 78, 1734, 3111, 2013, 252, 5685, 593, 34]


def pixels(seed, size=(12, 10), dtype=np.uint8):
    """Noise; that of 16 bits has bright pixels, and is dark wherever it is averaged."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 200, size, dtype) if dtype == np.uint8 else (60000 * rng.random(size) ** 9).astype(dtype)


def write_fields(folder, ids=("a", "b"), channels=("green", "blue"), suffix=".png"):
    """Write the channel files of a few fields, all of different pixels; give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, field in enumerate(ids):
        for j, channel in enumerate(channels):
            write_png(folder / f"{field}_{channel}{suffix}", pixels((i, j)))
    return folder


def tabled(folder, text, name="train.csv"):
    """Write a label table into a folder; give the folder."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def table_of(label_sets, vocabulary="hpa28", **columns):
    """A collection of fields of these labels, without files."""
    ids = pd.Index([f"f{i:05}" for i in range(len(label_sets))], name="id")
    fields = pd.DataFrame({"labels": pd.Series(list(label_sets), index=ids, dtype=object)})
    for name, values in columns.items():
        fields[name] = values
    return Collection(Path("nowhere"), "test", fields, get_vocabulary(vocabulary))


def faults(problems):
    """What a list of problems says: id, about, fault."""
    return [(p.id, p.about, p.error.what) for p in problems]


def write_yaml(folder, text):
    """Write a folder's collection.yaml; give the folder."""
    (folder / "collection.yaml").write_text(text)
    return folder


def contents(folder):
    """The bytes of every file in a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
