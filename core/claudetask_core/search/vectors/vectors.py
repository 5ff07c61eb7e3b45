"""Vectors of chunks: from bags of terms by a table, kept as bytes, compared by cosine."""

from collections.abc import Sequence
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.text.packed import Counts

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

_SCALE: Final = 127.0
_BLOCK: Final = 512
_PREFIXES: Final = frozenset("=@#")


class TermTable(Protocol):
    """Gives a vector for each term, scaled by how much the term counts."""

    @property
    def digest(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def vectors(self, terms: Sequence[str]) -> Vectors: ...


def damped(times: NDArray[np.int64]) -> Vectors:
    """What a term that stands `times` times in a text counts."""
    return (1.0 + np.log(times)).astype(np.float32)


def encode(counts: Counts, spelled: Sequence[str], chunks: int, table: TermTable) -> Vectors:
    """Unit vectors of chunks from the terms in them, of the shape (chunks, dimensions).

    Args:
        counts: Which term stands how often in which chunk.
        spelled: The terms by their place in `counts.terms`' numbering.
        chunks: How many chunks there are.
        table: Gives a vector for each term.
    """
    plain = np.fromiter((term[0] not in _PREFIXES for term in spelled), np.bool_, len(spelled))
    kept = plain[counts.terms]
    terms, owners, times = counts.terms[kept], counts.chunks[kept], counts.times[kept]
    order = np.argsort(owners, kind="stable")
    terms, owners, weights = terms[order], owners[order], damped(times[order])
    rows = table.vectors(spelled)
    found = np.zeros((chunks, table.dimensions), np.float32)
    start = 0
    ends = cast("list[int]", np.searchsorted(owners, np.arange(chunks), "right").tolist())
    for chunk, end in enumerate(ends):  # one by one, as the rows of one stay in the cache
        if start < end:
            some = rows.take(terms[start:end], axis=0, mode="clip")
            np.dot(weights[start:end], some, out=found[chunk])
        start = end
    return unit(found)


def unit(vectors: Vectors) -> Vectors:
    """The vectors brought to length 1; a zero vector stays one."""
    lengths = np.sqrt(np.add.reduce(vectors * vectors, axis=1, keepdims=True))
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32, copy=False)


def packed(vectors: Vectors) -> bytes:
    """Unit vectors as signed bytes."""
    return np.rint(vectors * _SCALE).astype(np.int8).tobytes()


def closeness(data: Sequence[bytes], counts: Sequence[int], question: Vectors) -> Floats:
    """The cosine of each chunk with a question, none below 0.

    Args:
        data: The packed vectors of some contents; empty where there are none.
        counts: How many chunks each content has.
        question: A unit vector of the shape (dimensions,).
    """
    whole = b"".join(data)
    if len(whole) != sum(counts) * question.size:
        sizes = [count * question.size for count in counts]
        whole = b"".join(
            one if len(one) == size else bytes(size) for one, size in zip(data, sizes, strict=True)
        )
    rows = np.frombuffer(whole, np.int8).reshape(-1, question.size)
    scaled = (question / _SCALE).astype(np.float32)
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):  # what is widened at once stays in the cache
        np.dot(
            rows[start : start + _BLOCK].astype(np.float32), scaled, found[start : start + _BLOCK]
        )
    return np.maximum(found, 0.0).astype(np.float64)
