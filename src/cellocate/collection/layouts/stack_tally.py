"""Counts of what files of several planes hold, for `check` and for notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cellocate.counted import counted
from cellocate.images.stack import Stack


@dataclass
class StackTally:
    """Numbers of files, images, wells, time points and planes."""

    files: int = 0
    images: int = 0
    sets: int = 0
    wells: set[tuple[str, str]] = field(default_factory=set)
    times: Counter[int] = field(default_factory=Counter)
    planes: Counter[int] = field(default_factory=Counter)
    renamed: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)

    def count(self, images: Sequence[Stack]) -> None:
        """Add the images of a file, or of a set of files."""
        members = {member for image in images for member in image.members}
        self.files += max(1, len(members))
        self.images += len(images)
        self.left_out += [image.left_out for image in images[:1] if image.left_out]
        for image in images:
            self.sets += len(image.members) > 1
            self.times[image.times] += 1
            self.planes[image.planes] += 1
            if "well" in image.metadata:
                self.wells.add((image.metadata.get("plate", ""), image.metadata["well"]))
            if image.renamed:
                self.renamed.add(image.axes)

    def because(self, place: Path) -> str:
        """What was recognised, as a sentence."""
        plates = len({plate for plate, _ in self.wells})
        wells = f", of {counted(len(self.wells), 'well')} of {counted(plates, 'plate')}" if self.wells else ""
        images = f": {counted(self.images, 'image')}" if self.images != self.files or wells else ""
        return f"{counted(self.files, 'file')} of several channels in {place}{images}{wells}"

    def notes(self, *, projected: bool) -> list[str]:
        """Notes for the user; `projected` if z stacks become one plane without the user's request."""
        found = []
        if self.sets:
            found.append(f"{counted(self.sets, 'image')} joined from several files by their OME metadata")
        if times := _each(self.times, "time point"):
            found.append(f"{times}: each is a field, and those of one image are one group in splits and intervals")
        if projected and (planes := _each(self.planes, "z plane")):
            found.append(f"{planes}: the maximum of each is used (--z mean, or --z with a number, chooses another)")
        if self.left_out:
            found.append(
                f"{counted(len(self.left_out), 'file')} renamed since the OME metadata were written: the images that "
                f"these list in files that are not there, such as {self.left_out[0]}, are left out"
            )
        if self.renamed:
            found.append(f"you set the axes to {', '.join(sorted(self.renamed))}")
        return found


def _each(lengths: Counter[int], word: str) -> str:
    several = [(length, n) for length, n in sorted(lengths.items()) if length > 1]
    return ", ".join(f"{counted(n, 'image')} of {counted(length, word)}" for length, n in several)
