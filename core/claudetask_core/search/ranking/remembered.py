"""What is remembered of the index from one question to the next."""

from dataclasses import dataclass, field

from claudetask_core.search.index.chunk_data import ChunkRows, ChunkVectors
from claudetask_core.search.ranking.evidence import Memory
from claudetask_core.search.ranking.standing import Standing


@dataclass(slots=True)
class Remembered:
    """Of one index file, as long as it is the same file."""

    words: Memory = field(default_factory=Memory)
    standing: Standing = field(default_factory=Standing)
    vectors: ChunkVectors = field(default_factory=ChunkVectors)
    rows: ChunkRows = field(default_factory=ChunkRows)
