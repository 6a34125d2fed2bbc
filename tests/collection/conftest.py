"""What tests of collections share: folders to merge, and a site to download from."""

import pytest
from small_collections import pixels, tabled, write_fields
from small_site import COLOURS, FIELDS, QUICK, Site, jpeg

from cellocate.collection.download import Download, read_list
from cellocate.images import write_png


@pytest.fixture
def folders(tmp_path):
    """Three folders: a and b share the field y, with other files; c holds a copy of x of a, grouped by antibody."""
    for name, ids in (("a", "xy"), ("b", "yz"), ("c", "xw")):
        write_fields(tmp_path / name, ids=ids)
    for channel in ("green", "blue"):
        write_png(tmp_path / "b" / f"y_{channel}.png", pixels(7))
    tabled(tmp_path / "a", "Id,Target,plate\nx,0,1\ny,1,1\n")
    tabled(tmp_path / "b", "Id,Target,plate\ny,1,5\nz,2,5\n")
    tabled(tmp_path / "c", "Id,Target,antibody\nx,0,9\nw,27,9\n")
    return [tmp_path / name for name in "abc"]


@pytest.fixture
def site():
    site = Site()
    for i, field in enumerate(FIELDS):
        for j, colour in enumerate(COLOURS):
            site.files[f"/{field}_{colour}.jpg"] = jpeg((i, j))
    yield site
    site.close()


@pytest.fixture
def task(site, tmp_path):
    """Make the download of all fields."""

    def make(limits=QUICK, edition="jpg", fields=FIELDS):
        (tmp_path / "list.txt").write_text("\n".join(fields))
        return Download(read_list(tmp_path / "list.txt", base=site.address), tmp_path / "out", edition, limits)

    return make
