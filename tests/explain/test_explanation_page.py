import pandas as pd
import pytest

from cellocate.explain.explanation_page import _drops


@pytest.mark.parametrize(("green", "shade"), [(0.04, 0), (0.4, 60)])
def test_what_is_shown_as_zero_has_no_colour(green, shade):
    occluded = pd.DataFrame({"location": 1, "channel": ["green", "blue"], "drop": [green, -0.03]})
    table = _drops(occluded, "channel", ["green", "blue"], ["Nucleoplasm", "Cytosol"])
    assert table == {"columns": ["green", "blue"], "rows": [("Cytosol", 1, [(round(green, 1), shade), (0.0, 0)])]}
