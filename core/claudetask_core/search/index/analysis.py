"""From files to what the index keeps of them: chunks, lengths and packed postings.

Pure: bytes in, bytes out, so that it runs in whatever process there is. Terms of several kinds
share one table, told apart by their first character:

    word     a stemmed word of the text          =joined  a whole identifier of several words
    @word    a word of a name defined there      #name    a whole name defined there (`DECLARED`)
    !test    of the chunk itself: it is a test   /route   a route in a literal (`routes.py`)
    'Name    a name as it is spelled where it is defined
    !made    of the file, in its first chunk: a program wrote it (`generated.py`)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.chunks.chunks import Chunk, cut
from claudetask_core.search.chunks.notebooks import cut_notebook
from claudetask_core.search.text.credentials import secret_lines
from claudetask_core.search.text.packed import Counts, Segment, count
from claudetask_core.search.text.routes import written
from claudetask_core.search.text.tokens import JOINED, whole_name, word_terms
from claudetask_core.search.text.vocabulary import Int, Vocabulary
from claudetask_core.search.tree.generated import is_generated
from claudetask_core.search.tree.language_names import NOTEBOOK
from claudetask_core.search.tree.languages import detect
from claudetask_core.search.tree.reading import split_lines
from claudetask_core.search.vectors.vectors import TermTable, Vectors, encode
from claudetask_core.search.vectors.vectors import packed as pack_vectors

_SYMBOL: Final = 200
NAME_WORD: Final = "@"
NAME: Final = "#"
SPELLED: Final = "'"
TESTS: Final = "!test"
GENERATED: Final = "!made"
MEMBER: Final = 1
ADDED: Final = 2
DECLARED: Final = 3
"""How often the term of a name stands in a chunk that has a lesser definition of it, adds to it, or
where it begins: postings have the room, and whoever asks for a name wants the last most of all.
"""
WITHHELD: Final = "withheld"
"""The kind of a chunk that is neither read nor shown, for it holds a credential."""
_LONGEST_LINE: Final = 4000
_MOST_LENGTH: Final = 0xFFFF
_LONGEST_NAME: Final = 64


class Source(NamedTuple):
    """A file to be analysed: its project-relative path and its bytes."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Blob:
    """What is kept of one content: `lengths` are terms per chunk (uint16), `rows` the chunks'
    lines, kinds and symbols (`pack_rows`).
    """

    chunks: int
    length: int
    definitions: int
    lengths: bytes
    rows: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Contents analysed together: their chunks are numbered on from the first to the last.

    `vectors` are those that `encoder` gave each content's chunks, empty where there are none.
    """

    blobs: list[Blob]
    segment: Segment
    vectors: list[bytes]
    encoder: str

    @property
    def chunks(self) -> int:
        return sum(blob.chunks for blob in self.blobs)


class _Placed(NamedTuple):
    """Terms and the chunk that each stands in."""

    terms: Int
    owners: Int

    def among(self, readable: NDArray[np.bool_]) -> "_Placed":
        """Those in chunks that may be read."""
        kept = readable[self.owners]
        return _Placed(self.terms[kept], self.owners[kept])


def encoder_name(table: TermTable | None) -> str:
    """The name under which a table's vectors are kept; empty for no table."""
    return f"table:{table.digest}" if table is not None else ""


class Analyser:
    """Analyses batches one after the other, remembering the words it met."""

    def __init__(self, table: TermTable | None = None) -> None:
        self._table = table
        self._vocabulary = Vocabulary()

    def analyse(self, sources: Sequence[Source]) -> Batch:
        """Cuts and counts; the same sources give the same batch."""
        if self._vocabulary.is_full:
            self._vocabulary = Vocabulary()
        cuts, runs, owners, routes = self._read(sources)
        terms, owners = self._vocabulary.expand(runs, owners)
        lengths = np.bincount(owners, minlength=sum(map(len, cuts)))
        names, named = self._names(cuts)
        counts = count(
            np.concatenate((terms, names, routes.terms)),
            np.concatenate((owners, named, routes.owners)),
            self._vocabulary.spelled(),
        )
        vectors = self._vectors(counts, lengths.size)
        blobs: list[Blob] = []
        packed: list[bytes] = []
        first = 0
        for chunks in cuts:
            own = lengths[first : first + len(chunks)]
            if vectors is not None:
                packed.append(pack_vectors(vectors[first : first + len(chunks)]))
            first += len(chunks)
            blobs.append(
                Blob(
                    chunks=len(chunks),
                    length=int(own.sum()),
                    definitions=sum(len(chunk.names) for chunk in chunks),
                    lengths=np.minimum(own, _MOST_LENGTH).astype(np.uint16).tobytes(),
                    rows=pack_rows(chunks),
                )
            )
        return Batch(blobs, counts.segment(), packed, encoder_name(self._table))

    def _vectors(self, counts: Counts, chunks: int) -> Vectors | None:
        return None if self._table is None else encode(counts, counts.spelled, chunks, self._table)

    def _read(self, sources: Sequence[Source]) -> tuple[list[list[Chunk]], Int, Int, "_Placed"]:
        """The chunks of each file, the runs in them, the chunk that each stands in, and routes."""
        cuts: list[list[Chunk]] = []
        text = bytearray()
        starts: list[int] = []
        for source in sources:
            lines, chunks = _cut_lines(source)
            encoded, sizes = _encoded(lines)
            firsts = [chunk.start - 1 for chunk in chunks]
            starts.extend(len(text) + sizes[first] + first for first in firsts)
            text += encoded
            cuts.append(chunks)
        places, runs = self._vocabulary.runs(bytes(text))
        owners = _owners(starts, places)
        routes = self._routes(bytes(text), starts)
        suspicious = owners[np.isin(runs, self._vocabulary.suspicious)]
        if suspicious.size:
            readable = _withheld(sources, cuts, set(suspicious.tolist()))
            routes = routes.among(readable)
            runs, owners = runs[readable[owners]], owners[readable[owners]]
        return cuts, runs, owners, routes

    def _routes(self, text: bytes, starts: list[int]) -> "_Placed":
        """The terms of the routes in a text, and the chunk that each stands in."""
        found = [*written(text)] if b"/" in text else []
        places = np.array([place for place, _ in found], np.int64)
        terms = np.array([self._vocabulary.term(term) for _, term in found], np.int32)
        return _Placed(terms, _owners(starts, places))

    def _names(self, cuts: list[list[Chunk]]) -> tuple[Int, Int]:
        """The terms of the names that are defined, and the chunk that defines each."""
        names: list[int] = []
        owners: list[int] = []
        term = self._vocabulary.term
        for number, chunk in enumerate(chain.from_iterable(cuts)):
            before = len(names)
            for name in chunk.names:
                times = DECLARED if name in chunk.declared else ADDED
                names.extend([term(NAME + whole_name(name))] * times)
                names.extend(
                    term(NAME_WORD + word) for word in word_terms(name) if word[0] != JOINED
                )
            members = (name for name in chunk.members if name not in chunk.names)
            names.extend(term(NAME + whole_name(name)) for name in members)
            names.extend(term(spelled(name)) for name in (*chunk.names, *chunk.members))
            if chunk.tests:
                names.append(term(TESTS))
            if chunk.generated:
                names.append(term(GENERATED))
            owners.extend([number] * (len(names) - before))
        return np.array(names, np.int32), np.array(owners, np.int32)


