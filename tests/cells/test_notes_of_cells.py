"""What is said of many fields at once."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from cellocate.cells.field_notes import Note, group_notes, load_notes, save_notes

figures = st.lists(st.integers(0, 999) | st.floats(0, 9), min_size=1, max_size=6)


@given(figures)
def test_numbers_of_a_kind_are_shown_by_the_smallest_and_largest(values):
    notes = {f"f{i}": [Note("{:g} µm of 13 µm.", value)] for i, value in enumerate(values)}
    [row] = group_notes(notes)
    assert (row["fields"], row["first"]) == (len(values), "f0")
    low, high = f"{min(values):g}", f"{max(values):g}"
    assert row["note"] == f"{low if low == high else f'{low} to {high}'} µm of 13 µm."


def test_the_commonest_kind_comes_first():
    notes = {"a": [Note("rare")], "b": [Note("often {}", 1)], "c": [Note("often {}", 2), Note("rare too")], "d": []}
    assert [row["note"] for row in group_notes(notes)] == ["often 1 to 2", "rare", "rare too"]
    assert group_notes({}) == []


def test_names_are_no_numbers():
    """A name with digits or braces in it makes another kind, and is shown as it is."""
    notes = {"a": [Note("like {}, {} px", "plate 7", 9)], "b": [Note("like {}, {} px", "plate {8}", 10)]}
    notes["c"] = [Note("like {}, {} px", "plate 7", 30)]
    assert [row["note"] for row in group_notes(notes)] == ["like plate 7, 9 to 30 px", "like plate {8}, 10 px"]


def test_notes_are_the_same_again_out_of_a_file_and_a_process(tmp_path):
    notes = [Note("{:.2g} µm for {}", 0.123, "a\nb"), Note("blank")]
    save_notes(tmp_path / "notes.json", notes)
    for again in (load_notes(tmp_path / "notes.json"), pickle.loads(pickle.dumps(notes))):
        assert [(note, note.template, note.values) for note in again] == [(n, n.template, n.values) for n in notes]
    assert load_notes(tmp_path / "none.json") == []
