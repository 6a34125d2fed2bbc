"""Where the pixels of one channel are: a file, and in a file of several planes which of them."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cellocate.errors import CellocateError

Projection = Literal["max", "mean"]
Colour = Literal["red", "green", "blue", "mean"]

_WRITTEN = re.compile(r"(?P<file>.+)::(?P<said>(?:channel|z|colour)=\w+(?:,(?:channel|z|colour)=\w+)*)", re.DOTALL)


@dataclass(frozen=True)
class Address:
    """A file, and which of its planes; written as `stack.ome.tif::channel=2,z=max`, or as the path alone.

    Attributes:
        file: where.
        channel: in a file of several channels, from 0.
        z: in a stack, which plane, from 0, or how all become one.
        colour: which colour of a colour image; "mean" is that of red and green.

    Example:
        >>> Address.parse("a/stack.tif::channel=2,z=max")
        Address(file=PosixPath('a/stack.tif'), channel=2, z='max', colour=None)
        >>> str(Address(Path("a_yellow.jpg"), colour="red")), str(Address(Path("a_red.png")))
        ('a_yellow.jpg::colour=red', 'a_red.png')
    """

    file: Path
    channel: int | None = None
    z: int | Projection | None = None
    colour: Colour | None = None

    def __str__(self) -> str:
        said = {"channel": self.channel, "z": self.z, "colour": self.colour}
        planes = ",".join(f"{name}={value}" for name, value in said.items() if value is not None)
        return f"{self.file}::{planes}" if planes else str(self.file)

    @classmethod
    def parse(cls, text: str | Path) -> Address:
        """Read an address; what is none is the path of a file.

        Raises:
            CellocateError: a plane that cannot be.
        """
        match = _WRITTEN.fullmatch(str(text))
        if match is None:
            return cls(Path(text))
        said = dict(part.split("=") for part in match["said"].split(","))
        try:
            z = said.get("z")
            return cls(
                Path(match["file"]),
                channel=int(said["channel"]) if "channel" in said else None,
                z=z if z is None or z in get_args(Projection) else int(z),  # type: ignore[arg-type] # checked
                colour=_colour(said.get("colour")),
            )
        except ValueError:
            mend = "Write channel=0, z=0, z=max or z=mean, colour=red and so on."
            raise CellocateError(f"no such plane: {match['said']}", where=match["file"], mend=mend) from None


def _colour(said: str | None) -> Colour | None:
    if said is not None and said not in get_args(Colour):
        raise ValueError
    return said  # type: ignore[return-value] # one of them


def see_file(path: Path) -> None:
    """Raise an `OSError` where a path is neither a file nor a folder: a pipe would be waited for without end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError("no file, but a pipe or a device")


def suffix(path: Path) -> str:
    """The ending that tells the format, small: `.tif`, `.tif.gz`, `.png`, `.zarr`.

    Example:
        >>> suffix(Path("a.b.TIF.gz")), suffix(Path("a.ome.tif"))
        ('.tif.gz', '.tif')
    """
    name = path.name.lower()
    ending = Path(name).suffix
    return Path(name.removesuffix(".gz")).suffix + ".gz" if ending == ".gz" else ending
