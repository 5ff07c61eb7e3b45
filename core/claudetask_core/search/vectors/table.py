"""The shipped table of term vectors: what words mean, learned from comments and their code.

`tools/train_table` makes it; `table.sources.json` beside it lists what it was trained from. The
file is read by memory map: eight bytes `CTTABLE1`, three little-endian 32-bit numbers (terms,
dimensions, bytes of text), a BLAKE2b digest of all that follows (16 bytes), the terms as lines
of UTF-8 text, a float32 scale for each term, and the vectors as signed bytes.
"""

import mmap
import struct
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.errors import Unavailable

PATH: Final = Path(__file__).with_name("table.bin")
_MAGIC: Final = b"CTTABLE1"
_HEAD: Final = struct.Struct("<8sIII16s")
_LARGEST: Final = 127.0


class TableDamaged(Unavailable):
    code = "table_damaged"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The table of term vectors {path.name} cannot be used: {why}.",
            next_step="Install claudetask-mcp again, or set CLAUDETASK_SEARCH_EMBEDDING=none.",
        )


class Table:
    """Vectors of terms, each scaled by how much the term counts.

    Args:
        terms: The terms.
        scales: What each vector's bytes are multiplied by, shape (terms,).
        rows: The vectors as signed bytes, shape (terms, dimensions).
        digest: Names the content.
    """

    def __init__(
        self,
        terms: Sequence[str],
        scales: NDArray[np.float32],
        rows: NDArray[np.int8],
        digest: str,
    ) -> None:
        self._numbers = {term: number for number, term in enumerate(terms)}
        self._scales = scales
        self._rows = rows
        self.digest = digest
        self.dimensions = int(rows.shape[1])

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, term: str) -> bool:
        return term in self._numbers

    def vectors(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of terms, of the shape (terms, dimensions); zeros for one not known."""
        numbers = self._numbers
        places = np.array([numbers.get(term, -1) for term in terms], np.int64)
        found = np.zeros((places.size, self.dimensions), np.float32)
        known = (places >= 0).nonzero()[0]
        places = places[known]
        found[known] = self._rows[places] * self._scales[places, None]
        return found

    @classmethod
    def load(cls, path: Path = PATH) -> "Table":
        """Opens a table's file.

        Raises:
            TableDamaged: There is none, or it is not whole.
        """
        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise TableDamaged(path, str(error)) from error
        if len(data) < _HEAD.size:
            raise TableDamaged(path, "it is too short")
        magic, count, dimensions, size, digest = _HEAD.unpack_from(data)
        whole = _HEAD.size + size + count * 4 + count * dimensions
        if magic != _MAGIC or len(data) != whole:
            raise TableDamaged(path, "it is none, or of another length")
        body = memoryview(data)[_HEAD.size :]
        if blake2b(body, digest_size=16).digest() != digest:
            raise TableDamaged(path, "its content is not what was written")
        scales = np.frombuffer(body, np.float32, count, size)
        rows = np.frombuffer(body, np.int8, count * dimensions, size + count * 4)
        terms = bytes(body[:size]).decode().rstrip("\n").split("\n")
        return cls(terms, scales, rows.reshape(count, dimensions), digest.hex())


def write(path: Path, terms: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Writes a table.

    Args:
        path: The file.
        terms: The terms.
        vectors: Their vectors, shape (terms, dimensions).
    """
    scales = np.abs(vectors).max(axis=1) / _LARGEST
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    rows = np.rint(vectors / scales[:, None]).astype(np.int8)
    text = "\n".join(terms).encode()
    text += b"\n" * (4 - len(text) % 4)  # the scales that follow are aligned
    body = text + scales.tobytes() + rows.tobytes()
    digest = blake2b(body, digest_size=16).digest()
    head = _HEAD.pack(_MAGIC, len(terms), vectors.shape[1], len(text), digest)
    path.write_bytes(head + body)
