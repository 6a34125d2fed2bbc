"""Packing a collection into a store: what it keeps and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from small_collections import contents, pixels, tabled, write_fields

from cellocate.collection import inspect, open_collection, pack
from cellocate.collection.layouts import listing
from cellocate.errors import CellocateError
from cellocate.files import MARKER
from cellocate.images import Scale, read_field, write_png
from cellocate.images.scale import shrink
from cellocate.vocabulary import get_vocabulary

TABLE = "Id,Target,antibody,pixel_size\na,0 3,HPA1,0.5\nb,,HPA2,\nc,2,,0.25\nд é,1,HPA2,1\n"
FIELDS = ("a", "b", "c", "д é")
BOTH = ("green", "blue")


@pytest.fixture
def folder(tmp_path):
    """Four labelled fields of two channels: of 60×40, 60×40, 20×16 px of 8 bits, and of 70×80 px of 16."""
    folder = tmp_path / "data"
    folder.mkdir()
    shapes = [((60, 40), np.uint8), ((60, 40), np.uint8), ((20, 16), np.uint8), ((70, 80), np.uint16)]
    for i, (field, kind) in enumerate(zip(FIELDS, shapes, strict=True)):
        for j, channel in enumerate(BOTH):
            write_png(folder / f"{field}_{channel}.png", pixels((i, j), *kind))
    return tabled(folder, TABLE)


def test_a_store_is_the_collection_that_was_packed(folder, tmp_path):
    files = open_collection(folder)
    steps = []
    store = pack(files, tmp_path / "store", sizes=(30,), workers=1, progress=steps.append)
    assert sum(steps) == 4
    assert (store.layout, store.ids, store.channels) == ("store", list(FIELDS), BOTH)
    assert store.vocabulary == get_vocabulary("hpa28")
    assert store.fields["labels"].tolist() == [(0, 3), (), (2,), (1,)]
    np.testing.assert_array_equal(store.labelled().truth(), files.labelled().truth())
    assert store.fields["antibody"].tolist() == ["1", "2", "", "2"]
    assert store.group().tolist() == files.group().tolist()
    assert [store.pixel_size(i) for i in FIELDS] == [0.5 * 60 / 30, None, 0.25, pytest.approx(80 / 30)]
    for field in FIELDS:
        found, pixel_size = store.read(field, BOTH)
        np.testing.assert_array_equal(found, shrink(read_field(files.files(field), BOTH), 30))
        assert pixel_size == store.pixel_size(field)
    assert contents(tmp_path / "store").keys() == {MARKER, "30/00000.bin", "fields.csv", "index.npy", "store.json"}


def test_a_reader_takes_the_size_that_it_needs_and_is_told_its_pixel_size(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(60, 16, 32), workers=1)
    for scale, side in [(None, 60), (Scale(16), 16), (Scale(17), 32), (Scale(200), 60)]:
        found, pixel_size = store.read("a", BOTH, scale)
        assert (max(found.shape[1:]), pixel_size) == (side, pytest.approx(0.5 * 60 / side))
    # 30 µm a side: 20 px of 1.5 µm
    assert store.read("a", BOTH, Scale(100, 1.5))[0].shape[1] == 32
    assert store.read("b", BOTH, Scale(16, 1.5))[1] is None


def test_tiles_from_a_store_are_those_from_the_files(phantoms, tmp_path):
    files = open_collection(phantoms)
    store = pack(files, tmp_path / "store", sizes=(32,), workers=1)
    assert store.simulated
    for scale in (Scale(32, 5.12), Scale(16, 5.12), Scale(32)):
        for field in files.ids[:3]:
            one, other = (
                scale.tiles(p.astype(np.float32), size)
                for p, size in (x.read(field, ("red", "green"), scale) for x in (files, store))
            )
            np.testing.assert_allclose(one, other, atol=0.51)  # what is stored is rounded


def test_a_store_is_checked_as_files_are(folder, tmp_path):
    for channel in BOTH:
        (folder / f"b_{channel}.png").write_bytes((folder / f"a_{channel}.png").read_bytes())
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16, 30), workers=1)
    found = inspect(store, decode=True)
    assert found.problems == inspect(store).problems == ()
    assert found.images[["height", "width", "depth"]].to_numpy().tolist() == [
        *([[30, 20, 8]] * 2),
        [20, 16, 8],
        [26, 30, 16],
    ]
    assert found.duplicates == [["a", "b"]]
    shard = tmp_path / "store" / "16" / "00000.bin"
    content = bytearray(shard.read_bytes())
    content[16 * 11 * 2 * 2] ^= 1  # the first pixel of c
    shard.write_bytes(content)
    problems = inspect(store, decode=True).problems
    assert [(p.id, p.error.where) for p in problems] == [("c", shard)]
    assert inspect(store).problems == ()


def test_labels_and_pixel_sizes_may_be_given_anew(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(30,), workers=1)
    (tmp_path / "other.csv").write_text("ID,Label,plate\na,5,p1\nc,5|6,p2\nz,1,p2\n")
    again = open_collection(store.folder, labels=tmp_path / "other.csv", vocabulary="hpa19", pixel_size=0.1)
    assert (again.layout, again.vocabulary.name) == ("store", "hpa19")
    assert again.fields.loc[["a", "c"], "labels"].tolist() == [(5,), (5, 6)]
    assert [again.pixel_size(i) for i in ("a", "c")] == [0.2, 0.1]
    assert sorted({(p.id, p.about) for p in inspect(again).problems}) == [
        ("b", "labels"),
        ("z", "files"),
        ("д é", "labels"),
    ]
    assert again.fields["antibody"].dropna().tolist() == ["1", "2", "", "2"]  # the store's own
    assert again.fields.loc[["a", "c"], "plate"].tolist() == ["p1", "p2"]
    kept = open_collection(store.folder, labels=tmp_path / "other.csv", vocabulary="hpa19")
    assert kept.pixel_size("a") == store.pixel_size("a")
    assert open_collection(store.folder, vocabulary="hpa28").ids == store.ids
    with pytest.raises(CellocateError, match="another vocabulary"):
        open_collection(store.folder, vocabulary="hpa19")


def test_numbers_that_may_be_of_two_vocabularies_are_asked_about(folder, tmp_path):
    """Of a store, a listing and phantoms alike."""
    (tmp_path / "new.csv").write_text("Id,Target\n" + "".join(f"{field},5\n" for field in FIELDS))
    files = open_collection(folder, labels=tmp_path / "new.csv", vocabulary="hpa19")
    pack(files, tmp_path / "store", sizes=(16,), workers=1)
    listing.write(tmp_path / "listed", files, {})
    (folder / "truth").mkdir()
    (folder / "truth" / "collection.json").write_text('{"vocabulary": "hpa19", "pixel_size": 0.1}')
    for place in (tmp_path / "store", tmp_path / "listed", folder):
        with pytest.raises(CellocateError, match=r"hpa28 .* or of hpa19 .* unclear which"):
            open_collection(place, labels=tmp_path / "new.csv")
        for name in ("hpa28", "hpa19"):
            told = open_collection(place, labels=tmp_path / "new.csv", vocabulary=name)
            assert (told.vocabulary.name, told.problems) == (name, ())
        (tmp_path / "usual.csv").write_text("ID,Label\n" + "".join(f"{field},5\n" for field in FIELDS))
        assert open_collection(place, labels=tmp_path / "usual.csv").vocabulary.name == "hpa19"


def test_a_vocabulary_of_ones_own_travels_with_the_store(tmp_path):
    write_fields(tmp_path / "data")
    (tmp_path / "mine.csv").write_text("name,go,group\nHere,,Cell\nThere,GO:1,Cell\n")
    tabled(tmp_path / "data", "Id,Target\na,There\nb,Here There\n")
    files = open_collection(tmp_path / "data", vocabulary=get_vocabulary(tmp_path / "mine.csv"))
    store = pack(files, tmp_path / "store", sizes=(16,), workers=1)
    (tmp_path / "mine.csv").unlink()
    assert store.vocabulary == files.vocabulary
    assert store.labelled().truth().tolist() == [[False, True], [True, True]]


def test_fields_without_labels_and_a_store_of_a_store(tmp_path):
    files = open_collection(write_fields(tmp_path / "data"), pixel_size=0.5)
    first = pack(files, tmp_path / "first", sizes=(16,), workers=1)
    assert first.vocabulary is None
    with pytest.raises(CellocateError, match="no labels found"):
        first.labelled().truth()
    second = pack(first, tmp_path / "second", sizes=(16,), channels=("blue",), workers=1)
    assert second.channels == ("blue",)
    np.testing.assert_array_equal(second.read("b", ("blue",))[0], read_field(files.files("b"), ("blue",)))
    assert second.pixel_size("b") == 0.5


@pytest.mark.parametrize(
    "request_",
    [{"sizes": ()}, {"sizes": (15,)}, {"sizes": (64, 16385)}, {"workers": 0}, {"channels": ("red",)}],
    ids=str,
)
def test_impossible_requests_are_refused_before_any_work(folder, tmp_path, request_):
    with pytest.raises(CellocateError):
        pack(open_collection(folder), tmp_path / "store", **({"sizes": (16,), "workers": 1} | request_))
    assert not (tmp_path / "store").exists()


def test_faulty_fields_are_refused_or_listed(folder, tmp_path):
    (folder / "b_blue.png").write_bytes((folder / "b_blue.png").read_bytes()[:-20])
    tabled(folder, TABLE.replace("c,2", "c,99"))
    with pytest.raises(CellocateError, match=r"1 of 4 fields cannot be used.*unknown label '99'"):
        pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    assert not (tmp_path / "store").exists()  # it showed before any work
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1, skip_bad=True)
    assert store.ids == ["a", "д é"]
    skipped = pd.read_csv(tmp_path / "store" / "skipped.csv")
    assert skipped[["id", "about"]].to_numpy().tolist() == [["c", "labels"], ["b", "files"]]


def test_what_is_there_is_kept_unless_told_otherwise(folder, tmp_path):
    out, collection = tmp_path / "store", open_collection(folder)
    pack(collection, out, sizes=(16,), workers=1)
    with pytest.raises(CellocateError, match="not empty"):
        pack(collection, out, sizes=(30,), workers=1)
    assert max(pack(collection, out, sizes=(30,), workers=1, overwrite=True).read("a", BOTH)[0].shape) == 30
    for kept in (folder, folder.parent):
        with pytest.raises(CellocateError, match="the folder holds"):
            pack(collection, kept, sizes=(16,), workers=1, overwrite=True)
    with pytest.raises(CellocateError, match="the folder holds"):
        pack(open_collection(out), out, sizes=(16,), workers=1, overwrite=True)


@pytest.mark.parametrize("name", ["16/00000.bin", "index.npy", "fields.csv", "store.json"])
@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:-9]), lambda path: path.unlink()])
def test_a_store_that_is_cut_short_is_refused_in_one_line(folder, tmp_path, name, damage):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    damage(store.folder / name)
    with pytest.raises(CellocateError) as caught:
        open_collection(store.folder)
    assert "\n" not in str(caught.value)
    if (store.folder / "store.json").exists():
        assert caught.value.where == store.folder / name


def test_a_store_from_a_later_version_is_refused(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    card = store.folder / "store.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "format": 2}))
    with pytest.raises(CellocateError, match="later version"):
        open_collection(store.folder)


def test_the_files_that_a_listing_names_are_never_replaced(tmp_path):
    from cellocate import phantom
    from cellocate.collection.selection import Selection, select, write_derived

    phantom.simulate(tmp_path / "p", fields=2, size=64, workers=1)
    derived = select([open_collection(tmp_path / "p")], Selection())
    write_derived(derived, tmp_path / "listed")
    listed = open_collection(tmp_path / "listed")
    assert (tmp_path / "p" / "train").resolve() in {place.resolve() for place in listed.places}
    with pytest.raises(CellocateError):
        pack(listed, tmp_path / "p", sizes=[32], overwrite=True, workers=1)
    assert len(list((tmp_path / "p" / "train").glob("*.png"))) == 8


def test_a_label_table_cannot_be_packed(tmp_path):
    (tmp_path / "train.csv").write_text("Id,Target\na,0\n")
    with pytest.raises(CellocateError, match="without images"):
        pack(open_collection(tmp_path / "train.csv"), tmp_path / "s", sizes=[32], workers=1)
