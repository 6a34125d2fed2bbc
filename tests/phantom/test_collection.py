"""Collections on disk: layout, truth, determinism, label statistics, refusals."""

import csv
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.phantom import simulate, simulate_field
from cellocate.phantom.label_sets import label_sets, read_targets, real_label_sets
from cellocate.phantom.phantom_layouts import layout
from cellocate.vocabulary import get_vocabulary


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_layout_is_that_of_2018_with_the_truth_beside_it(tmp_path):
    done = []
    simulate(tmp_path / "a", fields=3, size=64, seed=2, workers=1, progress=done.append)
    table = rows(tmp_path / "a" / "train.csv")
    assert [row["Id"] for row in table] == ["phantom-2-000000", "phantom-2-000001", "phantom-2-000002"]
    assert done[-1] == 3
    cells = rows(tmp_path / "a" / "truth" / "cells.csv")
    for row in table:
        shown = set(get_vocabulary("hpa28").parse(row["Target"]))
        for colour in ("red", "green", "blue", "yellow"):
            image = cv2.imread(str(tmp_path / "a" / "train" / f"{row['Id']}_{colour}.png"), cv2.IMREAD_UNCHANGED)
            assert image.shape == (64, 64)
            assert image.dtype == np.uint8
        mask = cv2.imread(str(tmp_path / "a" / "truth" / f"{row['Id']}_cells.png"), cv2.IMREAD_UNCHANGED)
        assert mask.dtype == np.uint16
        own = [cell for cell in cells if cell["Id"] == row["Id"]]
        assert [int(cell["cell"]) for cell in own] == list(range(1, len(own) + 1))
        assert set(np.unique(mask)) - {0} <= {int(cell["cell"]) for cell in own}
        assert set().union(*(get_vocabulary("hpa28").parse(cell["labels"]) for cell in own)) == shown
    about = json.loads((tmp_path / "a" / "truth" / "collection.json").read_text())
    assert (about["seed"], about["size"], about["labels"], about["pixel_size"]) == (2, 64, "real", 2.56)


def test_the_signal_of_each_location_is_on_disk(tmp_path):
    (tmp_path / "labels.csv").write_text("Id,Target\na,2 23\nb,\n")
    simulate(tmp_path / "a", fields=2, size=64, labels=tmp_path / "labels.csv", seed=9, workers=1)
    truth = tmp_path / "a" / "truth"
    signals = rows(truth / "signals.csv")
    assert [(row["Id"], row["label"]) for row in signals] == [("phantom-9-000000", "2"), ("phantom-9-000000", "23")]
    assert len(list(truth.glob("*_signal_*"))) == 2
    field = simulate_field([2, 23], size=64, seed=[9, 0])
    for row in signals:
        image = cv2.imread(str(truth / f"{row['Id']}_signal_{row['label']}.png"), cv2.IMREAD_UNCHANGED)
        light, brightest = field.signal[int(row["label"])], float(row["brightest"])
        assert image.dtype == np.uint8
        assert image.max() == 255
        np.testing.assert_allclose(image * (brightest / 255), light, atol=brightest / 510 + 0.01)


def test_16_bits_are_written_and_told(tmp_path):
    simulate(tmp_path / "a", fields=1, size=64, depth=16, seed=2, workers=1)
    images = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (tmp_path / "a" / "train").iterdir()]
    assert {image.dtype for image in images} == {np.dtype(np.uint16)}
    assert json.loads((tmp_path / "a" / "truth" / "collection.json").read_text())["depth"] == 16


def test_a_collection_knows_its_vocabulary_and_its_pixel_size(tmp_path):
    simulate(tmp_path / "a", fields=2, size=128, span=246, vocabulary="subcell31", seed=2, workers=1)
    collection = open_collection(tmp_path / "a")
    assert collection.vocabulary == get_vocabulary("subcell31")
    assert collection.pixel_size(collection.ids[0]) == pytest.approx(246 / 128, rel=1e-3)
    assert open_collection(tmp_path / "a", pixel_size=0.5).pixel_size(collection.ids[0]) == 0.5
    (tmp_path / "a" / "truth" / "collection.json").write_text("{")
    with pytest.raises(CellocateError, match=r"collection\.json"):
        open_collection(tmp_path / "a")


def test_variability_is_told_and_changes_what_cells_show(tmp_path):
    for share in (0.0, 1.0):
        out = tmp_path / str(share)
        simulate(out, fields=1, size=64, labels="real", variability=share, seed=2, workers=1)
        assert json.loads((out / "truth" / "collection.json").read_text())["variability"] == share
    all_show, one_shows = (rows(tmp_path / share / "truth" / "cells.csv") for share in ("0.0", "1.0"))
    assert sum(bool(cell["labels"]) for cell in all_show) > sum(bool(cell["labels"]) for cell in one_shows) == 1


