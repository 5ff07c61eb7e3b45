"""What commits say of files as arrays: which words stand in which subject, which files it changed.

A word counts once in a subject. Files have the names that they have at the end of the history.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.commits.log import Commit
from claudetask_core.search.text.tokens import terms

Places = NDArray[np.int32]

_REFERENCE: Final = re.compile(r"\(?#\d+\)?")
_SHORT: Final = 7
_LENGTHS: Final = struct.Struct("<8I")
_NUMBERS: Final = np.dtype("<i4")


@dataclass(frozen=True)
class CommitIndex:
    """Commits by number, newest first.

    Those of `words[i]` are `commits[word_ends[i - 1] : word_ends[i]]`, in `told` are revision and
    subject of each; it changed, among others, the files `files[file_ends[n - 1] : file_ends[n]]`,
    which are places in `paths`, and `changed[n]` in all.
    """

    told: list[str]
    changed: Places
    file_ends: Places
    files: Places
    paths: list[str]
    words: list[str]
    word_ends: Places
    commits: Places

    @classmethod
    def of(cls, commits: Sequence[Commit]) -> Self:
        """The arrays of some commits, newest first."""
        paths: dict[str, int] = {}
        words: dict[str, list[int]] = {}
        kept: list[Commit] = []
        files: list[list[int]] = []
        for commit, names in _with_last_names(commits):
            if not names:
                continue
            files.append([paths.setdefault(name, len(paths)) for name in names])
            for word in set(terms(_REFERENCE.sub(" ", commit.subject))):
                words.setdefault(word, []).append(len(kept))
            kept.append(commit)
        return cls(
            told=[f"{commit.revision[:_SHORT]} {commit.subject}" for commit in kept],
            changed=np.array([commit.changed for commit in kept], _NUMBERS),
            file_ends=_ends(files),
            files=_joined(files),
            paths=list(paths),
            words=list(words),
            word_ends=_ends(words.values()),
            commits=_joined(words.values()),
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        """The place of each of `words`."""
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many words each commit has."""
        return np.bincount(self.commits, minlength=len(self.told))

    @cached_property
    def owners(self) -> Places:
        """The commit of each of `files`."""
        counts = np.diff(self.file_ends, prepend=0)
        return np.repeat(np.arange(len(self.told), dtype=np.int32), counts)

    def with_term(self, term: str) -> Places:
        """The commits with a term in their subject."""
        place = self._places.get(term)
        if place is None:
            return self.commits[:0]
        return self.commits[self.word_ends[place - 1] if place else 0 : self.word_ends[place]]

    def packed(self) -> bytes:
        """All of it in bytes, from which `unpacked` makes it again."""
        texts = (self.told, self.paths, self.words)
        numbers = (self.changed, self.file_ends, self.files, self.word_ends, self.commits)
        parts = [
            *("\0".join(text).encode("utf-8", "surrogateescape") for text in texts),
            *(array.astype(_NUMBERS).tobytes() for array in numbers),
        ]
        return zlib.compress(_LENGTHS.pack(*map(len, parts)) + b"".join(parts), 1)

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """What was packed.

        Raises:
            ValueError, zlib.error: It was something else.
        """
        whole = zlib.decompress(data)
        if len(whole) < _LENGTHS.size:
            raise ValueError("the history of the index file is cut")
        parts = list(_cut(whole, _LENGTHS.unpack_from(whole)))
        told, paths, words = map(_texts, parts[:3])
        changed, file_ends, files, word_ends, commits = (
            np.frombuffer(part, _NUMBERS) for part in parts[3:]
        )
        return cls(told, changed, file_ends, files, paths, words, word_ends, commits)


def _with_last_names(commits: Iterable[Commit]) -> Iterator[tuple[Commit, list[str]]]:
    """Each commit with the files it changed by their names at the end of the history."""
    last: dict[str, str] = {}
    for commit in commits:
        for old, new in commit.renamed:
            last.setdefault(old, last.get(new, new))
        yield commit, list(dict.fromkeys(last.get(path, path) for path in commit.paths))


def _ends(groups: Iterable[Sequence[int]]) -> Places:
    return np.cumsum([len(group) for group in groups]).astype(_NUMBERS)


def _joined(groups: Iterable[Sequence[int]]) -> Places:
    return np.array([number for group in groups for number in group], _NUMBERS)


def _texts(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\0") if data else []


def _cut(whole: bytes, lengths: Iterable[Any]) -> Iterator[bytes]:
    start = _LENGTHS.size
    for length in lengths:
        yield whole[start : start + length]
        start += length
    if start != len(whole):
        raise ValueError("the history of the index file is cut")