def spelled(name: str) -> str:
    """The term of a name as it is spelled."""
    return SPELLED + name[:_LONGEST_NAME]


def _owners(starts: list[int], places: NDArray[np.int64]) -> Int:
    """The chunk that each place of a text lies in, by where chunks start."""
    return (np.searchsorted(starts, places, "right") - 1).astype(np.int32)


def _encoded(lines: list[str]) -> tuple[bytes, list[int]]:
    """Lines in UTF-8, each with a line end and cut where it is very long, and how many bytes
    stand before each, line ends left out.
    """
    if max(map(len, lines), default=0) > _LONGEST_LINE:
        lines = [line[:_LONGEST_LINE] for line in lines]
    text = "\n".join([*lines, ""])
    data = text.encode("utf-8", "replace")
    sizes = map(len, lines)
    if not text.isascii():
        sizes = (len(line.encode("utf-8", "replace")) for line in lines)
    return data, list(accumulate(sizes, initial=0))


def _withheld(
    sources: Sequence[Source], cuts: list[list[Chunk]], suspicious: set[int]
) -> NDArray[np.bool_]:
    """Takes what it keeps from chunks with credentials; tells which chunks may be read.

    Args:
        sources: The files.
        cuts: The chunks of each.
        suspicious: The chunks that may have credentials, counted over all files.
    """
    first = 0
    for place, (source, chunks) in enumerate(zip(sources, cuts, strict=True)):
        if not suspicious.isdisjoint(range(first, first + len(chunks))):
            cuts[place] = _without_credentials(chunks, split_lines(source.data))
        first += len(chunks)
    return np.array([chunk.kind != WITHHELD for chunk in chain.from_iterable(cuts)], np.bool_)


def _cut_lines(source: Source) -> tuple[list[str], list[Chunk]]:
    """What is to be read of each line of a file, and its chunks."""
    lines = split_lines(source.data)
    language, family = detect(source.path, "\n".join(lines[:200]))
    if language == NOTEBOOK:
        notebook = cut_notebook(lines)
        if notebook is not None:
            return notebook
    chunks = cut(lines, family, language=language)
    if chunks and is_generated(lines):
        chunks[0] = replace(chunks[0], generated=True)
    return lines, chunks


def _without_credentials(chunks: list[Chunk], lines: list[str]) -> list[Chunk]:
    """Has the chunks that hold a credential keep nothing but their place."""
    held = secret_lines(lines)
    return [
        Chunk(chunk.start, chunk.end, None, WITHHELD, ())
        if any(first <= chunk.end and last >= chunk.start for first, last in held)
        else chunk
        for chunk in chunks
    ]


def pack_rows(chunks: Sequence[Chunk]) -> bytes:
    """A line for each chunk: its first and last line, its kind and its symbol."""
    return "\n".join(
        f"{chunk.start}\t{chunk.end}\t{chunk.kind}\t{_on_one_line(chunk.symbol)}"
        for chunk in chunks
    ).encode("utf-8", "replace")


def _on_one_line(symbol: str | None) -> str:
    """A symbol as it can stand in a row; a quoted key may hold anything and be of any length."""
    return " ".join((symbol or "").split())[:_SYMBOL]


def unpack_row(row: str) -> tuple[int, int, str, str | None]:
    """(first line, last line, kind, symbol) of a chunk."""
    start, end, kind, symbol = row.split("\t", 3)
    return int(start), int(end), kind, symbol or None
