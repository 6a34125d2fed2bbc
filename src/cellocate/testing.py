"""Tests that every decision rule, segmenter and layout must pass, ours and those of plug-ins.

Make a subclass in a test file with the name of the thing to test, and pytest runs it:

    class TestOtsu(SegmenterTests):
        name = "otsu"
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_masks import FieldMasks
from cellocate.cells.masks import check_numbering
from cellocate.cells.segmenters import get_segmenter
from cellocate.collection import Collection, open_collection
from cellocate.collection.collection_yaml import FILE, FolderSettings
from cellocate.collection.layouts import Layout
from cellocate.decision import Rule, fit
from cellocate.decision.rules import RuleKind
from cellocate.images import CHANNELS
from cellocate.phantom import simulate_field
from cellocate.registry import LAYOUTS, RULES


class RuleTests:
    """Tests of a decision rule.

    Attributes:
        name: of the rule.
    """

    name: str

    def test_a_report_can_describe_it(self) -> None:
        """It has a description in one line."""
        kind: RuleKind = RULES[self.name]
        assert kind.words
        assert "\n" not in kind.words

    def test_it_decides_each_field_and_location(self) -> None:
        """It gives a threshold for each location and labels for each field, in both float precisions."""
        probabilities, truth = self._fields()
        for values in (probabilities, probabilities.astype(np.float32)):
            rule = fit(self.name, values, truth)
            assert len(rule.thresholds) == truth.shape[1]
            assert (rule.apply(values).shape, rule.apply(values).dtype) == (truth.shape, np.dtype(bool))

    def test_the_same_fields_give_the_same_rule(self) -> None:
        """It is deterministic, and does not change its arguments."""
        probabilities, truth = self._fields()
        before = probabilities.copy(), truth.copy()
        assert fit(self.name, probabilities, truth) == fit(self.name, probabilities, truth)
        np.testing.assert_array_equal(probabilities, before[0])
        np.testing.assert_array_equal(truth, before[1])

    def test_it_manages_with_little(self) -> None:
        """It copes with one field, with locations in no field or in all, and with no label at all."""
        probabilities, truth = self._fields()
        truth[:, 0], truth[:, 1] = False, True
        for p, t in ((probabilities, truth), (probabilities[:1], truth[:1]), (probabilities, truth & False)):
            assert fit(self.name, p, t).apply(p).shape == t.shape

    def test_it_can_be_kept_in_a_file(self) -> None:
        """A rule read from JSON predicts the same labels."""
        probabilities, truth = self._fields()
        rule = fit(self.name, probabilities, truth, fallback="likeliest", at_most=2)
        decided = Rule.model_validate_json(rule.model_dump_json()).apply(probabilities)
        np.testing.assert_array_equal(decided, rule.apply(probabilities))
        assert set(decided.sum(axis=1)) <= {1, 2}

    def _fields(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        rng = np.random.default_rng(0)
        probabilities = rng.beta(0.5, 1.5, (60, 4))
        return probabilities, rng.random((60, 4)) < probabilities


class SegmenterTests:
    """Tests of a segmenter, on a simulated field.

    Attributes:
        name: of the segmenter.
        found: minimum share of the pixels of nuclei that lie in a cell.
    """

    name: str
    found: float = 0.5

    def test_it_finds_numbered_cells(self) -> None:
        """Cells are numbered 1 to n, each nucleus has the number of its cell, and most nuclei are found."""
        masks, nuclei = self._segment(0.64), self._phantom().nuclei > 0
        check_numbering(masks.nuclei, masks.cells)
        assert masks.cells.shape == nuclei.shape
        assert np.mean(masks.cells[nuclei] > 0) >= self.found
        assert masks.pixel_size == 0.64

    def test_it_manages_without_a_pixel_size(self) -> None:
        """It then assumes one."""
        masks = self._segment(None)
        check_numbering(masks.nuclei, masks.cells)
        assert masks.pixel_size > 0

    def test_an_empty_field_has_no_cells(self) -> None:
        """It finds nothing in an empty field."""
        for field in (np.zeros((4, 96, 80), np.uint8), np.full((4, 96, 80), 7, np.uint16)):
            masks = get_segmenter(self.name).segment(field, CHANNELS, 0.64)
            assert masks.cells.shape == (96, 80)
            assert not masks.cells.any()

    def test_the_same_field_gives_the_same_cells(self) -> None:
        """It is deterministic, also in another process, and does not change the field."""
        field = self._phantom().channels
        before = field.copy()
        elsewhere = pickle.loads(pickle.dumps(get_segmenter(self.name).segment))
        np.testing.assert_array_equal(elsewhere(field, CHANNELS, 0.64).cells, self._segment(0.64).cells)
        np.testing.assert_array_equal(field, before)

    def _phantom(self) -> Any:  # noqa: ANN401 # a PhantomField
        return simulate_field([0], size=256, seed=1)

    def _segment(self, pixel_size: float | None) -> FieldMasks:
        return get_segmenter(self.name).segment(self._phantom().channels, CHANNELS, pixel_size)


class LayoutTests:
    """Tests of a layout, on a folder that `write` makes.

    Attributes:
        name: of the layout.
    """

    name: str

    def write(self, folder: Path) -> set[str]:
        """Write a few fields in this layout into an empty folder, and return their ids (none of the atlas)."""
        raise NotImplementedError

    def test_it_is_recognised(self, tmp_path: Path) -> None:
        """The folder is opened in this layout, with these fields and no problems."""
        ids = self.write(tmp_path)
        collection = open_collection(tmp_path)
        assert (collection.layout, set(collection.ids), collection.problems) == (self.name, ids, ())
        assert collection.because

    def test_its_fields_can_be_read(self, tmp_path: Path) -> None:
        """Every field has pixels in every channel."""
        self.write(tmp_path)
        collection = open_collection(tmp_path)
        for field in collection.ids:
            pixels, _ = collection.read(field, collection.channels)
            assert pixels.ndim == 3
            assert len(pixels) == len(collection.channels) > 0

    def test_a_user_can_ask_for_it(self, tmp_path: Path) -> None:
        """`layout` in collection.yaml may name it."""
        ids = self.write(tmp_path)
        (tmp_path / FILE).write_text(f"layout: {self.name}\n")
        assert set(open_collection(tmp_path).ids) == ids

    def test_it_is_opened_the_same_each_time(self, tmp_path: Path) -> None:
        """The order of fields does not change."""
        self.write(tmp_path)
        first, again = (self._table(open_collection(tmp_path)) for _ in range(2))
        assert first == again

    def test_other_folders_are_left_to_other_layouts(self, tmp_path: Path) -> None:
        """It does not accept an empty folder, another file or a folder of other files."""
        known: Layout = LAYOUTS[self.name]
        assert known.find(tmp_path, FolderSettings()) is None
        (tmp_path / "notes.txt").write_text("nothing")
        assert known.find(tmp_path, FolderSettings()) is None
        assert known.find(tmp_path / "notes.txt", FolderSettings()) is None

    def _table(self, collection: Collection) -> Any:  # noqa: ANN401 # rows as lists
        return [(field, collection.files(field)) for field in collection.ids]
