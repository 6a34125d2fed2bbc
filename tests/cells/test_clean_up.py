"""Clean-up: each rule leaves out what it is for, and nothing else."""

import pandas as pd
import pytest

from cellocate.cells.clean_up import RULES, CleanUp, removal_reasons
from cellocate.errors import CellocateError

GOOD = {
    "field": "a",
    "edge": False,
    "empty": False,
    "area_um2": 100.0,
    "contrast": 20.0,
    "sharpness": 0.1,
    "smallest_file_bytes": 90_000,
    "largest_file_bytes": 900_000,
}
BAD = {
    "file size": {"field": "b", "smallest_file_bytes": 3_000},
    "focus": {"field": "b", "sharpness": 0.01},
    "empty": {"empty": True},
    "edge": {"edge": True},
    "small": {"area_um2": 20.0},
    "large": {"area_um2": 500.0},
    "negative": {"contrast": 1.0},
}


def table(*changes):
    return pd.DataFrame([GOOD] * 8 + [{**GOOD, **change} for change in changes])


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_its_cell_alone_and_can_be_done_without(rule):
    cells = table(BAD[rule])
    limits = {"smallest_file": 4, "largest_file": 1000}
    assert removal_reasons(cells, CleanUp(**limits)).tolist() == [""] * 8 + [rule]
    assert not removal_reasons(cells, CleanUp(keep=[rule], **limits)).any()


def test_a_cell_is_counted_once_for_the_first_rule():
    assert removal_reasons(table({**BAD["edge"], **BAD["small"]}), CleanUp()).iloc[-1] == "edge"


def test_files_too_large_are_left_out_and_unknown_sizes_are_not():
    cells = table(
        {"largest_file_bytes": 2e6}, {"smallest_file_bytes": float("nan"), "largest_file_bytes": float("nan")}
    )
    assert removal_reasons(cells, CleanUp(smallest_file=4, largest_file=1000)).tolist() == [""] * 8 + ["file size", ""]


def test_size_is_judged_among_whole_cells_of_the_same_cell_line():
    cells = pd.concat([table().assign(cell_line="U2OS"), table().assign(cell_line="HL-60", area_um2=20.0)])
    cells = pd.concat(
        [cells, table(*[{"edge": True, "area_um2": 1.0}] * 20).assign(cell_line="U2OS")], ignore_index=True
    )
    assert set(removal_reasons(cells, CleanUp())) == {"", "edge"}


def test_a_field_where_no_cell_shows_the_protein_is_all_negative():
    assert (removal_reasons(table().assign(contrast=0.0), CleanUp()) == "negative").all()


def test_a_rule_that_there_is_not_is_refused():
    with pytest.raises(CellocateError, match="unknown clean-up rule 'blurred'"):
        CleanUp(keep=["blurred"])
