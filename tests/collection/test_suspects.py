"""Warnings of a check: each kind is told of the right fields and of no other, and none of them is a fault."""

import cv2
import numpy as np
import pytest
from small_collections import tabled

from cellocate import phantom
from cellocate.collection import find_warnings, inspect, open_collection
from cellocate.images import read_channel, write_png

IDS = [f"phantom-5-{i:06d}" for i in range(6)]
COPY = "the same pixels as another field"
NEAR = "a near duplicate of another field"
LABELS = "labels other than those of its duplicate"


@pytest.fixture(scope="module")
def _sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "phantoms"
    phantom.simulate(folder, fields=6, size=512, seed=5, workers=1)
    return folder


@pytest.fixture
def folder(_sound, tmp_path):
    """Six sound fields, whose images the test may replace."""
    (tmp_path / "data").mkdir()
    for path in (_sound / "train").iterdir():
        (tmp_path / "data" / path.name).symlink_to(path)
    return tabled(tmp_path / "data", "Id,Target\n" + "".join(f"{field},{i}\n" for i, field in enumerate(IDS)))


def change(folder, field, channel, how):
    path = folder / f"{field}_{channel}.png"
    pixels = read_channel(path, channel)
    path.unlink()
    write_png(path, how(pixels))


def copied(folder, old, new, how=lambda pixels: pixels):
    for channel in ("red", "green", "blue", "yellow"):
        pixels = read_channel(folder / f"{old}_{channel}.png", channel)
        change(folder, new, channel, lambda _, pixels=pixels: how(pixels))


def told(folder, **options):
    collection = open_collection(folder)
    inspection = inspect(collection, decode=True)
    assert inspection.problems == ()
    warnings = find_warnings(collection, inspection, **options)
    assert {w.severity for w in warnings} <= {"warning"}
    assert all(w.error.mend for w in warnings)
    return [(w.id, w.about, w.error.what, w.error.where) for w in warnings]


def test_sound_fields_are_not_suspect(folder):
    assert told(folder) == []


def test_each_kind_is_told(folder):
    change(folder, IDS[0], "green", np.zeros_like)
    change(folder, IDS[0], "blue", np.zeros_like)
    change(folder, IDS[1], "yellow", lambda p: np.maximum(p, np.where(np.arange(512) < 128, 255, 0).astype(np.uint8)))
    change(folder, IDS[2], "red", lambda p: cv2.GaussianBlur(p, (0, 0), 2))
    assert told(folder) == [
        (IDS[0], "files", "a blank channel", "green, blue"),
        (IDS[1], "files", "a saturated channel", "yellow"),
        (IDS[2], "files", "out of focus", None),
    ]


def test_an_empty_field_is_told_once(folder):
    rng = np.random.default_rng(1)
    for channel in ("red", "green", "blue", "yellow"):
        change(folder, IDS[3], channel, lambda p: rng.poisson(2, p.shape).astype(np.uint8))
    assert told(folder) == [(IDS[3], "files", "nearly empty: no cell stands out from the noise", None)]


def test_an_uneven_background_without_protein_is_told(folder):
    rng, light = np.random.default_rng(1), np.linspace(20, 40, 512)
    change(folder, IDS[4], "green", lambda p: rng.poisson(np.broadcast_to(light, p.shape)).astype(np.uint8))
    assert told(folder) == [(IDS[4], "files", "no signal: the protein does not stand out from the noise", None)]


def test_a_protein_that_is_another_channel_is_told(folder):
    red = read_channel(folder / f"{IDS[4]}_red.png", "red")
    change(folder, IDS[4], "green", lambda _: red // 2)
    assert told(folder) == [(IDS[4], "files", "a protein channel that is a copy of another", "red")]


def test_files_of_an_odd_size_are_told_where_asked(folder):
    change(folder, IDS[3], "green", lambda p: np.where(p > 40, 20, 0).astype(np.uint8))
    small = (folder / f"{IDS[3]}_green.png").stat().st_size / 1000
    largest = max(path.stat().st_size for path in folder.glob("*.png")) / 1000
    found = told(folder, smallest_file=small + 0.1)
    assert (IDS[3], "files", f"a file smaller than {small + 0.1:g} kB", f"{small:.1f} kB") in found
    assert len([f for f in found if "file smaller" in f[2]]) == 1
    assert not [f for f in told(folder, smallest_file=small) if "file smaller" in f[2]]
    assert not [f for f in told(folder, largest_file=largest) if "file larger" in f[2]]
    assert [f[2] for f in told(folder, largest_file=largest - 0.1)] == [f"a file larger than {largest - 0.1:g} kB"]


def test_copies_are_told_and_that_their_labels_differ(folder):
    copied(folder, IDS[0], IDS[4])
    copied(folder, IDS[1], IDS[5], lambda p: cv2.convertScaleAbs(p, alpha=0.8))
    found = told(folder)
    for kind, about, pair in (
        (COPY, "files", (0, 4)),
        (NEAR, "files", (1, 5)),
        (LABELS, "labels", (0, 4)),
        (LABELS, "labels", (1, 5)),
    ):
        first, second = (IDS[i] for i in pair)
        assert (first, about, kind, second) in found
        assert (second, about, kind, first) in found
    assert len(found) == 8


def test_copies_of_the_same_labels_contradict_nothing(folder):
    copied(folder, IDS[0], IDS[4])
    tabled(folder, "Id,Target\n" + "".join(f"{field},{i % 4}\n" for i, field in enumerate(IDS)))
    assert {f[2] for f in told(folder)} == {COPY}


def test_a_label_that_stands_twice_is_told(folder):
    tabled(folder, "Id,Target\n" + "".join(f"{field},{i} {i}\n" for i, field in enumerate(IDS)))
    assert [f[:3] for f in told(folder)] == [(field, "labels", "a row has a label twice") for field in IDS]


def test_real_fields_are_not_suspect(real_data):
    for name in ("kaggle2018", "hpa_web"):
        assert told(real_data / name) == []
