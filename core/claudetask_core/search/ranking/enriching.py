"""Gives contents the vectors of an optional encoder, once each, after they are indexed."""

import logging
from collections import OrderedDict
from pathlib import Path
from typing import Final

from claudetask_core.search.index.access import Access
from claudetask_core.search.index.analysis import WITHHELD, unpack_row
from claudetask_core.search.index.store import Store
from claudetask_core.search.ranking.meaning import Meaning
from claudetask_core.search.tree.reading import read
from claudetask_core.search.vectors.encoder import Encoder, EncoderFailed
from claudetask_core.search.vectors.vectors import packed
from claudetask_core.stopping import Stop, Stopped

_log = logging.getLogger(__name__)
_BLOBS: Final = 20
_QUESTIONS: Final = 256


class Enricher:
    """One encoder over one tree.

    Where the encoder fails nothing is lost: `failure` says so until it helps again, and what
    is missing is encoded later.
    """

    def __init__(self, encoder: Encoder, root: Path, max_bytes: int) -> None:
        self._encoder = encoder
        self._root = root
        self._max_bytes = max_bytes
        self._asked: OrderedDict[str, Meaning] = OrderedDict()
        self.failure: EncoderFailed | None = None

    @property
    def encoder(self) -> str:
        """The name under which the vectors are kept."""
        return self._encoder.name

    def encode_missing(self, access: Access, stop: Stop) -> None:
        """Encodes what of the tree has no vectors yet.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The index file cannot be used.
        """
        name = self._encoder.name
        before: list[int] = []
        while True:
            if stop():
                raise Stopped
            some = access.run(lambda store: store.unencoded(name, _BLOBS))
            if not some or [blob for blob, _, _ in some] == before:
                return
            before = [blob for blob, _, _ in some]
            texts = [self._texts(access, *one) for one in some]
            try:
                vectors = self._encoder.encode([text for found in texts for text in found])
            except EncoderFailed as error:
                self._failed(error)
                return
            self.failure = None
            made: list[tuple[int, bytes]] = []
            first = 0
            for blob, found in zip(before, texts, strict=True):
                if found:
                    made.append((blob, packed(vectors[first : first + len(found)])))
                first += len(found)

            def keep(store: Store, made: list[tuple[int, bytes]] = made) -> None:
                store.add_vectors(name, made)

            access.run(keep)

    def meaning(self, question: str) -> Meaning | None:
        """The question's vector; None while the encoder does not help."""
        known = self._asked.get(question)
        if known is not None:
            return known
        try:
            vector = self._encoder.encode([question])[0]
        except EncoderFailed as error:
            self._failed(error)
            return None
        self.failure = None
        self._asked[question] = Meaning(self._encoder.name, vector)
        if len(self._asked) > _QUESTIONS:
            self._asked.popitem(last=False)
        return self._asked[question]

    def _failed(self, error: EncoderFailed) -> None:
        if self.failure is None:
            _log.warning("search goes on without the encoder: %s", error)
        self.failure = error

    def _texts(self, access: Access, blob: int, path: str, digest: bytes) -> list[str]:
        """The chunks' texts, none where the file is another by now."""
        content = read(self._root, path, self._max_bytes)
        if content is None or content.digest != digest:
            return []
        lines = content.lines
        found: list[str] = []
        for row in access.run(lambda store: store.chunks([blob])[blob]):
            start, end, kind, symbol = unpack_row(row)
            head = f"{path} {symbol}" if symbol else path
            shown = [] if kind == WITHHELD else lines[start - 1 : end]
            found.append("\n".join((head, *shown)))
        return found
