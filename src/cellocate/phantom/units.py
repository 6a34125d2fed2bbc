"""The lengths that the whole room shares."""

FIELD_UM = 163.84  # side of a field of view: 2048 px of 0.08 µm, as the Human Protein Atlas takes them
MAP_PX = 512  # the scene is decided on maps of this many pixels, whatever the size of the picture
MAP_PIXEL = FIELD_UM / MAP_PX  # 0.32 µm
