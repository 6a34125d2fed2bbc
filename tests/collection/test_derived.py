"""Collections made of collections: chosen, mapped, drawn, merged, rescaled; and that every command takes them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import pixels, table_of, tabled, write_fields

from cellocate.collection import Collection, inspect, make_split, open_collection, read_labels
from cellocate.collection.derive import listed, mapped, sample, showing, single, where
from cellocate.collection.identity import identities
from cellocate.collection.merge import merge
from cellocate.collection.rescale import rescale
from cellocate.collection.select import Selection, select
from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_field, read_header, resize, write_png
from cellocate.vocabulary import get

SETS = [(0,), (0, 16), (25,), (), (8, 25), (27,)]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"any_of": ["0", "Rods & rings"]}, [0, 1, 5]),
        ({"all_of": ["nucleoplasm", "16"]}, [1]),
        ({"without": ["25"]}, [0, 1, 3, 5]),
        ({"any_of": ["0", "25"], "without": ["16", "8"]}, [0, 2]),
        ({}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_fields_are_chosen_by_what_they_show(asked, rows):
    assert showing(table_of(SETS), **asked).ids == [f"f{row:05}" for row in rows]


def test_fields_of_one_location_are_chosen():
    assert single(table_of(SETS)).ids == ["f00000", "f00002", "f00005"]


@pytest.mark.parametrize(
    ("derive", "fault"),
    [
        (lambda c: showing(c, any_of=["Nowhere"]), "unknown label 'Nowhere'.*Labels are 0 to 27"),
        (lambda c: showing(c, without=["mitochondira "]), "unknown label.*Did you mean 'Mitochondria'"),
        (lambda c: showing(c, all_of=["Nuclear speckels"]), "Did you mean 'Nuclear speckles'"),
        (lambda c: showing(c, all_of=["1", "2"]), "no field shows these locations"),
        (lambda c: where(c, {"weather": ["fine"]}), r"no column 'weather'.*It has plate"),
        (lambda c: where(c, {"plate": ["9"]}), "no field has plate 9"),
        (lambda c: sample(c, 7), "no sample of 7 of 6 fields"),
        (lambda c: sample(c, 0), "no sample of 0"),
        (lambda c: mapped(c, "nowhere"), "unknown vocabulary"),
        (lambda c: mapped(c, "subcell31")[0].truth() if mapped(c, "hpa28") else None, "no map"),
        (lambda c: mapped(replace(c, vocabulary=None), "hpa19"), "no labels found"),
        (lambda c: rescale(c, 0.1, c.folder), "the pixel size of f00000 is not known"),
    ],
)
def test_what_is_not_there_is_refused(derive, fault):
    with pytest.raises(CellocateError, match=fault):
        derive(table_of(SETS, plate=list("112233")))


def test_fields_are_chosen_by_metadata():
    collection = table_of(SETS, plate=list("112233"), cell_line=["HeLa", "U-2 OS"] * 3)
    assert where(collection, {"plate": ["1", "3"], "cell_line": ["HeLa"]}).ids == ["f00000", "f00004"]


@pytest.mark.parametrize("column", ["Id", "ID", "id", "field"])
def test_fields_are_chosen_by_a_table_of_ids(column, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text(f"why,{column}\nblurred,f00002\nblurred,elsewhere\ntwice,f00002\nfaint,f00000\n")
    assert listed(table_of(SETS), table).ids == ["f00000", "f00002"]
    assert listed(table_of(SETS), table, keep=False).ids == ["f00001", "f00003", "f00004", "f00005"]


@pytest.mark.parametrize(
    ("text", "keep", "fault"),
    [
        ("name,why\nf00000,blurred\n", True, "no column of ids among name, why"),
        ("Id\nelsewhere\n", True, "no id of .* in it"),
        ("Id\nelsewhere\n", False, "no id of .* in it"),
        ("Id\n" + "".join(f"f0000{i}\n" for i in range(6)), False, "no field is not in"),
    ],
)
def test_a_table_of_ids_that_leads_nowhere_is_refused(text, keep, fault, tmp_path):
    (tmp_path / "some.csv").write_text(text)
    with pytest.raises(CellocateError, match=fault):
        listed(table_of(SETS), tmp_path / "some.csv", keep=keep)


@pytest.mark.parametrize("missing", ["", None, float("nan")])
def test_an_empty_value_asks_for_fields_without_one(missing):
    collection = table_of([(0,)] * 3, plate=["1", missing, "None"])
    assert where(collection, {"plate": [""]}).ids == ["f00001"]
    assert where(collection, {"plate": ["1", ""]}).ids == ["f00000", "f00001"]
    assert where(collection, {"plate": ["None"]}).ids == ["f00002"]
    with pytest.raises(CellocateError, match=r"no field has cell_line \(none\)"):
        where(table_of([(0,)], cell_line=["HeLa"]), {"cell_line": [""]})


@given(st.integers(1, 40), st.integers(0, 5))
def test_a_sample_is_as_large_as_asked_for_and_the_same_again(count, seed):
    collection = table_of([(0,)] * 40)
    drawn = sample(collection, count, seed)
    assert len(set(drawn.ids)) == count
    assert drawn.ids == sorted(drawn.ids) == sample(collection, count, seed).ids


def test_another_seed_draws_others():
    collection = table_of([(0,)] * 40)
    assert len({tuple(sample(collection, 20, seed).ids) for seed in range(5)}) == 5


def test_fields_that_lose_all_labels_are_left_out_and_counted():
    after, lost = mapped(table_of(SETS), "hpa19")
    assert (after.vocabulary.name, lost) == ("hpa19", {"Rods & rings": 1})
    assert list(after.fields["labels"]) == [(0,), (0,), (16,), (18,), (16, 17)]  # nothing is Negative there


def test_fields_that_lose_all_labels_may_be_kept_as_negative():
    after, lost = mapped(table_of(SETS), "hpa19", keep_lost=True)
    assert (list(after.fields["labels"])[-1], sum(lost.values())) == ((18,), 1)
    with pytest.raises(CellocateError, match="hpa28 has no Negative"):
        mapped(table_of([(0,)], "subcell31"), "hpa28", keep_lost=True)


OWN_MAP = "from,to\nRods & rings,Cytosol\n0,Nucleoli\nplasma MEMBRANE,\n"


def test_labels_are_mapped_by_a_table_of_ones_own(cellocate, tmp_path):
    (tmp_path / "map.csv").write_text(OWN_MAP)
    after, lost = mapped(table_of([(0,), (21, 25), (21,), (27,)]), "hpa19", by=tmp_path / "map.csv")
    names = get("hpa19").names
    assert [[names[i] for i in labels] for labels in after.fields["labels"]] == [["Nucleoli"], ["Cytosol"], ["Cytosol"]]
    assert lost == {"Plasma membrane": 1}
    tabled(tmp_path, "Id,Target\na,0\nb,27\n")
    command = ("select", tmp_path / "train.csv", "--map", tmp_path / "map.csv", "--out", tmp_path / "out")
    assert "a map to no vocabulary" in cellocate(*command).err
    assert cellocate(*command, "--to", "hpa19").code == 0
    assert open_collection(tmp_path / "out").fields["labels"].tolist() == [(2,), (16,)]
    assert derived_json(tmp_path / "out")["made"]["steps"][1]["by"] == OWN_MAP.splitlines()


def test_negative_becomes_the_empty_set_where_there_is_no_such_word():
    after, lost = mapped(table_of([(30,), (29,), (0,)], "subcell31"), "hpa28")
    assert (list(after.fields["labels"]), lost) == ([(), (12,)], {"Vesicles": 1})


def test_the_real_labels_of_2018_map_to_those_of_2021(real_data):
    labels = read_labels(real_data / "tables" / "kaggle2018_train.csv.gz")
    before = Collection(real_data, "test", labels.table, labels.vocabulary)
    after, lost = mapped(before, "hpa19")
    alone = [s for s in labels.table["labels"] if set(s) <= {15, 16, 27}]
    assert (sum(lost.values()), len(after)) == (len(alone), len(before) - len(alone))
    later = read_labels(real_data / "tables" / "kaggle2021_train.csv.gz").table["labels"]
    both = later.index.intersection(after.fields.index)
    assert (after.fields["labels"][both] == later[both]).sum() == 21_234


@pytest.fixture
def folders(tmp_path):
    """Three folders: a and b share the field y, with other files; c holds a copy of x of a, grouped by antibody."""
    for name, ids in (("a", "xy"), ("b", "yz"), ("c", "xw")):
        write_fields(tmp_path / name, ids=ids)
    for channel in ("green", "blue"):
        write_png(tmp_path / "b" / f"y_{channel}.png", pixels(7))
    tabled(tmp_path / "a", "Id,Target,plate\nx,0,1\ny,1,1\n")
    tabled(tmp_path / "b", "Id,Target,plate\ny,1,5\nz,2,5\n")
    tabled(tmp_path / "c", "Id,Target,antibody\nx,0,9\nw,27,9\n")
    return [tmp_path / name for name in "abc"]


def test_merged_fields_tell_their_source_and_only_colliding_ids_change(folders):
    merged, shared = merge([open_collection(folder) for folder in folders])
    assert merged.ids == ["a-x", "a-y", "b-y", "z", "w", "c-x"]
    assert list(merged.fields["source"]) == ["a", "a", "b", "b", "c", "c"]
    assert [(s.first, s.second, s.ids, s.identical) for s in shared] == [
        ("a", "b", ("y",), ()),
        ("a", "c", ("x",), ("x",)),
    ]
    assert inspect(merged).problems == ()
    assert merged.truth().shape == (6, 28)


def test_fields_of_one_id_and_all_in_their_groups_stay_together(folders):
    merged, _ = merge([open_collection(folder) for folder in folders])
    assert len(set(merged.group())) == 1  # x and y share a plate, y joins b's plate, x joins c's antibody
    pair, _ = merge([open_collection(folder) for folder in folders[1:]])
    assert len(set(pair.group())) == 2


def test_groups_of_several_kinds_are_not_mixed_up(folders):
    tabled(folders[2], "Id,Target,antibody\nx,0,5\nw,27,5\n")
    merged, shared = merge([open_collection(folder) for folder in folders[1:]])
    assert shared == ()
    groups = merged.group()
    assert groups["y"] == groups["z"] != groups["x"] == groups["w"]


def test_no_split_parts_what_is_shared():
    first = table_of([(i % 3,) for i in range(60)])
    merged, shared = merge([first, replace(first, folder=first.folder / "other")])
    assert (len(shared[0].ids), shared[0].sizes) == (60, (60, 60))
    parts = make_split(merged, validation=0.2, test=0.2).parts
    assert all(parts[f"nowhere-{i}"] == parts[f"other-{i}"] for i in first.ids)
    assert set(parts) == {"train", "validation", "test"}


def test_ids_alone_are_no_proof_that_fields_are_the_same(folders):
    notes = select([open_collection(folder) for folder in folders[:2]], Selection()).notes
    [said] = [note for note in notes if "id" in note]
    assert said.startswith("1 fields have the same id, of the 2 of a and of the 2 of b (y;")
    assert "if they are the same images" in said


def test_absent_groups_stay_absent(folders):
    tabled(folders[0], "Id,Target,plate\nx,0,\ny,1,\n")
    tabled(folders[1], "Id,Target,plate\ny,1,\nz,2,5\n")
    merged, _ = merge([open_collection(folder) for folder in folders[:2]])
    assert merged.fields["group"].tolist() == [None, "y", "y", "plate 5"]
    assert merged.group().tolist() == ["x", "y", "y", "plate 5"]
    again, _ = merge([merged, open_collection(folders[2])])
    assert set(again.fields["group"]) == {"antibody 9", "y", "plate 5"}
    nowhere = replace(merged, fields=merged.fields.assign(source=None))
    assert merge([nowhere, open_collection(folders[2])])[0].fields["source"].tolist() == [*["a + b"] * 4, "c", "c"]


def test_merged_fields_keep_the_ids_that_they_had(cellocate, folders, tmp_path):
    opened = [open_collection(folder) for folder in folders]
    merged, _ = merge(opened[:2])
    assert merged.fields["original_id"].tolist() == [None, "y", "y", None]
    assert "original_id" not in merge([opened[1], opened[2]])[0].fields
    again, shared = merge([merged, opened[0]])  # a once more, under its own ids
    assert again.ids == ["a + b-x", "a-y", "b-y", "z", "a-x", "y"]
    assert identities(again.fields) == ["x", "y", "y", "z", "x", "y"]
    assert [s.ids for s in shared] == [("x", "a-y", "b-y")]
    assert merged.group()["a-y"] == merged.group()["b-y"]
    for name, command in (("listed", ("select", *folders[:2], "--out")), ("packed", ("pack", tmp_path / "listed"))):
        assert cellocate(*command, tmp_path / name, *(("--size", 16) if name == "packed" else ())).code == 0
        assert identities(open_collection(tmp_path / name).fields) == ["x", "y", "y", "z"]


def test_folders_of_one_name_are_numbered(tmp_path):
    for place in ("p", "q"):
        write_fields(tmp_path / place / "same", ids=("x",))
    merged, _ = merge([open_collection(tmp_path / place / "same") for place in "pq"])
    assert merged.ids == ["same1-x", "same2-x"]
    assert merged.vocabulary is None


@pytest.mark.parametrize("name", ["one.csv", "one.csv.gz", "one.TSV"])
def test_a_source_is_called_as_its_table_without_the_ending(name):
    collection = replace(table_of([(0,)]), folder=Path(name))
    other = replace(table_of([(0,)]), folder=Path("other.set"))
    assert list(merge([collection, other])[0].fields["source"]) == ["one", "other.set"]


def test_collections_of_other_labels_are_not_merged(folders):
    unlabelled = write_fields(folders[0].parent / "d", ids=("v",))
    with pytest.raises(CellocateError, match=r"different labels \(hpa28 and no labels\)"):
        merge([open_collection(folders[0]), open_collection(unlabelled)])


def test_the_train_sets_of_2018_and_2021_are_merged_with_a_warning(real_data):
    parts = []
    for name in ("kaggle2018", "kaggle2021"):
        labels = read_labels(real_data / "tables" / f"{name}_train.csv.gz")
        parts.append(Collection(real_data / name, name, labels.table, labels.vocabulary))
    derived = select(parts, Selection(vocabulary="hpa19"))
    [warning] = [note for note in derived.notes if "the same" in note]
    kept = derived.steps[1]["fields"]
    assert warning.startswith(
        f"21805 fields are the same, of the {kept} of kaggle2018 and of the 21806 of kaggle2021 ("
    )
    assert "never measure on one what was trained on the other" in warning
    step = next(step for step in derived.steps if step["step"] == "merge")
    [lost] = set(parts[1].ids) - set(step["shared"][0]["ids"])
    assert set(parts[0].fields["labels"][lost]) <= {15, 16, 27}  # it lost all labels on the way to hpa19


def test_images_are_rescaled_to_a_pixel_size(tmp_path):
    for depth in (np.uint8, np.uint16):
        name = np.dtype(depth).name
        write_png(tmp_path / f"{name}_green.png", pixels(1, (60, 40), depth))
    collection = open_collection(tmp_path, pixel_size=0.1)
    after = rescale(collection, 0.2, tmp_path / "new")
    for field in collection.ids:
        before, small = (
            read_field(collection.files(field), ["green"]),
            read_channel(after.files(field)["green"], "green"),
        )
        assert (small.shape, small.dtype) == ((30, 20), before.dtype)
        assert (small == resize(before, 30, 20)[0].round()).all()
        assert after.pixel_size(field) == 0.2


@pytest.mark.parametrize(
    ("size", "fault"),
    [(0.02, "enlarged 5 times"), (1, r"nothing would be left of a \(4×6 px\)"), (0, "impossible pixel size")],
)
def test_images_are_not_rescaled_beyond_sense(tmp_path, size, fault):
    write_png(tmp_path / "a_green.png", pixels(1, (60, 40)))
    with pytest.raises(CellocateError, match=fault):
        rescale(open_collection(tmp_path, pixel_size=0.1), size, tmp_path / "new")


def test_an_id_that_is_no_file_name_is_refused(tmp_path):
    write_png(tmp_path / "a_green.png", pixels(1))
    tabled(tmp_path, "Id,green\n../a,a_green.png\n", "listing.csv")
    with pytest.raises(CellocateError, match=r"'\.\./a' cannot be the name of a file"):
        rescale(open_collection(tmp_path, pixel_size=0.1), 0.1, tmp_path / "new")


def derived_json(folder):
    return json.loads((folder / "listing.json").read_text())


def test_the_command_selects_and_every_command_takes_the_result(cellocate, phantoms, tmp_path):
    out = tmp_path / "few"
    result = cellocate("select", phantoms, "--to", "hpa19", "--sample", 30, "--seed", 3, "--out", out)
    assert result.code == 0, result.err
    assert f"30 of 40 fields in {out}" in result.out
    assert cellocate("check", out).out.splitlines()[0] == "listing: 30 fields"
    told = derived_json(out)
    assert (told["vocabulary"], told["simulated"]) == ("hpa19", True)
    assert [step["step"] for step in told["made"]["steps"]] == ["open", "map", "sample"]
    collection = open_collection(out)
    assert (collection.simulated, collection.pixel_size(collection.ids[0])) == (True, 2.56)
    short = ["training.epochs=1", "network.backbone=test_resnet", "data.size=64"]
    trained = cellocate("train", out, "--out", tmp_path / "run", *(w for s in short for w in ("--set", s)))
    assert trained.code == 0, trained.err
    assert cellocate("predict", tmp_path / "run" / "model", out, "--out", tmp_path / "p.csv").code == 0
    assert len(pd.read_csv(tmp_path / "p.csv")) == 30


def test_what_was_derived_of_the_derived_remembers_all(cellocate, phantoms, tmp_path):
    assert cellocate("select", phantoms, "--sample", 30, "--out", tmp_path / "a").code == 0
    assert cellocate("select", tmp_path / "a", "--sample", 5, "--out", tmp_path / "b").code == 0
    assert cellocate("pack", tmp_path / "a", tmp_path / "packed", "--size", 16, "--workers", 1).code == 0
    assert cellocate("select", tmp_path / "packed", "--sample", 5, "--out", tmp_path / "c").code == 0
    [first, second] = derived_json(tmp_path / "b")["made"]["steps"]
    [of_store, _] = derived_json(tmp_path / "c")["made"]["steps"]
    assert of_store["made"] == first["made"] == open_collection(tmp_path / "packed").made
    assert derived_json(tmp_path / "c")["simulated"] is True
    assert first["made"]["steps"][0]["folder"] == str(phantoms.resolve())
    assert (first["fields"], second["fields"]) == (30, 5)
    assert inspect(open_collection(tmp_path / "b"), decode=True).problems == ()


def test_the_command_merges_rescales_and_says_what_is_shared(cellocate, folders, tmp_path):
    out = tmp_path / "out"
    command = ["select", *folders, "--pixel-size", ".1", "--rescale", ".05", "--out", out]
    result = cellocate(*command, "--to", "hpa19")
    assert result.code == 0, result.err
    assert "1 fields of" in result.err
    assert "lost all labels in hpa19 and were left out (Rods & rings 1)" in result.err
    assert (
        "1 fields are the same, of the 2 of a and of the 1 of c, 1 of them with identical files (x; listing"
        in result.err
    )
    assert read_header(out / "images" / "a-x_green.png")[:2] == (24, 20)
    collection = open_collection(out)
    assert (len(collection), collection.pixel_size("z")) == (5, 0.05)
    assert all(path.is_relative_to(out) for i in collection.ids for path in collection.files(i).values())
    assert cellocate(*command).code == 1
    assert cellocate(*command, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--where", "plate"], "no column and value: --where plate"),
        (["--any", "Nowhere"], "unknown label 'Nowhere'"),
        (["--to", "hpa18"], "unknown vocabulary 'hpa18'"),
        (["--rescale", ".1"], "the pixel size of x is not known"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(cellocate, folders, tmp_path, options, fault):
    result = cellocate("select", folders[0], "--out", tmp_path / "out", *options)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert fault in result.err
    assert not (tmp_path / "out").exists()


def test_faulty_labels_are_refused_or_left_out(cellocate, folders, tmp_path):
    tabled(folders[0], "Id,Target\nx,99\ny,1\n")
    assert "unknown label '99'" in cellocate("select", folders[0], "--out", tmp_path / "out").err
    result = cellocate("select", folders[0], "--out", tmp_path / "out", "--skip-bad")
    assert "1 faulty fields" in result.err
    assert open_collection(tmp_path / "out").ids == ["y"]


def test_faulty_images_are_refused_or_left_out_when_rescaled(cellocate, folders, tmp_path):
    (folders[0] / "x_green.png").write_bytes(b"no image")
    command = ["select", folders[0], "--pixel-size", ".1", "--rescale", ".05", "--out", tmp_path / "out"]
    assert "an image cannot be read" in cellocate(*command).err
    assert not (tmp_path / "out").exists()
    assert cellocate(*command, "--skip-bad").code == 0
    assert open_collection(tmp_path / "out").ids == ["y"]


def test_a_folder_whose_files_are_listed_is_never_replaced(cellocate, folders, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    rescaled = cellocate("select", folders[0], "--pixel-size", ".1", "--rescale", ".05", "--out", first)
    assert rescaled.code == 0, rescaled.err
    assert cellocate("select", first, "--out", second).code == 0
    result = cellocate("select", second, "--out", first, "--overwrite")
    assert (result.code, "the folder holds" in result.err) == (1, True)
    assert inspect(open_collection(second)).problems == ()
