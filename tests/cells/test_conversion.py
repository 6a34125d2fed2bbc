"""Fields to cells: what the collection of cells is, what it refuses, and that an interruption changes no byte."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellocate.cells import exports
from cellocate.cells.clean_up import CleanUp
from cellocate.cells.conversion import convert
from cellocate.cells.crops import CropSettings, crops
from cellocate.cells.cutting import CellPlan
from cellocate.cells.field_masks import ImportedMasks
from cellocate.cells.field_notes import Note
from cellocate.cells.strong_labels import StrongLabels
from cellocate.collection import make_split, open_collection
from cellocate.collection.identity import identities
from cellocate.collection.splits.leaks import leaks
from cellocate.errors import CellocateError
from cellocate.images import read_channel, write_png

SMALL = CropSettings(size=16, span=40)
LOOSE = CleanUp(keep=("edge", "small", "large", "negative", "focus"))


@pytest.fixture
def fields(phantoms):
    collection = open_collection(phantoms)
    return collection.subset(collection.ids[:8])


@pytest.fixture
def plan(phantoms, tmp_path, fields):
    return CellPlan(tmp_path / "out", fields.channels, SMALL, phantoms / "truth", None)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_cells_are_a_collection_that_knows_its_fields(fields, plan):
    steps = []
    converted = convert(fields, plan, workers=1, progress=steps.append)
    cells = converted.cells
    assert steps == [1] * 8
    field = fields.ids[3]
    mask = read_channel(plan.masks / f"{field}_cells.png", "blue")
    mine = cells.fields[cells.fields["field"] == field]
    assert list(mine.index) == [f"{field}_{n}" for n in np.unique(mask) if n]
    assert set(mine["labels"]) == {fields.fields["labels"][field]}
    assert (set(mine["group"]), set(mine["original_id"]), set(mine["pixel_size"])) == ({field}, {field}, {40 / 16})
    assert (cells.channels, cells.vocabulary, cells.simulated) == (fields.channels, fields.vocabulary, True)
    pixels, pixel_size = fields.read(field, fields.channels)
    expected = [crop.pixels for crop in crops(pixels, mask, None, pixel_size, SMALL)]
    for i, crop in zip(mine.index, expected, strict=True):
        np.testing.assert_array_equal(cells.read(i, cells.channels)[0], crop)
    np.testing.assert_array_equal(read_channel(plan.out / "masks" / f"{field}_cells.png", "blue"), mask)
    table = pd.read_csv(plan.out / "cells.csv")
    assert list(table["id"]) == cells.ids
    assert table["why"].isna().all()
    assert converted.summary["cells"] == len(cells)
    assert cells.made["steps"][-1]["step"] == "cells"
    assert not (plan.out / "cutting").exists()


def test_groups_and_metadata_of_fields_are_those_of_their_cells(fields, plan):
    table = fields.fields.assign(antibody=["HPA1", "HPA2"] * 4, cell_line="U2OS")
    cells = convert(replace(fields, fields=table), plan, workers=1).cells
    assert set(cells.group()) == {"HPA1", "HPA2"}
    assert set(cells.fields["cell_line"]) == {"U2OS"}


def test_a_split_of_cells_tears_no_field_and_cells_are_known_as_of_their_field(fields, plan):
    cells = convert(fields, plan, workers=1).cells
    split = make_split(cells, "stratified", validation=0.3, test=0.3, seed=0)
    assert not leaks(split, cells)
    parts = split.parts.groupby(cells.fields["field"]).nunique()
    assert (parts == 1).all()
    assert set(identities(cells.fields)) == set(fields.ids)


def test_strong_labels_are_of_fields_with_one(fields, plan):
    strong = StrongLabels(CleanUp(), max_cells=2)
    converted = convert(fields, plan, strong, workers=1)
    labels = fields.fields["labels"]
    single = {i for i in fields.ids if len(labels[i]) == 1}
    assert 0 < len(single) < len(fields)
    table = pd.read_csv(plan.out / "cells.csv", keep_default_na=False)
    assert set(table["field"]) <= single
    assert list(table["id"][table["why"] == ""]) == converted.cells.ids
    assert converted.summary["removed"] == table["why"][table["why"] != ""].value_counts().to_dict()
    assert not table["edge"][table["why"] == ""].any()
    assert converted.cells.fields["labels"].value_counts().max() <= 2
    counts = pd.read_csv(plan.out / "counts.csv")
    assert (counts["found"].sum(), counts["kept"].sum()) == (len(table), len(converted.cells))
    one = converted.cells.ids[-1]
    field, _, number = one.rpartition("_")
    pixels, pixel_size = fields.read(field, fields.channels)
    mask = read_channel(plan.masks / f"{field}_cells.png", "blue")
    crop = next(c for c in crops(pixels, mask, None, pixel_size, SMALL) if c.number == int(number))
    np.testing.assert_array_equal(converted.cells.read(one, fields.channels)[0], crop.pixels)


def test_bytes_do_not_depend_on_workers(fields, plan, tmp_path):
    also = replace(plan, png=True, exports=(exports.geojson,))
    convert(fields, also, StrongLabels(LOOSE), workers=1)
    convert(fields, replace(also, out=tmp_path / "two"), StrongLabels(LOOSE), workers=2)
    assert contents(plan.out) == contents(tmp_path / "two")


def test_cells_as_pictures_are_the_same_collection(fields, plan):
    cells = convert(fields, replace(plan, png=True), workers=1).cells
    pictures = open_collection(plan.out / "png")
    assert (pictures.ids, pictures.simulated, pictures.made) == (cells.ids, True, cells.made)
    assert list(pictures.fields["labels"]) == list(cells.fields["labels"])
    for i in cells.ids[:3]:
        np.testing.assert_array_equal(pictures.read(i, cells.channels)[0], cells.read(i, cells.channels)[0])


def test_a_faulty_field_does_not_stop_the_others_and_can_be_left_out_later(fields, plan, monkeypatch):
    bad, odd = fields.ids[2], fields.ids[5]
    fields.files(bad)["green"].write_bytes(b"no image")
    write_png(plan.masks / f"{odd}_cells.png", np.ones((9, 9), np.uint16))
    with pytest.raises(CellocateError, match=r"2 of 8 fields cannot be used; the first, .*--resume --skip-bad"):
        convert(fields, plan, workers=1)
    done = len(list((plan.out / "masks").glob("*_cells.png")))
    assert done == 6
    monkeypatch.setattr("cellocate.cells.cutting._cut", lambda task: pytest.fail(f"{task.field} is done again"))
    cells = convert(fields, replace(plan, skip_bad=True), workers=1, resume=True).cells
    assert set(cells.fields["field"]) == set(fields.ids) - {bad, odd}
    skipped = pd.read_csv(plan.out / "skipped.csv").set_index("id")
    assert set(skipped.index) == {bad, odd}
    assert "another size" in skipped.loc[odd, "what"] or "9 × 9 px" in skipped.loc[odd, "what"]


def test_fields_are_counted_once_and_rows_without_images_never(fields, plan, phantoms):
    """Of 8 fields one has two faults; a row of the table that is faulty is of none of them."""
    bad = fields.ids[2]
    shutil.copy(fields.files(bad)["green"], fields.files(bad)["green"].with_suffix(".tif"))
    rows = [f"{i},0" for i in fields.ids if i != bad]
    (phantoms / "train.csv").write_text("\n".join(["Id,Target", *rows, f"{bad},99", "elsewhere,99", ""]))
    for file in (phantoms / "train").glob("*.png"):
        if file.name.rpartition("_")[0] not in fields.ids:
            file.unlink()
    summary = convert(open_collection(phantoms), replace(plan, skip_bad=True), workers=1).summary
    assert (summary["fields"], summary["fields_skipped"], summary["fields_of_other_labels"]) == (7, 2, 0)
    assert list(pd.read_csv(plan.out / "skipped.csv")["id"]) == [bad, "elsewhere", bad]


def test_if_all_fields_are_faulty_none_is_said_to_be_done(fields, plan):
    for field in fields.ids:
        fields.files(field)["green"].write_bytes(b"no image")
    with pytest.raises(CellocateError, match="8 of 8 fields cannot be used") as caught:
        convert(fields, plan, workers=1)
    assert str(caught.value).count("an image cannot be read") == 1
    assert "All others" not in str(caught.value)


@pytest.mark.parametrize(("pixel_size", "doubted"), [(None, False), (0.2, True)])
def test_a_pixel_size_that_makes_nuclei_implausible_is_doubted_once(fields, plan, pixel_size, doubted):
    sized = fields.with_pixel_sizes({} if pixel_size is None else dict.fromkeys(fields.ids, pixel_size))
    notes = [row["note"] for row in convert(sized, plan, workers=1).summary["notes"]]
    assert any("µm wide, those of human cells 6 to 44 µm: check the pixel size" in note for note in notes) == doubted
    assert len(notes) == len(set(notes))


def test_a_mended_field_is_done_on_resuming(fields, plan):
    file = fields.files(fields.ids[2])["green"]
    whole = file.read_bytes()
    file.write_bytes(b"no image")
    with pytest.raises(CellocateError, match="1 of 8 fields"):
        convert(fields, plan, workers=1)
    file.write_bytes(whole)
    cells = convert(fields, plan, workers=1, resume=True).cells
    assert set(cells.fields["field"]) == set(fields.ids)
    assert not (plan.out / "skipped.csv").exists()


def nothing(field, channels, pixel_size):
    empty = np.zeros(field.shape[1:], np.uint16)
    return ImportedMasks(empty, empty, pixel_size or 1.0, ("nothing was found",))


def one_giant(field, channels, pixel_size):
    return ImportedMasks(*[np.ones(field.shape[1:], np.uint16)] * 2, pixel_size or 1.0)


def test_fields_without_cells_are_one_error_that_says_so(fields, plan):
    with pytest.raises(CellocateError, match="no cell was found in any field"):
        convert(fields, replace(plan, masks=None, segment=nothing), workers=1)


def test_nothing_is_left_of_cells_at_the_edge(fields, plan):
    with pytest.raises(CellocateError, match=r"none of \d+ cells is left: \d+ were left out for 'edge'"):
        convert(fields, replace(plan, masks=None, segment=one_giant), StrongLabels(), workers=1)


def test_fields_without_cells_among_others_are_no_fault(fields, plan, phantoms):
    empty = fields.ids[0]
    for what in ("cells", "nuclei"):
        write_png(plan.masks / f"{empty}_{what}.png", np.zeros((64, 64), np.uint16))
    cells = convert(fields, plan, workers=1).cells
    assert set(cells.fields["field"]) == set(fields.ids[1:])


def test_notes_that_differ_in_figures_alone_are_told_once(fields, plan):
    def told(field, channels, pixel_size):
        return ImportedMasks(
            *[np.eye(64, dtype=np.uint16)] * 2, 1.0, (Note("the mean is {:.3f}", field.mean()), "all is well")
        )

    summary = convert(fields, replace(plan, masks=None, segment=told), workers=1).summary
    assert [row["fields"] for row in summary["notes"]] == [8, 8]
    means = sorted(row["note"] for row in summary["notes"])
    assert means[0] == "all is well"
    assert means[1].startswith("the mean is ")
    low, high = (float(figure) for figure in means[1].removeprefix("the mean is ").split(" to "))
    assert low < high
    assert {row["first"] for row in summary["notes"]} == {fields.ids[0]}


def test_what_has_no_single_labels_or_no_masks_is_refused_before_any_work(fields, plan, tmp_path):
    with pytest.raises(CellocateError, match="no field has exactly one wanted label"):
        convert(fields, plan, StrongLabels(without=fields.vocabulary.names), workers=1)
    with pytest.raises(CellocateError, match="no label images of cells"):
        (tmp_path / "nothing").mkdir()
        convert(fields, replace(plan, masks=tmp_path / "nothing"), workers=1)
    table = tmp_path / "table.csv"
    table.write_text("Id,Target\nx,0\n")
    with pytest.raises(CellocateError, match="a table without images"):
        convert(open_collection(table), replace(plan, channels=()), workers=1)
    assert not plan.out.exists()


def test_it_is_resumed_as_it_was_begun_and_what_is_there_is_kept(fields, plan):
    with pytest.raises(CellocateError, match="no conversion to resume"):
        convert(fields, plan, workers=1, resume=True)
    fields.files(fields.ids[2])["green"].write_bytes(b"no image")
    with pytest.raises(CellocateError, match="1 of 8 fields"):
        convert(fields, plan, workers=1)
    with pytest.raises(CellocateError, match="unfinished conversion"):
        convert(fields, plan, workers=1)
    with pytest.raises(CellocateError, match="started with other crops"):
        convert(fields, replace(plan, crop=CropSettings(size=24)), workers=1, resume=True)
    convert(fields, replace(plan, skip_bad=True), workers=1, resume=True)
    with pytest.raises(CellocateError, match="not empty"):
        convert(fields, replace(plan, skip_bad=True), workers=1)
    convert(fields, replace(plan, skip_bad=True), workers=1, overwrite=True)


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from cellocate.cells.clean_up import CleanUp
from cellocate.cells.crops import CropSettings
from cellocate.cells.cutting import CellPlan
from cellocate.cells.conversion import convert
from cellocate.cells.strong_labels import StrongLabels
from cellocate.collection import open_collection

os.fsync = lambda descriptor: None  # it is no loss of power
data, out = Path(sys.argv[1]), Path(sys.argv[2])
fields = open_collection(data)
single = [i for i in fields.ids if len(fields.fields["labels"][i]) == 1]
fields = fields.subset(single[:2])
plan = CellPlan(out, ("green", "blue"), CropSettings(size=16, span=40), data / "truth", None)
strong = StrongLabels(CleanUp(keep=("small", "large", "focus", "negative")))

def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

def killed_at(step, after):
    replace = Path.replace
    def counted(self, target):
        nonlocal step
        step -= 1
        if step or after:
            replace(self, target)
        if not step:
            os.kill(os.getpid(), signal.SIGKILL)
    Path.replace = counted
    convert(fields, plan, strong, workers=1)
    os._exit(0)

convert(fields, plan, strong, workers=1)
whole, kills = contents(out), 0
for step in range(1, 100):
    for after in (False, True):
        shutil.rmtree(out)
        child = os.fork() or killed_at(step, after)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            print(kills, "kills")
            sys.exit()
        assert ended == -signal.SIGKILL, ended
        kills += 1
        begun = (out / "cutting" / "request.json").exists() or (out / "cells.json").exists()
        convert(fields, plan, strong, workers=1, resume=begun)
        assert contents(out) == whole, (step, after)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test kills forked processes")
def test_killed_at_any_file_it_writes_and_resumed_the_bytes_are_the_same(phantoms, tmp_path):
    command = [sys.executable, "-c", KILLED, str(phantoms), str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    # the request, the folder; of 2 fields two masks, crops, cells, notes and rows; the decision; 2 shards; index,
    # table and card of the store; counts, cells and the card
    assert result.stdout == f"{2 * (2 + 2 * 6 + 1 + 2 + 3 + 3)} kills\n"


def test_real_masks(real_data: Path, tmp_path):
    fields = open_collection(real_data / "kaggle2021")
    fields = fields.subset(fields.ids[:1])
    plan = CellPlan(tmp_path / "out", fields.channels, CropSettings(), real_data / "kaggle2021" / "cell_masks", None)
    cells = convert(fields, plan, workers=1).cells
    assert len(cells) > 10
    assert all(cells.read(i, fields.channels)[0].any() for i in cells.ids)
