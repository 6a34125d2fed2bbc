import numpy as np
import pandas as pd
import pytest

from cellocate.explore.pixel_plots import plot_focus


@pytest.mark.parametrize(("fields", "bins"), [(12, 8), (1000, 24)])
def test_few_fields_have_few_bins(fields, bins):
    axes = plot_focus(pd.DataFrame({"sharpness": np.linspace(0.1, 0.4, fields)})).axes[0]
    assert len(axes.patches) == bins
