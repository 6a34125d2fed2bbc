"""`cellocate download`: the licence, what failed, and whose words the labels are in."""

from pathlib import Path

import pytest
from small_site import FIELDS, IDS, ONE

from cellocate.collection import open_collection
from cellocate.errors import CellocateError


def test_the_command_tells_the_licence_first_and_what_failed_last(site, cellocate, tmp_path):
    (tmp_path / "list.txt").write_text("\n".join(FIELDS))
    command = ["download", tmp_path / "list.txt", "--base", site.address, "--out", tmp_path / "out"]
    dry = cellocate(*command, "--dry-run")
    assert dry.code == 0, dry.err
    assert "3 fields, 12 files, 0 of them already downloaded" in dry.out
    assert "CC BY-SA" in dry.err
    assert not (tmp_path / "out").exists()
    site.tricks[ONE] = [404]
    result = cellocate(*command)
    assert result.code == 1
    assert "2 of 3 fields in" in result.out
    assert result.err.index("CC BY-SA") < result.err.index("error: 1 of 12 files could not be downloaded")
    assert "failed.csv names all" in result.err
    again = cellocate(*command)
    assert (again.code, "3 of 3 fields" in again.out) == (0, True)
    assert cellocate("check", tmp_path / "out").out.splitlines()[0] == "listing: 3 fields"


def test_the_command_needs_a_list(cellocate, tmp_path):
    result = cellocate("download", tmp_path / "nowhere.csv", "--out", tmp_path / "out")
    assert (result.code, "no such list" in result.err) == (1, True)
    assert not Path(tmp_path / "out").exists()


@pytest.mark.parametrize(
    "base",
    ["nonsense", "file:///etc", "ftp://here", "http://", "http://[::1", "http://here:x", "http://here:99999",
     "http://.com", "http://a b", "http://h\u00f6r/\u00e4", "//here"],
)  # fmt: skip
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_base_that_is_no_address_is_refused_before_anything(cellocate, tmp_path, base, dry):
    (tmp_path / "list.txt").write_text(FIELDS[0])
    result = cellocate("download", tmp_path / "list.txt", "--base", base, "--out", tmp_path / "out", *dry)
    said = f"error: not the address of a web server: {base.rstrip('/')}. Write it such as https://images.proteinatlas.org.\n"
    assert (result.code, result.out, result.err) == (1, "", said)
    assert not (tmp_path / "out").exists()


LIST = """filename,antibody,locations,unspecific,atlas_name
/archive/1/1_A1_1_,HPA000992,"Vesicles",0,U-2 OS
/archive/1/1_A1_2_,HPA000992,"Golgi apparatus,Vesicles",0,A-431
/archive/1610/1610_C1_1_,HPA010580,Cytosol,0,A-431
"""


def test_a_vocabulary_that_says_all_is_named_and_taken_up_over_the_same_files(site, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    command = ["download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out"]
    first = cellocate(*command)
    assert first.code == 0, first.err
    assert "hpa28 has no Vesicles (2 fields)" in first.err
    assert "1 field without known labels cannot be trained on; --vocabulary subcell31 has all" in first.err
    assert [p.id for p in open_collection(tmp_path / "out").problems] == [IDS[0]]
    site.requests.clear()
    again = cellocate(*command, "--vocabulary", "subcell31")
    assert (again.code, site.requests) == (0, []), again.err
    assert "no word" not in again.err
    collection = open_collection(tmp_path / "out")
    assert (collection.vocabulary.name, collection.problems, collection.ids) == ("subcell31", (), IDS)
    assert dict(collection.fields["labels"]) == dict(zip(IDS, [(29,), (11, 29), (7,)], strict=True))
    few = cellocate(*command, "--where", "cell_line=A-431")
    assert few.code == 1
    assert "the folder has 1 field more with labels of another vocabulary" in few.err
    assert open_collection(tmp_path / "out").vocabulary.name == "subcell31"


def test_no_other_vocabulary_is_named_where_none_says_more(site, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST.replace("Vesicles", "Cleavage furrow"))
    said = cellocate("download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out").err
    assert "hpa28 has no Cleavage furrow (2 fields)" in said
    assert "--vocabulary" not in said


def test_labels_are_not_lost_to_a_list_without_any(site, task, cellocate, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    command = ["download", tmp_path / "list.csv", "--base", site.address, "--out", tmp_path / "out"]
    assert cellocate(*command).code == 0
    with pytest.raises(CellocateError, match="the folder has 3 fields more with labels of another vocabulary"):
        task()
