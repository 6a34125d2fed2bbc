from __future__ import annotations

import numpy as np

from cellocate.pictures import Bar, Picture
from cellocate.pictures.html_page import field_on_page


def test_a_field_is_shown_as_a_composite_and_if_wanted_by_its_planes():
    picture = Picture("a", np.eye(8, dtype=np.float32)[None], ("green",), 163.84, assumed=True)
    shown = field_on_page(picture, "Field a.")
    assert (shown["id"], shown["alt"], shown["planes"]) == ("a", "Field a.", [])
    assert shown["bar"] == Bar("20 µm (assumed)", 100 * 20 / 163.84)
    assert shown["composite"].startswith("data:image/jpeg;base64,")
    [(name, stain, uri)] = field_on_page(picture, "", planes=True)["planes"]
    assert (name, stain, uri[:11]) == ("green", "protein", "data:image/")