def test_bytes_do_not_depend_on_workers(tmp_path):
    for workers in (1, 2):
        simulate(tmp_path / str(workers), fields=8, size=64, seed=3, workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_a_smaller_collection_is_the_start_of_a_larger_one(tmp_path):
    simulate(tmp_path / "short", fields=1, size=64, seed=4, workers=1)
    simulate(tmp_path / "long", fields=2, size=64, seed=4, workers=1)
    short, long = contents(tmp_path / "short"), contents(tmp_path / "long")
    assert all(long[name] == data for name, data in short.items() if name.endswith(".png"))


def test_another_seed_gives_other_fields(tmp_path):
    for seed in (5, 6):
        simulate(tmp_path / str(seed), fields=1, size=64, seed=seed, workers=1)
    one, other = contents(tmp_path / "5"), contents(tmp_path / "6")
    assert one["train/phantom-5-000000_blue.png"] != other["train/phantom-6-000000_blue.png"]


def test_balanced_fields_show_every_location_about_equally_often():
    draw = label_sets("balanced", 7, layout("kaggle2018"))
    sets = [draw(i) for i in range(560)]
    counts = Counter(label for labels in sets for label in labels)
    assert set(counts) == set(range(28))
    assert min(counts.values()) >= 20
    assert max(counts.values()) <= 40
    assert 0.18 < np.mean([len(labels) == 2 for labels in sets]) < 0.32
    assert {label for labels in sets[:28] for label in labels} == set(range(28))


def test_the_real_statistics_are_those_of_the_2018_train_set():
    sets, counts = real_label_sets()
    assert len(sets) == len(set(sets)) == 577
    assert sum(counts) == 31072
    per_class = get_vocabulary("hpa28").encode(sets).T @ np.array(counts)
    assert per_class[0] == 12885
    assert per_class[27] == 11
    draw = label_sets("real", 8, layout("kaggle2018"))
    drawn = Counter(draw(i) for i in range(2000))
    assert set(drawn) <= set(sets)
    assert 0.06 < drawn[(0,)] / 2000 < 0.1


def test_labels_are_taken_from_a_table_in_order(tmp_path):
    (tmp_path / "labels.csv").write_text("Id,Target\na,16 0\nb,7\nc,\n")
    draw = label_sets(tmp_path / "labels.csv", 0, layout("kaggle2018"))
    assert [draw(i) for i in range(4)] == [(0, 16), (7,), (), (0, 16)]


@pytest.mark.parametrize(
    "request_",
    [
        {"fields": 0},
        {"fields": -1},
        {"size": 32},
        {"depth": 12},
        {"span": 59},
        {"span": 1001},
        {"span": float("nan")},
        {"span": 246},  # pixels of 3.8 µm
        {"vocabulary": "hpa27"},
        {"layout": "kaggle2019"},
        {"labels": "reel"},
        {"workers": 0},
        {"seed": -1},
    ],
    ids=str,
)
def test_impossible_requests_are_refused_before_any_work(tmp_path, request_):
    with pytest.raises(CellocateError):
        simulate(tmp_path / "out", **({"fields": 1, "size": 64, "workers": 1} | request_))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["Id,Target\na,28\n", "Id,Target\na,zero\n", "Id,Label\na,1\n", "", "Id,Target\n", "Id,Target\na,\xff\n"]
)
def test_tables_that_cannot_be_used_are_refused(tmp_path, text):
    (tmp_path / "labels.csv").write_text(text, encoding="latin-1")
    with pytest.raises(CellocateError):
        simulate(tmp_path / "out", fields=1, size=64, labels=tmp_path / "labels.csv", workers=1)
    assert not (tmp_path / "out").exists()


def test_a_table_of_labels_may_come_from_any_program(tmp_path):
    (tmp_path / "labels.csv").write_text("\tId\ttarget\n0\ta\t[2, 23]\n1\tb\tGolgi apparatus\n", encoding="utf-16")
    assert read_targets(tmp_path / "labels.csv", layout("kaggle2018")) == [(2, 23), (7,)]
    (tmp_path / "labels.csv").write_text("Id,Target\na,2\nb,Golgy\n")
    with pytest.raises(CellocateError, match=r"unknown label 'Golgy': .*line 3, column Target"):
        read_targets(tmp_path / "labels.csv", layout("kaggle2018"))


def test_a_folder_in_use_is_kept_unless_told_otherwise(tmp_path):
    simulate(tmp_path / "out", fields=1, size=64, workers=1)
    (tmp_path / "out" / "precious.txt").write_text("mine")
    with pytest.raises(CellocateError):
        simulate(tmp_path / "out", fields=1, size=64, workers=1)
    assert (tmp_path / "out" / "precious.txt").read_text() == "mine"
    simulate(tmp_path / "out", fields=1, size=64, workers=1, overwrite=True)
    assert not (tmp_path / "out" / "precious.txt").exists()


def test_an_interruption_leaves_nothing(tmp_path):
    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "out", fields=8, size=64, workers=2, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
