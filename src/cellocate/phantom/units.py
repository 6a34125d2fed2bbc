"""The lengths that the whole room shares."""

from cellocate.images import FIELD_SPAN

MAP_PX = 512  # the scene is decided on maps of this many pixels, whatever the size of the picture
MAP_PIXEL = FIELD_SPAN / MAP_PX  # 0.32 µm
