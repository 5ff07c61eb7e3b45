"""What the index file holds of a file and of a chunk, as it comes back from there."""

from dataclasses import dataclass
from typing import NamedTuple

from claudetask_core.search.tree.reading import Signature


@dataclass(frozen=True, slots=True)
class BlobRow:
    """What is indexed of one content: chunks `base` to before `base + chunks`.

    `lengths` are the terms in each chunk (uint16).
    """

    id: int
    base: int
    chunks: int
    length: int
    definitions: int
    lengths: bytes


@dataclass(frozen=True, slots=True)
class FileRow:
    """One path of a tree; `blob` is None where it holds nothing that is indexed."""

    path: str
    signature: Signature
    digest: bytes
    language: str | None
    blob: BlobRow | None


class ChunkRow(NamedTuple):
    """Lines `start` to `end`, counted from 1, both included."""

    start: int
    end: int
    kind: str
    symbol: str | None


class Entry(NamedTuple):
    """What is to be written of one path: `key` names its content, None where none is indexed."""

    path: str
    signature: Signature
    digest: bytes
    language: str | None
    key: bytes | None
