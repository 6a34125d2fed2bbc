"""One of something is not several."""

import pytest

from cellocate.counted import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 fields"), (1, "1 field"), (2, "2 fields"), (-1, "-1 fields")])
def test_one_is_said_of_one_alone(number, said):
    assert counted(number, "field") == said
