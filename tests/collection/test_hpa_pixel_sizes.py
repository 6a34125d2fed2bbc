"""The pixel size that images of the challenges have, although no file of theirs records it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_collections import pixels, tabled, write_yaml

from cellocate.collection import inspect, open_collection, pack
from cellocate.collection.layouts import listing
from cellocate.collection.merge import merge
from cellocate.images import write_png
from cellocate.pictures import read_pictures
from cellocate.training import load_recipe
from cellocate.training.datasets import training_scale

OF_2018 = "00070df0-bbc3-11e8-b2bc-ac1f6b6435d{}"
OTHER_UUID = "0040581b-f1f2-4fbe-b043-b6bfea5404b{}"  # as the test images of 2021 have
SAID = "the files record no pixel size"


def images(folder, ids, size=512, labels=True, header="Id,Target"):
    """Square images of one channel, with a label table beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, field in enumerate(ids):
        write_png(folder / f"{field}_green.png", pixels(i, size if isinstance(size, tuple) else (size, size)))
    return tabled(folder, "\n".join([header, *(f"{field},0" for field in ids)])) if labels else folder


@pytest.mark.parametrize(
    ("name", "size", "header", "expected"),
    [
        (OF_2018, 512, "Id,Target", 0.32),
        (OF_2018, 2048, "Id,Target", 0.08),
        (OTHER_UUID, 512, "Id,Target", 0.32),  # the layout tells
        (OTHER_UUID, 1728, "ID,Label", 0.08),
        (OTHER_UUID, 3072, "ID,Label", 0.08),
        (OF_2018, 256, "Id,Target", None),  # nobody knows what was shrunk to this
        (OF_2018, (512, 500), "Id,Target", None),
        ("my-{}", 512, "Id,Target", None),  # other images with a table like the challenge's
        ("tile-" + OF_2018, 512, "Id,Target", None),  # a part of such an image
    ],
)
def test_images_of_the_challenges_have_a_pixel_size(tmp_path, name, size, header, expected):
    collection = open_collection(images(tmp_path / "data", [name.format(i) for i in range(2)], size, header=header))
    assert [collection.pixel_size(field) for field in collection.ids] == [expected] * 2
    assert collection.pixel_size_assumed == (expected is not None)
    assert any(text.startswith(SAID) for text in collection.notes) == (expected is not None)


def test_the_note_gives_the_span_and_how_to_change_it(tmp_path):
    notes = open_collection(images(tmp_path / "data", [OF_2018.format(i) for i in range(3)])).notes
    assert notes == (
        "the files record no pixel size: 3 fields are assumed to span 164 µm (0.32 µm per pixel), as most images of "
        "the Human Protein Atlas do (--pixel-size sets another)",
    )


def test_ids_of_2018_are_known_without_labels_and_other_uuids_are_not(tmp_path):
    assert open_collection(images(tmp_path / "a", [OF_2018.format(0)], labels=False)).pixel_size_assumed
    assert not open_collection(images(tmp_path / "b", [OTHER_UUID.format(0)], labels=False)).pixel_size_assumed


def test_what_is_said_goes_before_what_is_assumed(tmp_path):
    folder = images(tmp_path / "data", [OF_2018.format(i) for i in range(2)])
    given = open_collection(folder, pixel_size=0.5)
    assert (given.pixel_size(given.ids[0]), given.pixel_size_assumed, given.notes) == (0.5, False, ())
    tabled(folder, f"Id,Target,pixel_size\n{OF_2018.format(0)},0,0.4\n{OF_2018.format(1)},0,\n")
    mixed = open_collection(folder)
    assert [mixed.pixel_size(field) for field in mixed.ids] == [0.4, 0.32]
    assert mixed.notes[0].startswith(f"{SAID}: 1 field is")
    described = open_collection(write_yaml(folder, "pixel_size: 0.7"))
    assert [described.pixel_size(field) for field in described.ids] == [0.7, 0.7]
    assert not described.pixel_size_assumed


def test_phantoms_keep_their_own(tmp_path):
    folder = images(tmp_path / "data", [OF_2018.format(0)])
    (folder / "truth").mkdir()
    (folder / "truth" / "collection.json").write_text(json.dumps({"vocabulary": "hpa28", "pixel_size": 0.16}))
    collection = open_collection(folder)
    assert (collection.pixel_size(collection.ids[0]), collection.pixel_size_assumed) == (0.16, False)


def test_a_damaged_file_has_none_and_is_reported_as_ever(tmp_path):
    folder = images(tmp_path / "data", [OF_2018.format(i) for i in range(2)])
    (folder / f"{OF_2018.format(0)}_green.png").write_bytes(b"no image")
    collection = open_collection(folder)
    assert [collection.pixel_size(field) for field in collection.ids] == [None, 0.32]
    assert [problem.id for problem in inspect(collection).problems] == [OF_2018.format(0)]


def test_it_stays_an_assumption_in_stores_listings_and_merged_collections(tmp_path):
    files = open_collection(images(tmp_path / "data", [OF_2018.format(i) for i in range(2)]))
    store = pack(files, tmp_path / "store", sizes=(128,), workers=1)
    assert store.pixel_size_assumed
    assert store.pixel_size(store.ids[0]) == 0.32 * 4
    assert not open_collection(tmp_path / "store", pixel_size=0.3).pixel_size_assumed
    (tmp_path / "derived").mkdir()
    listing.write(tmp_path / "derived", files, {})
    again = open_collection(tmp_path / "derived")
    assert (again.pixel_size(again.ids[0]), again.pixel_size_assumed) == (0.32, True)
    other = open_collection(images(tmp_path / "other", ["x"]), pixel_size=1)
    assert merge([files, other])[0].pixel_size_assumed


def test_an_older_store_of_the_challenge_gets_it_when_it_is_opened(tmp_path):
    files = open_collection(images(tmp_path / "data", [OTHER_UUID.format(i) for i in range(2)]))
    older = replace(files, fields=files.fields.drop(columns="pixel_size"), pixel_size_assumed=False)
    pack(older, tmp_path / "store", sizes=(128,), workers=1)
    store = open_collection(tmp_path / "store")  # remembers the layout that it was made of
    assert (store.pixel_size(store.ids[0]), store.pixel_size_assumed) == (0.32 * 4, True)


def test_a_recipe_and_a_scale_bar_know_that_it_is_assumed(tmp_path):
    collection = open_collection(images(tmp_path / "data", [OF_2018.format(i) for i in range(2)]))
    scale, assumed = training_scale(collection, load_recipe("quick").data, inspect(collection))
    assert (scale.pixel_size, assumed) == (pytest.approx(163.84 / scale.size), True)
    given = open_collection(tmp_path / "data", pixel_size=0.32)
    assert not training_scale(given, load_recipe("quick").data, inspect(given))[1]
    bars = [read_pictures(of, of.ids)[of.ids[0]].bar() for of in (collection, given)]
    assert [bar.text.endswith("(assumed)") for bar in bars] == [True, False]


def test_real_images_of_2018_span_164_um(real_data):
    collection = open_collection(real_data / "kaggle2018")
    sizes = [collection.pixel_size(field) for field in collection.ids]
    np.testing.assert_allclose(np.array(sizes) * 512, 163.84)


def test_images_of_the_atlas_have_the_pixel_size_of_the_microscope(real_data):
    collection = open_collection(real_data / "hpa_web")
    assert collection.layout == "atlas"
    assert {collection.pixel_size(field) for field in collection.ids} == {0.08}
    assert collection.pixel_size_assumed
