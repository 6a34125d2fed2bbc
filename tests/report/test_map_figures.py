import re
from dataclasses import replace

import numpy as np
import pandas as pd
from small_evaluation import build

from cellocate.assessment.map_choice import FOUND, MapTarget, choose_map_targets
from cellocate.explain import FieldExplanation
from cellocate.report.figure_files import write_figures
from cellocate.report.report_page import write_report

GROUPS = ["Nucleus", "Nucleus", *(f"group {k}" for k in range(7))]


def explained(field, location):
    heat = np.zeros((1, 12, 16), np.float32)
    heat[0, :6] = 1
    probabilities = np.array([0.9, 0.25, 0.1], np.float32)
    return FieldExplanation(field, probabilities, (0,), (location,), heat, pd.DataFrame())


def test_the_commonest_of_each_group_where_it_is_surest_and_the_surest_mistake():
    rng = np.random.default_rng(0)
    truth, decided = rng.random((2, 60, 9)) < 0.3
    probabilities = np.where(decided, rng.uniform(0.5, 1, (60, 9)), rng.uniform(0, 0.5, (60, 9)))
    *right, mistake = choose_map_targets(truth, decided, probabilities, GROUPS)
    often = (truth & decided).sum(axis=0)
    assert len(right) == FOUND
    assert len({GROUPS[k] for _, k in right}) == FOUND
    assert len({i for i, _ in right}) == FOUND
    assert right[0] == (
        int(np.where((truth & decided)[:, often.argmax()], probabilities[:, often.argmax()], 0).argmax()),
        often.argmax(),
    )
    assert all((truth & decided)[i, k] for i, k in right)
    false = decided & ~truth
    assert false[mistake]
    assert probabilities[mistake] == probabilities[false].max()


def test_a_field_is_shown_again_where_there_is_no_other():
    truth = np.array([[1, 1, 0]], bool)
    assert choose_map_targets(truth, truth, 0.9 * truth, ["a", "b", "c"]) == [MapTarget(0, 0), MapTarget(0, 1)]
    assert choose_map_targets(truth, ~truth, np.array([[0.1, 0.2, 0.7]]), ["a", "b", "c"]) == [MapTarget(0, 2)]
    assert choose_map_targets(truth, truth & False, 0.1 * truth, ["a", "b", "c"]) == []


def test_maps_are_on_the_page_and_in_a_figure(tmp_path):
    evaluated = build(tmp_path, explained=(explained("field0", 0), explained("field2", 0)))
    write_report(tmp_path / "report.html", evaluated)
    page = (tmp_path / "report.html").read_text()
    section = page[page.index("Where the model looked</h2>") : page.index("Scores</h2>")]
    text = re.sub(r"\s+", " ", section)
    assert "2 maps, of 3 fields" in text
    assert text.index("found, p = 0.90") < text.index("false alarm, p = 0.90")
    assert section.count("data:image/jpeg") == 2 * 5
    assert "integrated gradients" in text
    write_figures(tmp_path / "figures", evaluated)
    assert (tmp_path / "figures" / "maps.png").is_file()


def test_maps_of_cells_are_said_to_be_of_cells(tmp_path):
    evaluated = build(tmp_path, explained=(explained("field0", 0),))
    fields = evaluated.collection.fields.assign(field="whole", cell=[1, 2, 3])
    write_report(tmp_path / "report.html", replace(evaluated, collection=replace(evaluated.collection, fields=fields)))
    page = re.sub(r"\s+", " ", (tmp_path / "report.html").read_text())
    assert "1 map, of 3 cells" in page
    assert "are entirely right" in page
    assert "Per cent of the cells with the row’s location" in page
    assert "n = 3 cells. Locations are sorted so" in page


def test_a_map_without_its_picture_is_left_out(tmp_path):
    evaluated = build(tmp_path, explained=(explained("field0", 0), explained("field2", 0)))
    (tmp_path / "plate one" / "field2_red.png").write_bytes(b"none")
    write_report(tmp_path / "report.html", evaluated)
    assert "1 maps" not in (page := (tmp_path / "report.html").read_text())
    assert "1 map, of 3 fields" in page
    write_report(tmp_path / "none.html", replace(evaluated, explained=()))
    assert "Where the model looked" not in (tmp_path / "none.html").read_text()


def test_a_location_without_a_group_stands_for_itself():
    truth = np.eye(3, dtype=bool)
    assert len(choose_map_targets(truth, truth, 0.9 * truth, ["", "", "Nucleus"])) == 3
