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


def test_faults_are_grouped_by_their_kind_wherever_they_are():
    """What a user named cannot change it, be it in brackets or quotes."""
    error = CellocateError("the location 'ER (2)' is unknown", where="a.csv", mend="Name another.", kind="unknown")
    assert (error.kind, error.at("b.csv").kind) == ("unknown", "unknown")
    assert str(error.at("b.csv, line 3")) == "the location 'ER (2)' is unknown: b.csv, line 3. Name another."
    assert CellocateError("the location 'ER (2)' is unknown").kind == "the location 'ER (2)' is unknown"


def test_a_users_fault_can_be_told_from_a_fault_of_the_program():
    assert not issubclass(CellocateError, (OSError, ValueError, TypeError))


def test_an_error_comes_out_of_a_worker_as_it_went_in() -> None:
    error = CellocateError("no room for 3", where=Path("a/b"), mend="Free some.", kind="no room")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (CellocateError, str(error))
    assert vars(again) == vars(error)


def test_a_message_is_one_line_that_a_terminal_can_show() -> None:
    error = CellocateError("unknown label 'a\nb'", where="a\u202eb.csv")
    assert str(error) == "unknown label 'a\\nb': a\\u202eb.csv."
