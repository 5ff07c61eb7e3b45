"""Takes a question in and ranks the chunks for it, with all that counts beside its words."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from claudetask_core.search.commits.index import CommitIndex
from claudetask_core.search.index.analysis import encoder_name
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.connection import translated
from claudetask_core.search.index.store import Store
from claudetask_core.search.ranking.commit_fields import History
from claudetask_core.search.ranking.enriching import Enricher
from claudetask_core.search.ranking.evidence import Witness
from claudetask_core.search.ranking.meaning import PathVectors, of_question
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.ranking.ranking import Near, Ranked, Ranker, Wanted
from claudetask_core.search.ranking.remembered import Remembered
from claudetask_core.search.vectors.vectors import TermTable

_AT_ONCE: Final = 200

Ranking = Callable[[Store, Catalog, Wanted, int], list[Ranked]]


class Asker:
    """Prepares rankings for one index.

    Args:
        table: Gives the words of questions and paths vectors; None for words alone.
        enricher: Gives questions the vectors of an optional tier.
        history: Whether what commits say counts, where it is kept.
    """

    def __init__(
        self, table: TermTable | None, enricher: Enricher | None, *, history: bool = True
    ) -> None:
        self._table = table
        self._enricher = enricher
        self._encoder = enricher.encoder if enricher is not None else encoder_name(table)
        self._with_history = history
        self.forget()

    def forget(self) -> None:
        """Forgets what was read from the index, which is another now."""
        self._remembered = Remembered()
        self._prepared = 0
        self._position: str | None = None
        self._history: History | None = None
        self._paths = PathVectors(self._table) if self._table is not None else None

    def prepare(self, store: Store, catalog: Catalog) -> bool:
        """Works out what questions ask of the next few files; whether there are more."""
        first, end = self._prepared, len(catalog.rows)
        files = catalog.rows[first : first + _AT_ONCE]
        numbers = np.array([first + place for place, row in enumerate(files) if row], np.int64)
        remembered = self._remembered
        witness = Witness(store, catalog, remembered.words)
        remembered.standing.prepare(numbers, catalog, witness)
        blobs = [row.blob.id for row in files if row and row.blob]
        remembered.rows.prepare(store, blobs)
        if self._encoder:
            remembered.vectors.prepare(store, self._encoder, blobs)
        if self._paths is not None:
            self._paths.prepare(numbers, catalog)
        history = self.history(store)
        if history is not None:
            history.view(catalog)
        self._prepared = min(first + _AT_ONCE, end)
        return self._prepared < end

    def history(self, store: Store) -> History | None:
        """The history that is kept of the tree, read anew only where it is another."""
        position = store.history_position() if self._with_history else None
        if position != self._position:
            self._history = None
            if position is not None:
                with translated():
                    self._history = History(CommitIndex.unpacked(store.history("data")))
            self._position = position
        return self._history

    def ranking(self, text: str) -> Ranking:
        """What ranks the chunks for a question; may ask the optional tier, so hold no lock."""
        question = understand(text)
        meaning = of_question(question, self._table)
        near: Near | None = None
        if meaning is not None and self._paths is not None:
            near = partial(self._paths.closeness, question=meaning.vector)
        if self._enricher is not None:
            meaning = self._enricher.meaning(text) or meaning
        remembered = self._remembered

        def rank(store: Store, catalog: Catalog, wanted: Wanted, most: int) -> list[Ranked]:
            history = self.history(store)
            ranker = Ranker(store, catalog, remembered, question, meaning, near, history)
            return ranker.rank(wanted, most)

        return rank
