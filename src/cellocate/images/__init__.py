"""Images: read the channels of a field, scale them, and convert them to floats.

Read `read_field` first. `image_files.py` reads PNG, JPEG and TIFF; `read_stacks.py` reads files of several planes;
`Scale` brings a field to a network's pixel size; `store/` keeps shrunk fields for fast reading.
"""

from cellocate.images.field_pixels import CHANNELS, Intensity, read_field, to_float
from cellocate.images.image_files import (
    SUFFIXES,
    Pixels,
    read_channel,
    read_header,
    read_numbers,
    significant_bits,
    write_png,
)
from cellocate.images.scale import FIELD_SPAN, Scale, resize
from cellocate.images.tta import TTA, uncropped_side

__all__ = [
    "CHANNELS",
    "FIELD_SPAN",
    "SUFFIXES",
    "TTA",
    "Intensity",
    "Pixels",
    "Scale",
    "read_channel",
    "read_field",
    "read_header",
    "read_numbers",
    "resize",
    "significant_bits",
    "to_float",
    "uncropped_side",
    "write_png",
]
