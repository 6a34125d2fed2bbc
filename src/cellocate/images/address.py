"""The address of one channel's pixels: a file, and the planes in it."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cellocate.errors import CellocateError

Projection = Literal["max", "mean"]
Colour = Literal["red", "green", "blue", "mean", "max"]

_PART = r"(?:series|time|channel|z|axes|colour|planes)=\w+"
_WRITTEN = re.compile(rf"(?P<file>.+)::(?P<planes>{_PART}(?:,{_PART})*)", re.DOTALL)
_AXES = re.compile(r"(?=.*X)(?=.*Y)(?!.*(.).*\1)[TCZYX]+")


@dataclass(frozen=True)
class Address:
    """A file and the planes in it, written as `stack.ome.tif::channel=2,z=max`, or as the path alone.

    Attributes:
        file: the file; for OME-Zarr the folder of one image, such as `plate.zarr/A/1/0`.
        channel: number of the channel from 0, in a file of several channels.
        z: number of the plane from 0 in a z stack, or the projection of all.
        series: number of the image from 0, in a file of several images (series, scenes).
        time: number of the time point from 0, in a time series.
        axes: axes of the image, such as "ZCYX", if the file has none or wrong ones.
        colour: colour of a colour image; "mean" is that of red and green, "max" the brightest of the three.
        planes: "files" if each plane of the stack is a separate file, and `file` is the first; see
            `cellocate.images.plane_files`.

    Example:
        >>> address = Address.parse("a/stack.tif::series=3,channel=2,z=max")
        >>> address.series, address.channel, address.z, address.time
        (3, 2, 'max', None)
        >>> str(address), str(Address(Path("a_yellow.jpg"), colour="red")), str(Address(Path("a_red.png")))
        ('a/stack.tif::series=3,channel=2,z=max', 'a_yellow.jpg::colour=red', 'a_red.png')
    """

    file: Path
    channel: int | None = None
    z: int | Projection | None = None
    series: int | None = None
    time: int | None = None
    axes: str | None = None
    colour: Colour | None = None
    planes: Literal["files"] | None = None

    def __str__(self) -> str:
        order = ("series", "time", "channel", "z", "axes", "colour", "planes")
        planes = [f"{name}={value}" for name in order if (value := getattr(self, name)) is not None]
        return f"{self.file}::{','.join(planes)}" if planes else str(self.file)

    @classmethod
    def parse(cls, text: str | Path) -> Address:
        """Parse an address; text without `::` is the path of a file.

        Raises:
            CellocateError: a plane is invalid.
        """
        match = _WRITTEN.fullmatch(str(text))
        if match is None:
            return cls(Path(text))
        planes = dict(part.split("=") for part in match["planes"].split(","))
        try:
            z, numbers = planes.get("z"), ("series", "time", "channel")
            return cls(
                Path(match["file"]),
                z=z if z is None or z in get_args(Projection) else int(z),  # type: ignore[arg-type] # checked
                axes=None if "axes" not in planes else checked_axes(planes["axes"]),
                colour=_colour(planes.get("colour")),
                planes=_planes(planes.get("planes")),
                **{name: int(planes[name]) for name in numbers if name in planes},
            )
        except ValueError:
            mend = "Write channel=0, time=0, series=0, z=0, z=max, z=mean, axes=ZCYX, colour=red or planes=files."
            raise CellocateError(f"no such plane: {match['planes']}", where=match["file"], mend=mend) from None


def checked_axes(axes: str) -> str:
    """The axes in upper case: letters of T, C, Z, Y and X, each at most once, with Y and X.

    Raises:
        ValueError: the axes are invalid.

    Example:
        >>> checked_axes("zcyx")
        'ZCYX'
    """
    if not _AXES.fullmatch(axes.upper()):
        raise ValueError("axes are letters of T, C, Z, Y and X, each once, such as CYX or ZCYX")
    return axes.upper()


def _colour(text: str | None) -> Colour | None:
    if text is not None and text not in get_args(Colour):
        raise ValueError
    return text  # type: ignore[return-value] # one of them


def _planes(text: str | None) -> Literal["files"] | None:
    if text not in (None, "files"):
        raise ValueError
    return text  # type: ignore[return-value] # checked


def refuse_device(path: Path) -> None:
    """Raise an `OSError` if a path is neither a file nor a folder: reading a pipe would never end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError("a pipe or a device, not a file")


def suffix(path: Path) -> str:
    """The suffix that decides the format, in lower case: `.tif`, `.tif.gz`, `.png`, `.zarr`.

    Example:
        >>> suffix(Path("a.b.TIF.gz")), suffix(Path("a.ome.tif"))
        ('.tif.gz', '.tif')
    """
    name = path.name.lower()
    ending = Path(name).suffix
    return Path(name.removesuffix(".gz")).suffix + ".gz" if ending == ".gz" else ending


def is_tiff(path: Path) -> bool:
    """Whether a file is a TIFF, perhaps gzipped, by its suffix."""
    return suffix(path).startswith(".tif")
