"""What an optional encoder of text is to search."""

from collections.abc import Sequence
from typing import Protocol

from claudetask_core.errors import Unavailable
from claudetask_core.search.vectors.vectors import Vectors


class EncoderFailed(Unavailable):
    code = "embedding_unavailable"


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """What tells its vectors from those of any other encoder."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the shape (texts, dimensions).

        Raises:
            EncoderFailed: The model or the endpoint does not answer as it should.
        """
        ...
