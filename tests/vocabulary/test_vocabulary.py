"""The built-in vocabularies, what their labels look like in files, and vocabularies of a user's own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.vocabulary import BUILT_IN, Location, Vocabulary, get_vocabulary

COARSE = {"Nucleus", "Nucleoli", "Cytosol", "Cytoskeleton", "Endomembrane system", "Plasma membrane", "Mitochondria"}
MERGED_IN_2021 = {"Actin filaments", "Centrosome", "Plasma membrane"}


@pytest.mark.parametrize(("name", "length"), [("hpa28", 28), ("hpa19", 19), ("subcell31", 31)])
def test_a_built_in_vocabulary_has_the_length_in_its_name(name, length):
    assert len(get_vocabulary(name)) == len(get_vocabulary(name).names) == length
    assert get_vocabulary(name).name == name


@pytest.mark.parametrize(
    ("vocabulary", "index", "name", "go"),
    [
        ("hpa28", 0, "Nucleoplasm", "GO:0005654"),
        ("hpa28", 3, "Nucleoli fibrillar center", "GO:0001650"),
        ("hpa28", 8, "Peroxisomes", "GO:0005777"),
        ("hpa28", 11, "Intermediate filaments", "GO:0045111"),
        ("hpa28", 15, "Microtubule ends", "GO:1990752"),
        ("hpa28", 16, "Cytokinetic bridge", "GO:0045171"),
        ("hpa28", 18, "Microtubule organizing center", "GO:0005815"),
        ("hpa28", 23, "Mitochondria", "GO:0005739"),
        ("hpa28", 25, "Cytosol", "GO:0005829"),
        ("hpa28", 27, "Rods & rings", None),
        ("hpa19", 7, "Golgi apparatus", "GO:0005794"),
        ("hpa19", 8, "Intermediate filaments", "GO:0045111"),
        ("hpa19", 9, "Actin filaments", None),
        ("hpa19", 11, "Mitotic spindle", "GO:0072686"),
        ("hpa19", 13, "Plasma membrane", None),
        ("hpa19", 16, "Cytosol", "GO:0005829"),
        ("hpa19", 17, "Vesicles and punctate cytosolic patterns", None),
        ("hpa19", 18, "Negative", None),
        ("subcell31", 0, "Actin filaments", "GO:0015629"),
        ("subcell31", 2, "Cell Junctions", "GO:0030054"),
        ("subcell31", 16, "Midbody", "GO:0030496"),
        ("subcell31", 25, "Nucleoli rim", "GO:0005730"),
        ("subcell31", 29, "Vesicles", "GO:0043231"),
        ("subcell31", 30, "Negative", None),
    ],
)
def test_a_location_stands_where_the_challenge_or_model_has_it(vocabulary, index, name, go):
    location = get_vocabulary(vocabulary).locations[index]
    assert (location.name, location.go) == (name, go)
    assert get_vocabulary(vocabulary).index(name) == get_vocabulary(vocabulary).index(str(index)) == index


def test_subcell31_is_in_alphabetical_order_but_for_negative():
    names = [name.casefold() for name in get_vocabulary("subcell31").names[:-1]]
    assert names == sorted(names)


@pytest.mark.parametrize("name", BUILT_IN)
def test_names_differ_and_go_ids_are_well_formed(name):
    locations = get_vocabulary(name).locations
    assert len({location.name.casefold() for location in locations}) == len(locations)
    assert all(location.go is None or re.fullmatch(r"GO:\d{7}", location.go) for location in locations)


@pytest.mark.parametrize("other", ["hpa19", "subcell31"])
def test_equal_names_have_equal_go_ids_unless_the_class_was_merged(other):
    known = {location.name.casefold(): location.go for location in get_vocabulary("hpa28").locations}
    shared = [location for location in get_vocabulary(other).locations if location.name.casefold() in known]
    assert len(shared) == {"hpa19": 17, "subcell31": 25}[other]
    for location in shared:
        merged = other == "hpa19" and location.name in MERGED_IN_2021
        assert location.go == (None if merged else known[location.name.casefold()])


def test_equal_names_have_equal_groups():
    groups = {}
    for name in BUILT_IN:
        for location in get_vocabulary(name).locations:
            assert groups.setdefault(location.name.casefold(), location.group) == location.group


@pytest.mark.parametrize(("name", "beyond"), [("hpa28", set()), ("hpa19", {"Negative"}), ("subcell31", {"Negative"})])
def test_groups_are_the_coarse_compartments(name, beyond):
    assert set(get_vocabulary(name).groups) == COARSE | beyond
    assert len(get_vocabulary(name).groups) == len(set(get_vocabulary(name).groups))


def test_every_location_of_the_nucleus_is_grouped_as_such():
    assert {location.group for location in get_vocabulary("hpa28").locations[:6]} == {"Nucleus", "Nucleoli"}
    assert not {"Nucleus", "Nucleoli"} & {location.group for location in get_vocabulary("hpa28").locations[6:]}


@pytest.mark.parametrize(
    ("text", "separator", "labels"),
    [
        ("16 0", None, (0, 16)),
        ("  7\t1  2 ", None, (1, 2, 7)),
        ("5", None, (5,)),
        ("", None, ()),
        ("  ", None, ()),
        ("", "|", ()),
        ("13|13", "|", (13,)),
        ("13 13 2", None, (2, 13)),
        ("18|0|3", "|", (0, 3, 18)),
        ("Cytosol|golgi APPARATUS", "|", (7, 25)),
        (" Rods & rings | 0 ", "|", (0, 27)),
        ("cytosol 3", None, (3, 25)),
        ("13,1", None, (1, 13)),
        ("13|1", None, (1, 13)),
        ("13 1", "|", (1, 13)),
        ("13; 1", "|", (1, 13)),
        ("[16, 0]", None, (0, 16)),
        ("[16 0]", "|", (0, 16)),
        ("(16,)", None, (16,)),
        ("{16, 0}", None, (0, 16)),
        ("[np.int64(16), np.int64(0)]", None, (0, 16)),
        ("[]", None, ()),
        ("26.0", None, (26,)),
        ("16.0 0.0", None, (0, 16)),
        ("'16'", None, (16,)),
        ("['Nucleoplasm', 'Golgi apparatus']", None, (0, 7)),
        ("['Nucleoplasm' 'Golgi apparatus']", None, (0, 7)),
        ('["Nucleoplasm"]', "|", (0,)),
        ("Golgi apparatus", None, (7,)),
        ("Golgi apparatus Cytosol 3", None, (3, 7, 25)),
        ("Golgi apparatus\nCytosol", "|", (7, 25)),
        ("Nucleoplasm,Cytosol", None, (0, 25)),
        ("Nucleoplasm;Cytosol", None, (0, 25)),
        ("Nucleoplasm, Cytosol;5", "|", (0, 5, 25)),
        ("Nucleoli Nucleoli fibrillar centre", None, (2, 3)),
        ("nuclear_speckles|Focal-adhesion sites", "|", (4, 13)),
        ("Microtubule organising center", "|", (18,)),
        ("Rods and rings", "|", (27,)),
        ("GO:0005654|go:0005829", "|", (0, 25)),
    ],
)
def test_labels_are_read_sorted_and_once_each(text, separator, labels):
    assert get_vocabulary("hpa28").parse(text, separator) == labels


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("28", None),
        ("0 99999999999", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1_0", None),
        ("0x1", None),
        ("１", None),
        ("²", None),
        ("Nucleus", None),
        ("Golgi", None),
        ("13/1", None),
        ("13||1", "|"),
        ("13|", "|"),
        ("|", "|"),
        ("16 nan", None),
        ("Golgi 3", None),
        ("[16, 0", None),
        ("GO:0000000", None),
        ("Negative", None),
        ("x" * 9999, None),
    ],
)
def test_what_is_not_a_label_is_refused(text, separator):
    with pytest.raises(CellocateError, match="unknown label"):
        get_vocabulary("hpa28").parse(text, separator)


def test_a_refusal_names_the_label_and_the_vocabulary_and_the_range():
    with pytest.raises(CellocateError, match=r"'19'.*hpa19.*0 to 18"):
        get_vocabulary("hpa19").parse("3 19")


def test_a_number_of_any_length_is_a_label_or_refused():
    with pytest.raises(CellocateError, match="unknown label"):
        get_vocabulary("hpa28").parse("9" * 5000)


label_sets = st.lists(st.frozensets(st.integers(0, 27)).map(lambda labels: tuple(sorted(labels))))


@given(label_sets)
def test_decoding_undoes_encoding(sets):
    truth = get_vocabulary("hpa28").encode(sets)
    assert truth.shape == (len(sets), 28)
    assert truth.dtype == bool
    assert get_vocabulary("hpa28").decode(truth) == sets


@given(label_sets, st.sampled_from([(None, " "), ("|", "|"), (None, "\t ")]), st.randoms())
def test_parsing_undoes_writing_in_any_order(sets, separators, random):
    separator, written = separators
    for labels in sets:
        shuffled = random.sample(labels, len(labels))
        assert get_vocabulary("hpa28").parse(written.join(map(str, shuffled)), separator) == labels


def test_encoding_refuses_a_label_below_zero():
    with pytest.raises((CellocateError, IndexError, ValueError)):
        get_vocabulary("hpa28").encode([(-1,)])


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "ours.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_users_vocabulary_is_read_from_a_table(tmp_path):
    path = written(tmp_path, "name,go,group\nCilium,GO:0005929,Cytoskeleton\n Basal body ,,\n")
    vocabulary = get_vocabulary(path)
    assert vocabulary == get_vocabulary(str(path))
    assert (vocabulary.name, vocabulary.names) == ("ours", ("Cilium", "Basal body"))
    assert [location.go for location in vocabulary.locations] == ["GO:0005929", None]
    assert vocabulary.groups == ("Cytoskeleton", "")
    assert vocabulary.parse("basal body|0", "|") == (0, 1)


@pytest.mark.parametrize(
    "text",
    ["name\nA\nB\n", "\ufeffname\nA\nB\n", "go,extra,name\n,,A\n\n,,B\n", ",Name\n0,A\n1, B\n", "go;NAME\n;A\n;B\n"],
)
def test_columns_may_be_few_or_many_and_in_any_order(tmp_path, text):
    assert get_vocabulary(written(tmp_path, text)).names == ("A", "B")


@pytest.mark.parametrize("text", ["name\n", "called,go\nA,\n", "A\nB\n", "name,go\n,GO:1\n"])
def test_what_is_no_vocabulary_is_refused_with_its_file(tmp_path, text):
    with pytest.raises(CellocateError, match=r"not a vocabulary.*ours\.csv.*'name'"):
        get_vocabulary(written(tmp_path, text))


@pytest.mark.parametrize("text", ["name\nA\nB\nA\n", "name\nA\nB\na\n", "name\nA\nB\n A \n"])
def test_a_name_that_stands_twice_is_refused(tmp_path, text):
    with pytest.raises(CellocateError, match=r"is there twice.*ours\.csv"):
        get_vocabulary(written(tmp_path, text))


@pytest.mark.parametrize("text", ["name,go\nA,\n,GO:1\n", "go,name\nGO:1,A\nGO:2\n"])
def test_a_location_without_a_name_is_refused(tmp_path, text):
    with pytest.raises(CellocateError, match=r"ours\.csv"):
        get_vocabulary(written(tmp_path, text))


def test_a_vocabulary_of_another_encoding_is_refused(tmp_path):
    with pytest.raises(CellocateError, match="UTF-8"):
        get_vocabulary(written(tmp_path, "name\né\n", encoding="latin-1"))


def test_a_name_that_reads_as_another_locations_number_is_refused(tmp_path):
    with pytest.raises(CellocateError, match=r"ours\.csv"):
        get_vocabulary(written(tmp_path, "name\nA\n0\n"))


def test_locations_may_be_named_by_their_own_numbers(tmp_path):
    assert get_vocabulary(written(tmp_path, "name\n0\n1\n")).parse("1 0") == (0, 1)


@pytest.mark.parametrize("name", ["hpa27", "", "nowhere/ours.csv"])
def test_an_unknown_vocabulary_is_refused_with_the_known_ones(name):
    with pytest.raises(CellocateError, match=r"unknown vocabulary.*hpa28, hpa19, subcell31.*CSV"):
        get_vocabulary(name)


def test_a_folder_is_no_vocabulary(tmp_path):
    with pytest.raises(CellocateError, match="unknown vocabulary"):
        get_vocabulary(tmp_path)


def test_vocabularies_are_values():
    assert get_vocabulary("hpa28") == Vocabulary("hpa28", get_vocabulary("hpa28").locations)
    assert get_vocabulary("hpa28") != get_vocabulary("hpa19")
    assert len({get_vocabulary("hpa28"), Vocabulary("hpa28", get_vocabulary("hpa28").locations)}) == 1


@pytest.mark.parametrize("text", ["nan", "NaN", "None", "NA", "<NA>", "null", "?", "[nan]", "n/a"])
def test_labels_that_a_cell_says_are_missing_are_not_no_labels(text):
    with pytest.raises(CellocateError, match=r"its labels are not known.*leave the cell empty"):
        get_vocabulary("hpa28").parse(text)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("Nuclear speckels", r"'Nuclear speckels'.*Did you mean 'Nuclear speckles' \(4\)\?"),
        ("Nucleoplasm Golgy apparatus Cytosol", r"'Golgy apparatus'.*'Golgi apparatus' \(7\)"),
        ("Negative", "Leave the cell empty"),
        ("13||1", r"'13\|\|1'"),
        ("1 2 3 four", "'four'.*0 to 27"),
    ],
)
def test_what_is_no_label_is_shown_with_what_to_write(text, mend):
    with pytest.raises(CellocateError, match=mend):
        get_vocabulary("hpa28").parse(text)


AMBIGUOUS = Vocabulary(
    "ours", tuple(Location(name, None, "") for name in ("A", "B", "A B", "C", "C, D", "D", "centre"))
)


@pytest.mark.parametrize(
    ("text", "separator", "expected"),
    [
        ("A B", None, "2 or 0|1"),
        ("A B C", None, "2|3 or 0|1|3"),
        ("C, D", None, "3|5 or 4"),
        ("A B; C, D", ";", (2, 4)),  # as cellocate writes it
        ("A|B", None, (0, 1)),
        ("center", None, (6,)),
    ],
)
def test_what_can_be_read_in_several_ways_is_refused_unless_the_usual_separator_tells(text, separator, expected):
    if isinstance(expected, tuple):
        assert AMBIGUOUS.parse(text, separator) == expected
        return
    with pytest.raises(CellocateError, match="in several ways") as caught:
        AMBIGUOUS.parse(text, separator)
    assert sorted(caught.value.mend.removeprefix("Write ").rstrip(".").split(" or ")) == sorted(expected.split(" or "))


def test_a_go_id_of_two_locations_is_none():
    with pytest.raises(CellocateError, match="unknown label 'GO:0005730'"):
        get_vocabulary("subcell31").index("GO:0005730")


@given(st.lists(st.sampled_from(range(28)), max_size=5), st.sampled_from(["|", ";", ", ", "\n", " "]), st.booleans())
def test_names_are_read_whatever_stands_between_them(labels, between, as_list):
    names = [get_vocabulary("hpa28").names[label] for label in labels]
    text = str(names) if as_list else between.join(names)
    assert get_vocabulary("hpa28").labels_in(text) == tuple(labels)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("id,name\n1,Nucleus\n2,Cytosol\n0,Golgi\n", ("Golgi", "Nucleus", "Cytosol")),
        ("name;Label\nNucleus;1,0\nGolgi;0,0\n", ("Golgi", "Nucleus")),
        ("id,index,name\n17,1,Nucleus\n4,0,Golgi\n", ("Golgi", "Nucleus")),
        ("id,name\nSL-0191,Nucleus\nSL-0132,Golgi\n", ("Nucleus", "Golgi")),
        ("id,name\n,Nucleus\n,Golgi\n", ("Nucleus", "Golgi")),
    ],
)
def test_locations_stand_in_the_order_of_their_own_numbers(tmp_path, text, names):
    (tmp_path / "mine.csv").write_text(text)
    assert get_vocabulary(tmp_path / "mine.csv").names == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name\n1,Nucleus\n2,Golgi\n", r"not 0 to 1, each once: 1, 2: .*mine\.csv, column id.*count from 0"),
        ("id,name\n0,Nucleus\n,Golgi\n", r"not 0 to 1, each once: 0, \(none\)"),
        ("id,label,name\n0,1,Nucleus\n1,0,Golgi\n", "'id' and 'label' number the locations differently"),
        ("name\nnan\n", "Each row needs a value in 'name'"),
    ],
)
def test_numbers_that_cannot_be_labels_are_refused(tmp_path, text, message):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(CellocateError, match=message):
        get_vocabulary(tmp_path / "mine.csv")


def test_a_go_id_or_group_that_is_not_known_is_empty(tmp_path):
    (tmp_path / "mine.csv").write_text("name,go,group\nNucleus,nan,NA\nGolgi,GO:0005794,Secretory\n")
    places = get_vocabulary(tmp_path / "mine.csv").locations
    assert [(place.go, place.group) for place in places] == [(None, ""), ("GO:0005794", "Secretory")]


def test_a_column_of_labels_with_decimal_commas_is_refused():
    for texts in (["16,0", "3,0", ""], ["16,0"]):
        with pytest.raises(CellocateError, match=r"one with a decimal comma: row 0\. Write 16, or 16\|0"):
            get_vocabulary("hpa28").parse_all(texts, lambda row: f"row {row}")
    assert get_vocabulary("hpa28").parse_all(["16,0", "16,3"], str) == [(0, 16), (3, 16)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (",name\n1,Nucleus\n2,Cytosol\n0,Golgi\n", ("Golgi", "Nucleus", "Cytosol")),
        ('"","name"\n"1","Nucleus"\n"2","Golgi"\n', ("Nucleus", "Golgi")),
        ("Unnamed: 0,name\n4,Nucleus\n9,Golgi\n", ("Nucleus", "Golgi")),
        (",name\nx,Nucleus\ny,Golgi\n", ("Nucleus", "Golgi")),
    ],
)
def test_a_table_that_was_sorted_is_read_in_its_old_order(tmp_path, text, names):
    (tmp_path / "mine.csv").write_text(text)
    assert get_vocabulary(tmp_path / "mine.csv").names == names


def test_an_index_that_may_be_the_labels_is_refused(tmp_path):
    (tmp_path / "mine.csv").write_text(",name\n3,Nucleus\n1,Golgi\n")
    with pytest.raises(CellocateError, match=r"first column without a name.*Take it out"):
        get_vocabulary(tmp_path / "mine.csv")


def test_names_as_r_writes_them_are_known():
    hpa28 = get_vocabulary("hpa28")
    for name in hpa28.names:
        assert hpa28.names[hpa28.index(re.sub(r"[^\w]", ".", name))] == name
    assert hpa28.labels_in("Golgi apparatus and Cytosol") == (7, 25)


@pytest.mark.parametrize("label", ["2026-05-03", "03.05.2026", "3-May", "May-03"])
def test_a_label_that_a_spreadsheet_made_a_date_says_so(label):
    with pytest.raises(CellocateError, match="A spreadsheet converted it to a date"):
        get_vocabulary("hpa28").parse(label)
