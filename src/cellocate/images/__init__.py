"""Images: read the channels of a field, bring them to a scale and to floats."""

from cellocate.images.fields import CHANNELS, INTENSITIES, Intensity, read_field, to_float
from cellocate.images.files import (
    SUFFIXES,
    Header,
    Pixels,
    read_channel,
    read_header,
    read_numbers,
    significant_bits,
    write_png,
)
from cellocate.images.scale import FIELD_SPAN, Scale, resize
from cellocate.images.tta import TTA, uncropped

__all__ = [
    "CHANNELS",
    "FIELD_SPAN",
    "INTENSITIES",
    "SUFFIXES",
    "TTA",
    "Header",
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
    "uncropped",
    "write_png",
]
