"""What the index file holds of a file and of a chunk, as it comes back from there."""

from dataclasses import dataclass
from typing import NamedTuple

from claudetask_core.search.reading import Signature


@dataclass(frozen=True, slots=True)
class FileRow:
    id: int
    path: str
    signature: Signature
    digest: bytes
    language: str | None
    stem: str
    length: int
    chunks: int
    definitions: int


class ChunkRow(NamedTuple):
    file_id: int
    position: int
    start: int
    end: int
    symbol: str | None
    kind: str
    length: int
