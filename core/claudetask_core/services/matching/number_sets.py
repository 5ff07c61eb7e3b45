"""Sets of tasks' numbers as the bits of one integer: a board of 100,000 is one of 13 KB."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Matching:
    """The tasks that match, and the groups in whose order they are asked for, as far as that."""

    numbers: int
    groups: Sequence[int] = ()


def listed(said: str | None) -> int:
    """The set of the numbers that a text lists, with commas between them."""
    return made(np.fromstring(said, np.int64, sep=",")) if said else 0


def sent(octets: bytes | None) -> int:
    """The set of numbers of four octets each, the first the greatest."""
    return made(np.frombuffer(octets, ">i4")) if octets else 0


def of(numbers: Iterable[int]) -> int:
    return made(np.fromiter(numbers, np.int64))


def made(numbers: np.ndarray) -> int:
    """The set of these numbers, none less than 0."""
    if not numbers.size:
        return 0
    there = np.zeros(int(numbers.max()) + 1, np.bool_)
    there[numbers] = True
    return int.from_bytes(np.packbits(there, bitorder="little").tobytes(), "little")


def all_of(sets: Iterable[int]) -> int:
    """The numbers of each."""
    every = 0
    for one in sets:
        every |= one
    return every


def after(numbers: int, number: int) -> int:
    """Those greater than a number."""
    return numbers >> number + 1 << number + 1


def some(numbers: int, skip: int, take: int, *, falls: bool = False) -> list[int]:
    """So many numbers of a set, the least first or the greatest.

    How many bits each octet has tells which octets these are in; no other is looked into.
    """
    count = numbers.bit_count()
    first, end = min(skip, count), min(skip + take, count)
    if falls:
        first, end = count - end, count - first
    if first == end:
        return []
    octets = np.frombuffer(numbers.to_bytes((numbers.bit_length() + 7) // 8, "little"), np.uint8)
    sums = np.cumsum(np.bitwise_count(octets), dtype=np.int64)
    start, stop = np.searchsorted(sums, [first + 1, end]).tolist()
    there = np.flatnonzero(np.unpackbits(octets[start : stop + 1], bitorder="little"))
    before = int(sums[start - 1]) if start else 0
    found: list[int] = (there[first - before : end - before] + 8 * start).tolist()
    return found[::-1] if falls else found
