"""The one line that a user reads when something is wrong."""

import pickle
from pathlib import Path

import pytest

from cellocate.errors import CellocateError


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "no images found."),
        ({"where": "plates/"}, "no images found: plates/."),
        ({"where": Path("a") / "b.csv"}, f"no images found: {Path('a') / 'b.csv'}."),
        ({"where": 0}, "no images found: 0."),
        ({"mend": "Give a folder."}, "no images found. Give a folder."),
        ({"where": "plates/", "mend": "Give a folder."}, "no images found: plates/. Give a folder."),
    ],
)
def test_a_message_says_what_then_where_then_how_to_mend(parts, message):
    assert str(CellocateError("no images found", **parts)) == message


def test_the_parts_of_a_message_stay_at_hand():
    error = CellocateError("no images found", where="plates/", mend="Give a folder.")
    assert (error.what, error.where, error.mend) == ("no images found", "plates/", "Give a folder.")


def test_a_users_fault_can_be_told_from_a_fault_of_the_program():
    assert not issubclass(CellocateError, (OSError, ValueError, TypeError))


def test_an_error_comes_out_of_a_worker_as_it_went_in() -> None:
    error = CellocateError("no room", where=Path("a/b"), mend="Free some.")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (CellocateError, str(error))
    assert (again.what, again.where, again.mend) == (error.what, error.where, error.mend)


def test_a_message_is_one_line_that_a_terminal_can_show() -> None:
    error = CellocateError("unknown label 'a\nb'", where="a\u202eb.csv")
    assert str(error) == "unknown label 'a\\nb': a\\u202eb.csv."
