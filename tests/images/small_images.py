"""Small images, written in the ways that microscopes and programs write them."""

import io

import numpy as np
import tifffile
from PIL import Image

SHAPE = (40, 31)


def noise(dtype=np.uint8, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def smooth(dtype=np.uint8, shape=SHAPE):
    """Pixels that JPEG keeps and that compress well."""
    ramp = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) / (sum(shape) - 2)
    return (ramp * np.iinfo(dtype).max).astype(dtype)


GREY8, GREY16 = noise(), noise(np.uint16)
RGB8, RGB16 = noise(shape=(40, 31, 3)), noise(np.uint16, shape=(40, 31, 3))


def pillow(pixels, file_format, **options):
    """The bytes of a file as Pillow writes it."""
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, format=file_format, **options)
    return file.getvalue()


def tiff(pixels, **options):
    """The bytes of a TIFF as tifffile writes it."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def planar(pixels, **options):
    """The bytes of a TIFF that holds red, green and blue one after the other."""
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    return tiff(planes, photometric="rgb", planarconfig="separate", **options)
