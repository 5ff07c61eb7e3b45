"""From files to what the index keeps of them: chunks, lengths and packed postings.

Pure: bytes in, bytes out, so that it runs in whatever process there is. Terms of several kinds
share one table, told apart by their first character:

    word     a stemmed word of the text          =joined  a whole identifier of several words
    @word    a word of a name defined there      #name    a whole name defined there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.chunks import Chunk, cut
from claudetask_core.search.credentials import secret_lines
from claudetask_core.search.languages import NOTEBOOK, detect
from claudetask_core.search.notebooks import cut_notebook
from claudetask_core.search.packed import Counts, Segment, count
from claudetask_core.search.reading import split_lines
from claudetask_core.search.tokens import JOINED, joined, word_terms, words
from claudetask_core.search.vectors import TermTable, Vectors, encode
from claudetask_core.search.vectors import packed as pack_vectors
from claudetask_core.search.vocabulary import Int, Vocabulary

_SYMBOL: Final = 200
NAME_WORD: Final = "@"
NAME: Final = "#"
WITHHELD: Final = "withheld"
"""The kind of a chunk that is neither read nor shown, for it holds a credential."""
_LONGEST_LINE: Final = 4000
_MOST_LENGTH: Final = 0xFFFF


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


def encoder_name(table: TermTable | None) -> str:
    """The name under which a table's vectors are kept; empty for no table."""
    return f"table:{table.digest}" if table is not None else ""


class Analyser:
    """Analyses batches one after the other, remembering the words it met."""

    def __init__(self, table: TermTable | None = None) -> None:
        self._table = table
        self._vocabulary = Vocabulary()
        self._word_numbers: list[int] = []
        self._word_counts: list[int] = []
        self._names: list[int] = []
        self._name_owners: list[int] = []

    def analyse(self, sources: Sequence[Source]) -> Batch:
        """Cuts and counts; the same sources give the same batch."""
        if self._vocabulary.is_full:
            self._vocabulary = Vocabulary()
        cuts = [self._cut(source) for source in sources]
        terms, owners, lengths = self._counted()
        counts = count(terms, owners, self._vocabulary.spelled())
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

    def _cut(self, source: Source) -> list[Chunk]:
        lines, chunks = _cut_lines(source)
        if max(map(len, lines), default=0) > _LONGEST_LINE:
            lines = [line[:_LONGEST_LINE] for line in lines]
        number, suspicious = self._vocabulary.word, self._vocabulary.suspicious
        found = [
            list(map(number, words("\n".join(lines[chunk.start - 1 : chunk.end]))))
            for chunk in chunks
        ]
        if any(not suspicious.isdisjoint(some) for some in found):
            chunks = _without_credentials(chunks, split_lines(source.data))
        for chunk, some in zip(chunks, found, strict=True):
            if chunk.kind == WITHHELD:
                some.clear()
            self._word_numbers.extend(some)
            self._word_counts.append(len(some))
            self._add_names(chunk.names, len(self._word_counts) - 1)
        return chunks

    def _add_names(self, names: Sequence[str], owner: int) -> None:
        before = len(self._names)
        term = self._vocabulary.term
        for name in names:
            self._names.append(term(NAME + joined(name)))
            self._names.extend(
                term(NAME_WORD + word) for word in word_terms(name) if word[0] != JOINED
            )
        self._name_owners.extend([owner] * (len(self._names) - before))

    def _counted(self) -> tuple[Int, Int, NDArray[np.int64]]:
        """The terms, the chunk that each stands in, and how many stand in each chunk's text."""
        counts = np.array(self._word_counts, np.int32)
        numbers = np.array(self._word_numbers, np.int32)
        owners = np.repeat(np.arange(counts.size, dtype=np.int32), counts)
        terms, owners = self._vocabulary.expand(numbers, owners)
        lengths = np.bincount(owners, minlength=counts.size)
        terms = np.concatenate((terms, np.array(self._names, np.int32)))
        owners = np.concatenate((owners, np.array(self._name_owners, np.int32)))
        for kept in (self._word_numbers, self._word_counts, self._names, self._name_owners):
            kept.clear()
        return terms, owners, lengths


def _cut_lines(source: Source) -> tuple[list[str], list[Chunk]]:
    """What is to be read of each line of a file, and its chunks."""
    lines = split_lines(source.data)
    language, family = detect(source.path, "\n".join(lines[:200]))
    if language == NOTEBOOK:
        notebook = cut_notebook(lines)
        if notebook is not None:
            return notebook
    return lines, cut(lines, family, language=language)


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
