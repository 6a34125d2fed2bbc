"""Find near duplicates: fields whose red, green and blue look alike, by perceptual hashes that differ in few bits.

The rule comes from the champion of the 2018 challenge: each of the three hashes differs in at most 12 of 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.connected_groups import connected_groups
from cellocate.errors import CellocateError

HASHED = ("red", "green", "blue")
BITS = 12
_STRIP = 2**22  # pairs compared at once: 32 MiB of differences
_EDGES = 2**22  # pairs kept before they are reduced to clusters


def hash_thumbnail(small: NDArray[np.float32]) -> int:
    """64 bits of a channel that is not blank, which hardly change when it is shrunk, compressed or brightened.

    The 8 × 8 lowest frequencies of its thumbnail, shape (32, 32), each above or below their median.

    References:
        Zauner. Implementation and Benchmarking of Perceptual Image Hash Functions. 2010 (its DCT-based hash).
        imagehash's `phash` shrinks with another filter and differs in a bit or so.
    """
    lowest = cv2.dct(small)[:8, :8].ravel()
    return int.from_bytes(np.packbits(lowest > np.median(lowest)).tobytes())


def fingerprint(digest: str, hashes: Sequence[int]) -> str:
    """One word for a field's pixels: their digest and the hashes of `HASHED`. `parse_fingerprints` reads it.

    Example:
        >>> fingerprint("ab", (1, 0, 255))
        'ab-0000000000000001-0000000000000000-00000000000000ff'
    """
    return "-".join([digest, *(f"{value:016x}" for value in hashes)])


def parse_fingerprints(words: pd.Series[str]) -> tuple[list[str], NDArray[np.uint64]]:
    """The digests ("" if missing) and hashes (0 if missing), shape (N, 3), uint64, of fingerprints.

    Raises:
        CellocateError: a word is not a fingerprint.
    """
    digests, hashes = [], np.zeros((len(words), len(HASHED)), dtype=np.uint64)
    for row, word in enumerate(words):
        if isinstance(word, str) and word:
            try:
                digest, *values = word.split("-")
                hashes[row] = [int(value, 16) for value in values]
            except (ValueError, OverflowError):
                raise CellocateError(f"not a fingerprint: {word!r}", mend="Make the split again.") from None
            digests.append(digest)
        else:
            digests.append("")
    return digests, hashes


def near_pairs(hashes: NDArray[np.uint64], bits: int = BITS) -> Iterator[NDArray[np.intp]]:
    """All pairs of fields in which each hash differs in at most `bits` bits.

    A blank channel matches only blank channels, and proves nothing: fields with fewer than two other channels have no
    pairs.

    Args:
        hashes: shape (N, 3), uint64; 0 for a blank or missing channel.
        bits: the largest difference.

    Yields:
        Pairs of positions, shape (P, 2), the smaller first; one strip of the N × N / 2 comparisons at a time.

    Example:
        >>> a, b = 0x0F0F0F0F0F0F0F0F, 0x00FF00FF00FF00FF
        >>> hashes = np.array([[a, b, b], [b, a, a], [a ^ 1, b, b ^ 0x111]], np.uint64)
        >>> [pairs.tolist() for pairs in near_pairs(hashes)]
        [[[0, 2]]]
    """
    rows = np.flatnonzero((hashes != 0).sum(axis=1) >= 2)
    # the most varied hash first, which leaves the fewest pairs to compare in the others
    order = sorted(range(hashes.shape[1]), key=lambda k: -len(np.unique(hashes[rows, k])))
    first, *others = (np.ascontiguousarray(hashes[rows, k]) for k in order)
    step = max(1, _STRIP // max(1, len(rows)))
    for start in range(0, len(rows), step):
        differing = np.bitwise_count(first[start : start + step, None] ^ first[None, start:])
        left, right = np.divmod(np.flatnonzero(differing <= bits), differing.shape[1])
        left, right = left[left < right] + start, right[left < right] + start
        for other in others:
            near = np.bitwise_count(other[left] ^ other[right]) <= bits
            left, right = left[near], right[near]
        if len(left):
            yield np.column_stack([rows[left], rows[right]])


def clusters(hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
    """The number of each field's cluster, shape (N,): fields that near pairs connect, directly or through others.

    See `near_pairs` for the arguments. A field without near duplicates has a cluster of its own.
    """
    distinct, members = np.unique(hashes, axis=0, return_inverse=True)
    number, kept = np.arange(len(distinct)), 0
    edges: list[NDArray[np.intp]] = []
    for pairs in near_pairs(distinct):
        edges.append(pairs)
        kept += len(pairs)
        if kept > _EDGES:  # a collection of many duplicates must not fill the memory
            number = _linked(len(distinct), [*edges, np.column_stack([np.arange(len(distinct)), _firsts(number)])])
            edges, kept = [], 0
    number = _linked(len(distinct), [*edges, np.column_stack([np.arange(len(distinct)), _firsts(number)])])
    found: NDArray[np.intp] = number[members]
    alone = (hashes != 0).sum(axis=1) < 2  # whose hashes prove nothing, even if equal
    found[alone] = len(distinct) + np.arange(int(alone.sum()))
    return found


def _firsts(number: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each row the first row of the same number."""
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    return first[inverse]


def _linked(count: int, edges: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    left, right = np.concatenate(edges).T
    return connected_groups(left, right, count)
