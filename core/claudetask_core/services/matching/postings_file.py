"""The index of terms in a file, beside what else may be deleted at any time.

After a line with the form come, for each segment, the places of its terms, the term at each place
and what its texts were; then the lists that are read into memory; then a head in JSON; and last how
long these two are, and the digest of both. What is not in memory is read as it is needed, by plain
reads: a file that somebody cuts short is damaged then, where one that is mapped would end the
process. The file may have come with a repository, as the board may: it is read as numbers and
texts, up to a bound, and the worst that it can do is to name the wrong tasks of that board.
"""

import hashlib
import json
import os
import stat
import struct
import weakref
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Generic, TypeVar

import numpy as np

from claudetask_core.db.known_sets import GREATEST
from claudetask_core.services.disk.replace import STALE_SECONDS, create_beside, sweep
from claudetask_core.services.matching import postings, terms
from claudetask_core.services.matching.postings import (
    DIGEST,
    PLACE,
    Damaged,
    Numbers,
    Read,
    Segment,
    of_terms,
)

POSTINGS: Final = "postings"
"""The file is named so, beside that of sets."""
FORM: Final = b"claudetask postings 1\n"
"""Another number where terms or places are others."""
TAIL: Final = struct.Struct(">QQ32s")
PARTS: Final = 4
"""So many threads look for a text at once, where there are so many segments."""
MOST: Final = 1 << 29
"""Octets: over a million tasks of 300 characters."""
MOST_IN_MEMORY: Final = 1 << 26
MOST_HEAD: Final = 1 << 20
At = TypeVar("At")
Identity = tuple[int, int, int]


@dataclass(frozen=True)
class Postings(Generic[At]):
    """An index that is in a file.

    Attributes:
        at: Of which state of the board it is true.
        segments: In the order of tasks.
        identity: Which file it is.
        digests: Of what of each segment is not in memory.
    """

    at: At
    segments: Sequence[Segment]
    identity: Identity
    digests: Sequence[str]

    def parts(self, text: str) -> Sequence[Callable[[], int]] | None:
        """What finds the tasks that hold a text without capital letters of ASCII, in threads.

        Numpy lets others run meanwhile, so several are sooner done.

        Returns:
            Each finds a part of their set, and raises Damaged where the index is; None where it
            does not say.
        """
        asked = terms.asked(text)
        if asked is None:
            return None
        each = [self.segments[n::PARTS] for n in range(PARTS)]
        return [partial(postings.holding, some, asked) for some in each if some]

    def is_whole(self) -> bool:
        """Whether all that is not in memory is as it was written."""
        try:
            each = zip(self.segments, self.digests, strict=True)
            return all(_digest(_kept(segment)) == said for segment, said in each)
        except (Damaged, OSError):
            return False


class Writing:
    """A file in the making.

    Attributes:
        fits: Whether it may be read again.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lists: list[bytes] = []
        self._head: list[Sequence[int | str]] = []
        self._octets = file.write(FORM)
        self._listed = 0

    @property
    def fits(self) -> bool:
        return self._octets + self._listed + MOST_HEAD < MOST and self._listed < MOST_IN_MEMORY

    def add(self, segment: Segment) -> None:
        """The next segment.

        Raises:
            OSError: It cannot be written.
            Damaged: The file that it is read from is.
        """
        kept = _kept(segment)
        for part in kept:
            self._octets += self._file.write(part)
        numbers = (segment.numbers, segment.starts, segment.begins, segment.offsets)
        lists = [*(one.tobytes() for one in numbers), segment.vocabulary]
        self._lists += lists
        self._listed += sum(map(len, lists))
        sizes = (len(segment.numbers), len(segment.begins), segment.others)
        self._head.append((*sizes, len(segment.vocabulary), segment.length, _digest(kept)))

    def end(self, at: str) -> None:
        """All segments are there, true of this state of the board.

        Raises:
            OSError: As above.
        """
        lists, head = b"".join(self._lists), json.dumps([at, self._head]).encode()
        digest = hashlib.sha256(lists + head).digest()
        self._file.write(lists + head + TAIL.pack(len(lists), len(head), digest))
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def writing(file: Path) -> Generator[Writing]:
    """A file that takes the place of another where it was ended.

    Raises:
        OSError: It cannot be written; the other is as it was.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    sweep(file, STALE_SECONDS)
    temporary, handle = create_beside(file, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield Writing(out)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def identity(file: Path) -> Identity | None:
    """Which file stands there, if any."""
    try:
        return _identity(file.lstat())
    except OSError:
        return None


def read(file: Path, times: Callable[[str], At]) -> Postings[At] | None:
    """What a file says; None where it is missing, not ours or not whole.

    Args:
        file: Where it may be.
        times: Of which state of a board something was true, of what was written.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        return _read(_Opened(handle), times)
    except (Damaged, OSError, TypeError, ValueError, RecursionError):  # what a stranger wrote
        return None


class _Opened:
    """A file that is open as long as somebody may read it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, os.close, handle)
        self.stat = os.fstat(handle)

    def octets(self, at: int, size: int) -> bytes:
        """What stands there.

        Raises:
            Damaged: It is not as long.
            OSError: It cannot be read.
        """
        found = os.pread(self._handle, size, at)
        if len(found) != size:
            raise Damaged
        return found

    def part(self, at: int, kind: np.dtype) -> Read:
        """Reads of the numbers that begin there."""

        def read_part(begin: int, end: int) -> Numbers:
            octets = self.octets(at + begin * kind.itemsize, (end - begin) * kind.itemsize)
            return np.frombuffer(octets, kind)

        return read_part


