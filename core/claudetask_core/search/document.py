"""What the index keeps of one file: its chunks, and for each term where it stands.

Terms of several kinds share one table, told apart by their first character:

    word     a stemmed word of the text          =joined  a whole identifier of several words
    @word    a word of a name defined there      #name    a whole name defined there
    ^word    a word of the file's name           /word    a word of one of its last folders
    ^=stem   the file's name, joined
"""

import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from claudetask_core.search.chunks import Chunk, cut
from claudetask_core.search.languages import detect
from claudetask_core.search.listing import Stop, Stopped
from claudetask_core.search.reading import Content, Signature
from claudetask_core.search.tokens import joined, stem, terms, word_terms

NAME_WORD: Final = "@"
NAME: Final = "#"
STEM_WORD: Final = "^"
STEM: Final = "^="
FOLDER_WORD: Final = "/"
PLACE: Final = struct.Struct("<HB")
MOST_CHUNKS: Final = 0xFFFF
_MOST_TIMES: Final = 255
_FOLDERS: Final = 3


@dataclass(frozen=True, slots=True)
class Posting:
    """How often a term stands in a file and in which chunks (packed `PLACE`s)."""

    times: int
    places: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """One file, ready to be stored; `chunks` is empty for a file that is not worth indexing."""

    path: str
    signature: Signature
    digest: bytes
    language: str | None
    stem: str
    chunks: list[Chunk]
    lengths: list[int]
    definitions: int
    postings: dict[str, Posting]
    is_touched: bool = False

    @staticmethod
    def touched(path: str, content: Content) -> "Document":
        """A file whose content is the one that is indexed already."""
        return Document(
            path, content.signature, content.digest, None, "", [], [], 0, {}, is_touched=True
        )

    @staticmethod
    def empty(path: str, signature: Signature, digest: bytes) -> "Document":
        """A file that is remembered as looked at and holds nothing to find."""
        return Document(path, signature, digest, None, "", [], [], 0, {})

    @property
    def packed_terms(self) -> bytes:
        return zlib.compress("\n".join(self.postings).encode(), 1)


def analyse(path: str, content: Content, stop: Stop) -> Document:
    """Cuts a file and counts its terms.

    Raises:
        Stopped: `stop` said so meanwhile.
    """
    lines = content.lines
    language, family = detect(path, "\n".join(lines[:200]))
    chunks = cut(lines, family)[:MOST_CHUNKS]
    places: dict[str, bytearray] = {}
    times: Counter[str] = Counter()
    lengths: list[int] = []
    for order, chunk in enumerate(chunks):
        if stop():
            raise Stopped
        found = terms("\n".join(lines[chunk.start - 1 : chunk.end]))
        lengths.append(len(found))
        counts = Counter(found)
        counts.update(_name_terms(chunk.names))
        times.update(counts)
        for term, count in counts.items():
            place = PLACE.pack(order, min(count, _MOST_TIMES))
            if term in places:
                places[term] += place
            else:
                places[term] = bytearray(place)
    postings = {term: Posting(times[term], bytes(blob)) for term, blob in places.items()}
    stem_words, path_postings = _path_terms(path)
    postings.update(path_postings)
    defined = sum(len(chunk.names) for chunk in chunks)
    return Document(
        path=path,
        signature=content.signature,
        digest=content.digest,
        language=language,
        stem=" ".join(stem_words),
        chunks=chunks,
        lengths=lengths,
        definitions=defined,
        postings=postings,
    )


def _name_terms(names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        found.append(NAME + joined(name))
        found.extend(NAME_WORD + term for term in word_terms(name) if term[0] != "=")
    return found


def _path_terms(path: str) -> tuple[list[str], dict[str, Posting]]:
    where = PurePosixPath(path)
    name = where.name.lstrip(".").partition(".")[0]
    once = Posting(1, b"")
    stem_words = list(dict.fromkeys(term for term in terms(name) if term[0] != "="))
    postings = {STEM_WORD + word: once for word in stem_words}
    postings[STEM + joined(name.replace("-", "_"))] = once
    postings[STEM + stem(joined(name.replace("-", "_")))] = once
    for folder in where.parts[:-1][-_FOLDERS:]:
        for term in terms(folder):
            postings[FOLDER_WORD + term] = once
    return stem_words, postings
