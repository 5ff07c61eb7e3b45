"""Which files and chunks have the routes that a question names."""

from collections.abc import Sequence

import numpy as np

from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers, Witness
from claudetask_core.search.text.routes import endings


class Routed:
    """How much of a route each file and chunk has in one literal, 0–1.

    Args:
        routes: The terms of the routes.
        witness: Tells where terms are.
        catalog: The files.
    """

    def __init__(self, routes: Sequence[str], witness: Witness, catalog: Catalog) -> None:
        self._shares = [ending for route in routes for ending in endings(route)]
        self._witness = witness
        self._catalog = catalog

    def files(self) -> Floats:
        """For each file, of the shape (files,)."""
        size = len(self._catalog.rows)
        found = np.zeros(size)
        for term, share in self._shares:
            files = self._witness.of(term).files
            found[files] = np.maximum(found[files], share)
        return found[self._catalog.first[:size]]

    def chunks(self, numbers: Numbers) -> Floats:
        """For some chunks, by their numbers in the index."""
        found = np.zeros(numbers.size)
        for term, share in self._shares:
            has = np.isin(numbers, self._witness.of(term).chunks)
            found = np.maximum(found, share * has)
        return found