def _read(file: _Opened, times: Callable[[str], At]) -> Postings[At]:
    size = file.stat.st_size
    if not stat.S_ISREG(file.stat.st_mode) or not len(FORM) + TAIL.size <= size <= MOST:
        raise Damaged
    lists, head, digest = TAIL.unpack(file.octets(size - TAIL.size, TAIL.size))
    if lists > MOST_IN_MEMORY or head > MOST_HEAD or file.octets(0, len(FORM)) != FORM:
        raise Damaged
    start = size - TAIL.size - head - lists
    said = file.octets(max(start, 0), lists + head)
    if hashlib.sha256(said).digest() != digest:
        raise Damaged
    at, sizes = json.loads(said[lists:])
    kept, listed = len(FORM), _Lists(said[:lists])
    found: list[Segment] = []
    for tasks, count, others, vocabulary, length, _ in sizes:
        of_term = of_terms(count)
        at_said = kept + length * PLACE.itemsize
        at_digests = at_said + length * of_term.itemsize
        segment = Segment(
            numbers=listed.numbers(tasks),
            starts=listed.numbers(tasks),
            begins=listed.numbers(count),
            offsets=listed.numbers(count + 1),
            vocabulary=listed.take(vocabulary),
            others=others,
            places=file.part(kept, PLACE),
            said=file.part(at_said, of_term),
            digests=file.part(at_digests, DIGEST),
        )
        if not _is_sound(segment) or segment.length != length:
            raise Damaged
        kept = at_digests + tasks * DIGEST.itemsize
        found.append(segment)
    if kept != start or listed.left:
        raise Damaged
    return Postings(times(at), found, _identity(file.stat), [one[-1] for one in sizes])


def _is_sound(segment: Segment) -> bool:
    """Whether no search in it can go wrong, but where it is read as it goes."""
    return (
        _rises(segment.numbers, 0, GREATEST)
        and _rises(segment.starts, 1, segment.length - 1)
        and _rises(segment.begins, 1, len(segment.vocabulary) - 1)
        and segment.offsets[0] == 0
        and bool((np.diff(segment.offsets) >= 0).all())
        and segment.others in range(len(segment.begins) + 1)
    )


def _rises(numbers: Numbers, least: int, greatest: int) -> bool:
    """Whether there are some, each greater than the one before, between these."""
    return (
        len(numbers) > 0
        and numbers[0] >= least
        and numbers[-1] <= greatest
        and bool((np.diff(numbers) > 0).all())
    )


class _Lists:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._octets) - self._at

    def take(self, size: int) -> bytes:
        """The next octets.

        Raises:
            Damaged: There are not so many.
        """
        if not 0 <= size <= self.left:
            raise Damaged
        self._at += size
        return self._octets[self._at - size : self._at]

    def numbers(self, count: int) -> Numbers:
        """The next numbers; raises as above."""
        return np.frombuffer(self.take(count * PLACE.itemsize), PLACE)


def _kept(segment: Segment) -> Sequence[bytes]:
    """What of it is not in memory."""
    return [
        segment.places(0, segment.length).tobytes(),
        segment.said(0, segment.length).tobytes(),
        segment.digests(0, len(segment.numbers)).tobytes(),
    ]


def _digest(parts: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino, found.st_mtime_ns
