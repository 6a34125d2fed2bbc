"""A table that lists files, labels and metadata: written by hand, written by cellocate, and damaged."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from small_collections import faults, pixels, tabled, write_fields

from cellocate.collection import Collection, inspect, open_collection, pack
from cellocate.collection.layouts import listing
from cellocate.collection.metadata_tables import _NOTHING
from cellocate.collection.selection import Selection, select
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_field, write_png
from cellocate.tables import normalised
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

HEADER = "Id,green,blue,Target,plate,pixel_size\n"
ROWS = "b,images/b_green.png,images/b_blue.png,16 0,672,0.08\na,images/a_green.png,,,673,\n"


@pytest.fixture
def folder(tmp_path):
    """Two fields in a folder of their own, so that no layout but the listing finds them."""
    write_fields(tmp_path / "images")
    return tmp_path


def test_a_table_of_files_is_a_collection(folder):
    collection = open_collection(tabled(folder, HEADER + ROWS, "listing.csv"))
    assert (collection.layout, collection.vocabulary.name, collection.problems) == ("listing", "hpa28", ())
    assert (collection.ids, list(collection.fields["labels"])) == (["b", "a"], [(0, 16), ()])
    assert collection.files("b") == {c: folder / "images" / f"b_{c}.png" for c in ("green", "blue")}
    assert list(collection.files("a")) == ["green"]
    assert [collection.pixel_size(i) for i in "ba"] == [0.08, None]
    assert list(collection.group()) == ["672", "673"]
    assert not collection.simulated
    assert faults(inspect(collection).problems) == [("a", "files", "the blue file is missing")]


def test_any_name_and_either_style_will_do(folder):
    tabled(folder, "ID,Label,red\nb,13|Cytosol,images/b_green.png\n", "mine.csv")
    collection = open_collection(folder)
    assert (collection.vocabulary.name, list(collection.fields["labels"])) == ("hpa19", [(13, 16)])
    assert open_collection(folder, vocabulary="subcell31").vocabulary.name == "subcell31"


def test_a_listing_comes_before_channel_files_and_label_tables(folder):
    write_fields(folder, ids=("c",))
    tabled(folder, "Id,Target\nc,1\n", "train.csv")
    assert open_collection(folder).layout == "kaggle2018"
    assert open_collection(tabled(folder, HEADER + ROWS, "z.csv")).layout == "listing"


def test_of_several_listings_the_one_of_the_usual_name_is_meant(folder):
    for name in ("x.csv", "y.csv"):
        tabled(folder, HEADER + ROWS, name)
    with pytest.raises(CellocateError, match=r"several listings \(x\.csv and y\.csv\).*listing\.csv"):
        open_collection(folder)
    assert len(open_collection(tabled(folder, HEADER + ROWS.splitlines()[0] + "\n", "listing.csv"))) == 1


def test_one_colour_image_may_hold_several_channels(tmp_path):
    picture = pixels(1, (8, 9, 3))
    Image.fromarray(picture).save(tmp_path / "x.png")
    collection = open_collection(tabled(tmp_path, "Id,red,green,blue\nx,x.png,x.png,x.png\n", "listing.csv"))
    assert collection.vocabulary is None
    assert inspect(collection, decode=True).problems == ()
    assert (read_field(collection.files("x"), collection.channels) == picture.transpose(2, 0, 1)).all()


def test_labels_that_nobody_knows_are_no_empty_labels(folder):
    collection = open_collection(tabled(folder, HEADER + ROWS.replace("16 0", " ? "), "listing.csv"))
    assert list(collection.fields["labels"]) == [None, ()]
    assert faults(collection.problems) == [("b", "labels", "its labels are not known")]


def test_the_labels_may_lie_elsewhere(folder, tmp_path_factory):
    table = tabled(tmp_path_factory.mktemp("labels"), "Id,Target\nb,3\nelse,4\n") / "train.csv"
    collection = open_collection(tabled(folder, HEADER + ROWS, "listing.csv"), labels=table)
    assert (collection.ids, list(collection.fields["labels"])) == (["b", "a", "else"], [(3,), None, (4,)])
    assert faults(inspect(collection, ["green"]).problems) == [
        ("a", "labels", "image files without a row"),
        ("else", "files", "a row without image files"),
    ]
    assert collection.pixel_size("b") == 0.08
    assert collection.because == "the files that listing.csv lists; labels of hpa28 in train.csv"


def test_a_label_table_brings_its_metadata_which_goes_before_that_of_the_listing(folder, tmp_path_factory):
    text = "Id,Target,antibody,plate\nb,3,HPA1,\na,4,HPA2,99\n"
    table = tabled(tmp_path_factory.mktemp("labels"), text) / "train.csv"
    collection = open_collection(tabled(folder, HEADER + ROWS, "listing.csv"), labels=table)
    assert collection.problems == ()
    assert list(collection.fields["antibody"]) == list(collection.group()) == ["1", "2"]
    assert list(collection.fields["plate"]) == ["672", "99"]  # what the table leaves empty stays known


def test_faulty_rows_of_a_listing_are_told_beside_other_labels(folder, tmp_path_factory):
    table = tabled(tmp_path_factory.mktemp("labels"), "Id,Target\nb,3\na,4\n") / "train.csv"
    tabled(folder, HEADER + ROWS + ROWS.splitlines()[0] + "\n", "listing.csv")
    assert faults(open_collection(folder, labels=table).problems) == [("b", "labels", "an id is in several rows")]


@pytest.mark.parametrize("name", ["mine.csv", "mine.v2.csv", "listing.csv"])
def test_what_a_listing_of_any_name_was_made_of_is_kept(folder, name):
    tabled(folder, HEADER + ROWS, name)
    card = {"vocabulary": "hpa28", "simulated": False, "made": {"by": "a test"}}
    tabled(folder, json.dumps(card), name.removesuffix("csv") + "json")
    tabled(folder, HEADER + ROWS, "other.csv")
    opened = open_collection(folder / name)
    assert opened.made == {"by": "a test"}
    assert select([opened], Selection()).steps[0]["made"] == {"by": "a test"}
    assert "made" not in select([open_collection(folder / "other.csv")], Selection()).steps[0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("b,images/b_green.png,,99,,\n", ("b", "labels", "unknown label '99'")),
        ("b,images/b_green.png,,1,,\nb,images/a_green.png,,2,,\n", ("b", "labels", "an id is in several rows")),
        ("a,images/a_green.png,,1,,\n,images/b_green.png,,1,,\n", ("", "labels", "a row without an id")),
    ],
)
def test_faulty_rows_are_problems(folder, rows, expected):
    collection = open_collection(tabled(folder, HEADER + rows, "listing.csv"))
    assert faults(collection.problems)[0] == expected
    assert collection.fields.index.is_unique


@pytest.mark.parametrize("name", ["gone.png", "../elsewhere/x.png", "/nowhere/x.png"])
def test_a_file_that_is_not_there_is_a_problem_of_its_field(folder, name):
    collection = open_collection(tabled(folder, f"Id,green\nb,{name}\na,images/a_green.png\n", "listing.csv"))
    assert faults(inspect(collection).problems) == [("b", "files", "a channel file is missing")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEADER.replace("plate", "labels") + ROWS, "'labels', which cellocate keeps"),
        (HEADER + ROWS.replace("0.08", "small"), "pixel_size is not a number"),
        (HEADER + ROWS.replace("0.08", "-1"), "impossible pixel size"),
        (HEADER + "b,c\n", "2 values under 6 columns"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(folder, text, fault):
    with pytest.raises(CellocateError, match=fault):
        open_collection(tabled(folder, text, "listing.csv"))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"vocabulary": "hpa28"}'])
def test_a_damaged_card_is_refused(folder, text):
    tabled(folder, HEADER + ROWS, "listing.csv")
    tabled(folder, text, "listing.json")
    with pytest.raises(CellocateError, match=r"unreadable.*listing\.json"):
        open_collection(folder)


OWN = Vocabulary("mine", (Location("Cilium", None, "a, b"), Location("Basal body", "GO:0036064", "")))


@pytest.mark.parametrize("vocabulary", [get_vocabulary("hpa19"), OWN, None])
def test_what_is_written_is_read_back(folder, vocabulary):
    fields = open_collection(tabled(folder, HEADER + ROWS, "listing.csv")).fields
    fields["labels"] = pd.Series([(0, 1), None], index=fields.index, dtype=object) if vocabulary else None
    before = Collection(folder, "test", fields, vocabulary, simulated=True)
    (folder / "out").mkdir()
    listing.write(folder / "out", before, {"by": "a test"})
    after = open_collection(folder / "out")
    assert (after.vocabulary, after.simulated, after.ids) == (vocabulary, True, before.ids)
    assert list(after.fields["labels"]) == list(before.fields["labels"])
    assert [after.pixel_size(i) for i in "ba"] == [0.08, None]
    assert list(after.group()) == ["672", "673"]
    for field in "ab":
        assert {c: p.resolve() for c, p in after.files(field).items()} == before.files(field)
    assert after.made == {"by": "a test"}
    assert not Path(pd.read_csv(folder / "out" / "listing.csv")["green"][0]).is_absolute()


def test_a_listing_and_its_images_may_move_together(folder):
    (folder / "out").mkdir()
    listing.write(folder / "out", open_collection(tabled(folder, HEADER + ROWS, "listing.csv")), {})
    moved = folder.rename(folder.with_name("moved"))
    assert open_collection(moved / "out").files("b")["green"].resolve() == moved / "images" / "b_green.png"


def test_ways_through_a_link_lead_to_the_files(folder, tmp_path_factory):
    deep = tmp_path_factory.mktemp("deep") / "a" / "b"
    deep.mkdir(parents=True)
    (folder / "link").symlink_to(deep)
    listing.write(folder / "link", open_collection(tabled(folder, HEADER + ROWS, "listing.csv")), {})
    assert inspect(open_collection(folder / "link"), ["green"]).problems == ()
    assert inspect(open_collection(deep), ["green"]).problems == ()


def test_a_metadata_column_named_like_labels_is_renamed_and_not_lost(folder):
    collection = open_collection(tabled(folder, HEADER.replace("plate", "ID") + ROWS, "listing.csv"))
    (folder / "out").mkdir()
    listing.write(folder / "out", collection, {})
    after = open_collection(folder / "out")
    assert list(after.fields["ID_"]) == ["672", "673"]
    assert after.problems == ()


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(normalised).filter(bool)

PLATES = TEXT.filter(lambda plate: plate.lower() not in _NOTHING)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, st.tuples(st.sets(st.integers(0, 27)), TEXT, PLATES), min_size=1, max_size=5))
def test_ids_labels_names_and_metadata_of_any_script_survive(tmp_path, rows):
    ids = pd.Index(list(rows), name="id", dtype=object)
    fields = pd.DataFrame(index=ids)
    fields["green"] = [str(tmp_path / name.replace("/", "-")) for _, name, _ in rows.values()]
    fields["labels"] = pd.Series([tuple(sorted(labels)) for labels, _, _ in rows.values()], index=ids, dtype=object)
    fields["plate"] = [plate for *_, plate in rows.values()]
    listing.write(tmp_path, Collection(tmp_path, "test", fields, get_vocabulary("hpa28")), {})
    after = open_collection(tmp_path)
    assert after.ids == list(rows)
    assert list(after.fields["labels"]) == list(fields["labels"])
    assert list(after.fields["plate"]) == list(fields["plate"])
    assert [after.files(i)["green"].name for i in rows] == [Path(name).name for name in fields["green"]]


def test_only_channels_that_occur_are_listed(folder):
    (folder / "out").mkdir()
    listing.write(folder / "out", open_collection(tabled(folder, HEADER + ROWS, "listing.csv")), {})
    columns = (folder / "out" / "listing.csv").read_text().splitlines()[0].split(",")
    assert [c for c in columns if c in CHANNELS] == ["green", "blue"]
    assert json.loads((folder / "out" / "listing.json").read_text())["simulated"] is False


def test_a_phantom_folder_with_a_table_of_its_own_stays_a_listing(folder):
    write_png(folder / "x_green.png", pixels(3))
    assert open_collection(tabled(folder, HEADER + ROWS, "listing.csv")).ids == ["b", "a"]


def test_a_listing_may_be_given_itself(folder):
    assert open_collection(tabled(folder, HEADER + ROWS, "mine.csv") / "mine.csv").ids == ["b", "a"]


def test_planes_of_a_stack_may_be_listed_and_moved(folder):
    tifffile.imwrite(folder / "s.tif", np.stack([pixels(i) for i in range(2)]), photometric="minisblack")
    text = "Id,green,blue\ns,s.tif::channel=0,s.tif::channel=1\n"
    collection = open_collection(tabled(folder, text, "listing.csv"))
    (folder / "out").mkdir()
    listing.write(folder / "out", collection, {})
    after = open_collection(folder / "out")
    assert (read_field(after.files("s"), ("green", "blue")) == np.stack([pixels(0), pixels(1)])).all()


def test_labels_alone_are_listed_too(folder):
    (folder / "out").mkdir()
    listing.write(folder / "out", open_collection(tabled(folder, "Id,Target\nx,3\ny,\n") / "train.csv"), {})
    after = open_collection(folder / "out")
    assert (after.channels, list(after.fields["labels"])) == ((), [(3,), ()])


def test_collection_yaml_may_ask_for_another_layout(folder):
    tabled(write_fields(folder, ids=("c",)), HEADER + ROWS, "listing.csv")
    tabled(folder, "Id,Target\nc,1\n", "train.csv")
    assert open_collection(folder).ids == ["b", "a"]
    tabled(folder, "layout: folder\nmetadata: []\n", "collection.yaml")
    assert open_collection(folder).ids == ["c"]


def test_pixel_sizes_of_a_label_table_go_before_those_of_a_listing_and_of_files(folder, tmp_path):
    tabled(folder, "Id,Target,pixel_size\nb,3,\na,4,0.5\nelse,5,2\n", "labels.txt")
    listed = open_collection(tabled(folder, HEADER + ROWS, "listing.csv"), labels=folder / "labels.txt")
    assert [listed.pixel_size(i) for i in ("b", "a", "else")] == [0.08, 0.5, 2]
    data = np.stack([pixels(0), pixels(1)])
    meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}, "PhysicalSizeX": 0.16, "PhysicalSizeXUnit": "µm"}
    (tmp_path / "stacks").mkdir()
    for field in "ab":
        tifffile.imwrite(tmp_path / "stacks" / f"{field}.ome.tif", data, metadata=meta)
    stacked = open_collection(tmp_path / "stacks", labels=folder / "labels.txt")
    assert [stacked.pixel_size(i) for i in ("b", "a", "else")] == [0.16, 0.5, 2]
    pack(open_collection(tmp_path / "stacks"), tmp_path / "store", sizes=(16,), workers=1)
    store = open_collection(tmp_path / "store", labels=folder / "labels.txt")
    assert [store.pixel_size(i) for i in "ba"] == [0.16, 0.5]


def test_a_table_of_measurements_is_no_listing(tmp_path):
    write_png(tmp_path / "a_green.png", np.zeros((8, 8), np.uint8))
    (tmp_path / "measured.csv").write_text("Id,red,green,blue\na,10.2,3e2,\n")
    assert open_collection(tmp_path).layout == "folder"
    (tmp_path / "measured.csv").write_text("Id,green\nb,a_green.png\n")
    assert open_collection(tmp_path).ids == ["b"]
