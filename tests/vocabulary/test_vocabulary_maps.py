"""Maps between vocabularies: every location of 2018 in the words of 2021, and of SubCell."""

import pandas as pd
import pytest

from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary, map_between, read_map

OFFICIAL = {
    **{i: i for i in range(8)},
    11: 8,
    12: 9,
    13: 9,
    14: 10,
    17: 11,
    19: 12,
    21: 13,
    22: 13,
    23: 14,
    24: 15,
    25: 16,
    **dict.fromkeys((8, 9, 10, 20, 26), 17),
}
PAIRS = [("hpa28", "hpa19"), ("hpa28", "subcell31"), ("subcell31", "hpa19"), ("subcell31", "hpa28")]


def test_2018_maps_to_2021_as_the_challenge_had_it():
    targets = map_between("hpa28", "hpa19").targets
    assert {i: target for i, target in enumerate(targets) if i in OFFICIAL} == OFFICIAL


def test_of_the_classes_without_an_official_target_one_is_known_by_its_fields():
    to19 = map_between("hpa28", "hpa19")
    assert {i: to19.targets[i] for i in (15, 16, 18, 27)} == {15: None, 16: None, 18: 12, 27: None}
    assert [i for i, target in enumerate(to19.targets) if target is None] == [15, 16, 27]


def labels(real_data, year, id_column, label_column, vocabulary, separator):
    table = pd.read_csv(real_data / "tables" / f"kaggle{year}_train.csv.gz", dtype=str, index_col=id_column)
    return table[label_column].map(lambda text: get_vocabulary(vocabulary).parse(text, separator))


def test_the_map_reproduces_the_label_sets_of_2021(real_data):
    first = labels(real_data, 2018, "Id", "Target", "hpa28", None)
    second = labels(real_data, 2021, "ID", "Label", "hpa19", "|")
    mapped = first[second.index].map(map_between("hpa28", "hpa19").apply)
    assert len(second) == 21_806
    assert (mapped == second).sum() == 21_234


@pytest.mark.parametrize(
    ("before", "after"),
    [((), ()), ((15,), ()), ((12, 13), (9,)), ((26, 8, 9, 0), (0, 17)), ((22, 15, 21), (13,)), ((25, 7), (7, 16))],
)
def test_mapped_sets_are_sorted_and_merged_labels_count_once(before, after):
    assert map_between("hpa28", "hpa19").apply(before) == after


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_name_that_both_have_maps_to_itself(source, target):
    between = map_between(source, target)
    index = {name.casefold(): i for i, name in enumerate(between.target.names)}
    for i, name in enumerate(between.source.names):
        if name.casefold() in index:
            assert between.targets[i] == index[name.casefold()]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_target_is_a_label_of_the_target_vocabulary(source, target):
    between = map_between(source, target)
    assert (between.source, between.target) == (get_vocabulary(source), get_vocabulary(target))
    assert len(between.targets) == len(between.source)
    assert all(t is None or 0 <= t < len(between.target) for t in between.targets)


@pytest.mark.parametrize(
    ("source", "target", "name", "mapped"),
    [
        ("subcell31", "hpa28", "Midbody", "Cytokinetic bridge"),
        ("subcell31", "hpa28", "Cell Junctions", "Cell junctions"),
        ("subcell31", "hpa28", "Vesicles", None),
        ("subcell31", "hpa28", "Negative", None),
        ("subcell31", "hpa19", "Centriolar satellite", "Centrosome"),
        ("subcell31", "hpa19", "Vesicles", "Vesicles and punctate cytosolic patterns"),
        ("subcell31", "hpa19", "Negative", "Negative"),
        ("subcell31", "hpa19", "Nucleoli rim", None),
        ("subcell31", "hpa19", "Cell Junctions", "Plasma membrane"),
        ("hpa28", "subcell31", "Cell junctions", "Cell Junctions"),
        ("hpa28", "subcell31", "Rods & rings", None),
        ("hpa28", "subcell31", "Microtubule ends", None),
    ],
)
def test_names_that_differ_map_as_the_atlas_groups_them(source, target, name, mapped):
    between = map_between(source, target)
    found = between.targets[between.source.index(name)]
    assert (None if found is None else between.target.names[found]) == mapped


def test_vocabularies_may_be_given_themselves():
    assert map_between(get_vocabulary("hpa28"), get_vocabulary("hpa19")) == map_between("hpa28", "hpa19")


@pytest.mark.parametrize(("source", "target"), [("hpa19", "hpa28"), ("hpa19", "subcell31")])
def test_where_there_is_no_map_the_known_ones_are_named(source, target):
    with pytest.raises(CellocateError, match=rf"no map from {source} to {target}.*hpa28 to hpa19"):
        map_between(source, target)


def test_a_users_vocabulary_is_not_taken_for_a_built_in_one_of_its_name(tmp_path):
    (tmp_path / "hpa28.csv").write_text("name\nCilium\nBasal body\n")
    with pytest.raises(CellocateError, match="no map"):
        map_between(get_vocabulary(tmp_path / "hpa28.csv"), "hpa19")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,b\n0,0\n", "not a map.*columns from and to"),
        ("from,to\n0,0\nNowhere,0\n", r"unknown label 'Nowhere'.*line 3 \(vocabulary hpa28\)"),
        ("from,to\n0,19\n", r"unknown label '19'.*line 2 \(vocabulary hpa19\)"),
        ("from,to\n0,0\nnucleoplasm,1\n", "Nucleoplasm is mapped twice.*line 3"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path, text, fault):
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(CellocateError, match=fault):
        read_map(tmp_path / "map.csv", "hpa28", "hpa19")


def test_the_built_in_map_written_as_a_table_is_the_same(tmp_path):
    built_in = map_between("hpa28", "hpa19")
    rows = [f"{i},{'' if target is None else target}" for i, target in enumerate(built_in.targets)]
    (tmp_path / "map.csv").write_text("\n".join(["from,to", *rows]) + "\n")
    assert read_map(tmp_path / "map.csv", "hpa28", "hpa19") == built_in


def test_a_map_from_another_program_is_read(tmp_path):
    (tmp_path / "map.csv").write_text("From\tTO\r\nCilium\t16.0\r\n\t\r\nbasal-body\t\r\n", encoding="utf-16")
    (tmp_path / "ours.csv").write_text(";Name\n0;Cilium\n1;Basal body\n")
    between = read_map(tmp_path / "map.csv", get_vocabulary(tmp_path / "ours.csv"), "hpa19")
    assert between.targets == (16, None)
    (tmp_path / "map.csv").write_text("from,to\nCilium,0\nFlagellum,1\n")
    with pytest.raises(CellocateError, match=r"unknown label 'Flagellum': .*map\.csv, line 3"):
        read_map(tmp_path / "map.csv", get_vocabulary(tmp_path / "ours.csv"), "hpa19")
