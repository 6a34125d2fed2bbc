"""The lengths that the whole room shares."""

from cellocate.images import FIELD_SPAN

MAP_PIXEL = FIELD_SPAN / 512  # 0.32 µm: the scene is decided on maps of such pixels, whatever the size of the picture


def map_px(span: float) -> int:
    """How many pixels the maps of a scene have a side; its span in µm is a whole number of them."""
    return round(span / MAP_PIXEL)
