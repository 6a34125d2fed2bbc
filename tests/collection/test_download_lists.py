"""Lists of the atlas's images: every kind of list, its labels, and fewer fields of it."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.collection.atlas import BASE
from cellocate.collection.download import filter_fields, read_list
from cellocate.collection.download.rate_limit import retry_after
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary

IF_IMAGE = """\
filename,if_plate_id,position,sample,status,locations,unspecific,antibody,ensembl_ids,gene_names,atlas_name,latest_version
/archive/1/1_A1_1_,1,A1,1,35,Golgi apparatus,0,HPA000992,ENSG00000066455,GOLGA5,U-2 OS,23
/archive/1/1_A1_2_,1,A1,2,35,"Vesicles,Nucleus",0,HPA000992,ENSG00000066455,GOLGA5,A-431,23
/archive/2/2_B1_7_cr57f3ed192abcf_,2,B1,7,35,,0,CAB010580,"ENSG1,ENSG2","AAAS,TUBB",U-2 OS,21
/archive/2/2_B2_1_,2,B2,1,35,,1,HPA040086,ENSG00000094914,AAAS,U-2 OS,23
/archive/2/2_B3_1_,2,B3,1,35,Mitotic chromosome,0,HPA040086,ENSG00000094914,AAAS,U-2 OS,23
"""
KAGGLE_2021 = """\
Image,Label,Label_idx,Cellline,in_trainset
http://images.proteinatlas.org/10005/921_B9_1,"Mitochondria,Cytosol",14|16,U-2 OS,True
http://images.proteinatlas.org/10005/921_B9_2,No staining,18,SiHa,False
http://images.proteinatlas.org/10006/922_B9_1,,,HeLa,False
"""


@pytest.fixture
def listed(tmp_path):
    """Read a list of this text."""

    def read(text, **options):
        (tmp_path / "list.csv").write_text(text, encoding="utf-8")
        return read_list(tmp_path / "list.csv", **options)

    return read


def test_the_table_of_the_atlas_is_read(listed):
    found = listed(IF_IMAGE)
    ids = ["992_1_A1_1", "992_1_A1_2", "10580_2_B1_7_cr57f3ed192abcf", "40086_2_B2_1", "40086_2_B3_1"]
    assert list(found.fields.index) == ids
    assert found.fields["address"].iloc[0] == f"{BASE}/992/1_A1_1"
    assert found.fields["address"].iloc[2] == f"{BASE}/10580/2_B1_7_cr57f3ed192abcf"
    assert list(found.fields["labels"]) == [(7,), (0,), (), None, None]  # not seen; unspecific; no word
    assert found.unknown_counts == {"Vesicles": 1, "Mitotic chromosome": 1}
    row = found.fields.iloc[1]
    said = row[["antibody", "plate", "well", "gene", "ensembl", "cell_line", "latest_version"]].tolist()
    assert said == ["992", "1", "A1", "GOLGA5", "ENSG00000066455", "A-431", "23"]
    assert row["locations"] == "Vesicles,Nucleus"
    assert not {"filename", "Target", "Label"} & set(found.fields)


def test_words_that_cannot_be_said_are_those_of_the_fields_that_are_left(listed):
    found = listed(IF_IMAGE)
    assert found.unknown_words == {"992_1_A1_2": ("Vesicles",), "40086_2_B3_1": ("Mitotic chromosome",)}
    assert filter_fields(found, genes=["GOLGA5"]).unknown_counts == {"Vesicles": 1}


@pytest.mark.parametrize(
    ("vocabulary", "labels"),
    [("hpa19", [(7,), (0, 17), (18,), None, None]), ("subcell31", [(11,), (26, 29), (30,), None, (18,)])],
)
def test_locations_may_be_said_in_other_words(listed, vocabulary, labels):
    assert list(listed(IF_IMAGE, vocabulary=vocabulary).fields["labels"]) == labels


def test_the_list_of_2021_is_separated_by_commas(listed):
    found = listed(KAGGLE_2021)
    assert list(found.fields.index) == ["10005_921_B9_1", "10005_921_B9_2", "10006_922_B9_1"]
    assert list(found.fields["labels"]) == [(23, 25), (), None]
    assert list(found.fields["address"])[:1] == ["http://images.proteinatlas.org/10005/921_B9_1"]
    assert list(found.fields["in_trainset"]) == ["True", "False", "False"]
    assert list(listed(KAGGLE_2021, vocabulary="hpa19").fields["labels"]) == [(14, 16), (18,), None]


@pytest.mark.parametrize(
    "text",
    [
        "10580_1610_C1_1",
        "10580/1610_C1_1",
        "HPA010580/1610_C1_1",
        f"{BASE}/10580/1610_C1_1",
        f"{BASE}/10580/1610_C1_1_blue_red_green.jpg",
        f"{BASE}/10580/1610_C1_1_yellow.tif.gz",
        "# a remark\n\n 10580_1610_C1_1 \n",
        "Id\n10580_1610_C1_1\n",
    ],
)
def test_plain_lists_name_fields_by_address_or_id(listed, text):
    found = listed(text)
    assert found.fields["address"].to_dict() == {"10580_1610_C1_1": f"{BASE}/10580/1610_C1_1"}
    assert (found.vocabulary, found.fields["plate"].tolist()) == (None, ["1610"])


def test_four_addresses_of_one_field_are_one_field(listed):
    found = listed("\n".join(f"{BASE}/992/1_A1_1_{c}.jpg" for c in ("red", "green", "blue", "yellow")))
    assert (len(found.fields), found.repeated) == (1, 3)


def test_a_label_table_is_a_list_with_labels(listed):
    found = listed("Id,Target\n10580_1610_C1_1,13 25\n10814_50_A1_1,\n")
    assert list(found.fields["labels"]) == [(13, 25), ()]
    assert found.vocabulary == get_vocabulary("hpa28")
    assert list(listed("Id,Target\n10580_1610_C1_1,13 25\n", vocabulary="hpa19").fields["labels"]) == [(9, 16)]
    with pytest.raises(CellocateError, match="unknown label '99'"):
        listed("Id,Target\n10580_1610_C1_1,99\n")


def test_the_real_labels_of_v18_are_a_list(real_data):
    found = read_list(real_data / "tables" / "hpav18_labels.csv.gz")
    assert (len(found.fields), found.repeated, found.faulty) == (74_606, 0, ())
    assert found.fields["labels"].notna().all()


def test_another_server_may_be_named(listed):
    assert listed(KAGGLE_2021, base="http://here/").fields["address"].iloc[0] == "http://here/10005/921_B9_1"


def test_rows_that_name_no_image_are_told(listed):
    found = listed("10580_1610_C1_1\n89_B5_1\n../../etc/passwd\nfile:///992/1_A1_1\n")
    assert len(found.fields) == 1
    assert found.faulty == ("line 2 ('89_B5_1')", "line 3 ('../../etc/passwd')", "line 4 ('file:///992/1_A1_1')")


@pytest.mark.parametrize("text", ["", "hello\n", "name,size\na,b\n", "Id,Target\n", "filename,antibody\n,\n"])
def test_a_list_that_names_no_image_is_refused(listed, text):
    with pytest.raises(CellocateError, match=r"names no image|not a CSV table|it is empty"):
        listed(text)


def test_a_list_may_be_gzipped(tmp_path):
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(KAGGLE_2021.encode()))
    assert len(read_list(tmp_path / "list.csv.gz").fields) == 3
    (tmp_path / "ids.gz").write_bytes(gzip.compress(b"10580_1610_C1_1\n"))
    assert list(read_list(tmp_path / "ids.gz").fields.index) == ["10580_1610_C1_1"]
    (tmp_path / "ids.gz").write_bytes(gzip.compress("10580_1610_C1_1\n# \xe9\n".encode("latin-1")))
    with pytest.raises(CellocateError, match=r"not UTF-8.*'# é'.*line 2"):
        read_list(tmp_path / "ids.gz")


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"genes": ["golga5"]}, [0, 1]),
        ({"genes": ["TUBB"]}, [2]),
        ({"genes": ["ENSG00000094914", "ENSG2"]}, [2, 3, 4]),
        ({"antibodies": ["992"]}, [0, 1]),
        ({"antibodies": ["hpa040086", "CAB010580"]}, [2, 3, 4]),
        ({"locations": ["vesicles"]}, [1]),
        ({"columns": {"cell_line": ["U-2 OS"], "latest_version": ["23"]}}, [0, 3, 4]),
        ({"columns": {"antibody": ["HPA000992"]}}, [0, 1]),
        ({"genes": ["AAAS"], "columns": {"plate": ["2"]}, "limit": 2}, [2, 3]),
        ({}, [0, 1, 2, 3, 4]),
    ],
)
def test_fewer_fields_may_be_asked_for(listed, asked, rows):
    found = listed(IF_IMAGE)
    assert list(filter_fields(found, **asked).fields.index) == [found.fields.index[row] for row in rows]


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"genes": ["NOWHERE"]}, "no field of the gene NOWHERE"),
        ({"antibodies": ["HPA1", "HPA2"]}, "no field of the antibody 1 or 2"),
        ({"columns": {"weather": ["fine"]}}, r"no column weather\. It has address, antibody"),
    ],
)
def test_what_a_list_has_not_is_refused(listed, asked, fault):
    with pytest.raises(CellocateError, match=fault):
        filter_fields(listed(IF_IMAGE), **asked)
    with pytest.raises(CellocateError, match="no column gene"):
        filter_fields(listed(KAGGLE_2021), genes=["AAAS"])


def test_a_date_may_say_when_to_come_back():
    assert 50 < retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60))) <= 60
    assert retry_after(" 7 ") == 7


@given(st.text(max_size=30))
def test_whatever_retry_after_says_is_a_time_or_nothing(text):
    wait = retry_after(text)
    assert wait is None or wait >= 0
