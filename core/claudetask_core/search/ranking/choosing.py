"""Which files and which of their chunks go on, by the scores they have so far."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.ranking.chunk_fields import Candidates
from claudetask_core.search.ranking.evidence import Floats, Numbers
from claudetask_core.search.text.packed import changes

FILES: Final = 100
_SOME: Final = 2 * FILES
_DAMPED: Final = 3
_TIMES: Final = np.arange(_DAMPED + 1)
_NAMESAKE: Final = 0.9
_NAMESAKES: Final = 2

Wanted = Callable[[FileRow], bool]


class Best(NamedTuple):
    """The best files, the best first: their numbers and rows, the contents they have, each by the
    first file that has it, and the place of the content of each file among these.
    """

    numbers: Numbers
    rows: list[FileRow]
    contents: Numbers
    places: Numbers


def best_files(scores: Floats, catalog: Catalog, wanted: Wanted) -> Best:
    """The best of the files that are there and wanted, `FILES` at most."""
    numbers: list[int] = []
    rows: list[FileRow] = []
    for number in _best_first(scores):
        row = catalog.rows[number]
        if row is not None and wanted(row):
            numbers.append(number)
            rows.append(row)
            if len(numbers) == FILES:
                break
    found = np.array(numbers, np.int64)
    contents: dict[int, int] = {}
    firsts = cast("list[int]", catalog.first[found].tolist())
    places = [contents.setdefault(first, len(contents)) for first in firsts]
    return Best(found, rows, np.array([*contents], np.int64), np.array(places, np.int64))


def _best_first(scores: Floats) -> Iterator[int]:
    """Numbers of files with any score, best first; few are sorted before more are asked for."""
    rest = scores > 0
    # from below, as the many without a score make it slow from above
    least = -np.partition(-scores, _SOME - 1)[_SOME - 1] if scores.size > _SOME else 0.0
    if least > 0:
        yield from _sorted((scores >= least).nonzero()[0], scores)
        rest &= scores < least
    yield from _sorted(rest.nonzero()[0], scores)


def _sorted(numbers: Numbers, scores: Floats) -> list[int]:
    return numbers[(-scores[numbers]).argsort(kind="stable")].tolist()


@dataclass(slots=True)
class Entries:
    """A chunk of a file each: the file's place among the best, the chunk's, and its score."""

    orders: Numbers
    places: Numbers
    scores: Floats

    @classmethod
    def of(cls, files: Best, candidates: Candidates) -> "Entries":
        """All chunks of some files, in the order of the files, not scored yet."""
        counts = candidates.counts[files.places]
        orders = np.arange(counts.size).repeat(counts)
        shifts = candidates.starts[files.places] - (counts.cumsum() - counts)
        return cls(orders, np.arange(orders.size) + shifts[orders], np.zeros(0))

    def vary(self, names: NDArray[np.int32]) -> None:
        """Lowers files that are named as a better one: variants for other platforms, versions or
        packages, of which one is mostly enough, and what is named in each folder alike.

        To be called while all chunks of each file are there, in the order of the files.

        Args:
            names: A number for the name of each file.
        """
        starts = changes(self.orders)
        best = np.maximum.reduceat(self.scores, starts)
        sorted_ = np.lexsort((-best, names))  # those of a name together, the best first
        firsts = changes(names[sorted_])
        sizes = np.diff(firsts, append=names.size)
        before = np.empty(names.size, np.int64)
        before[sorted_] = np.arange(names.size) - firsts.repeat(sizes)
        lowered = _NAMESAKE ** np.minimum(before, _NAMESAKES)
        self.scores = self.scores * lowered[self.orders]

    def scale(self, factors: Floats) -> None:
        """Multiplies the scores by what each chunk has, by its place."""
        self.scores = self.scores * factors[self.places]

    def best_of(self, order: int) -> int:
        """The place of the best chunk of a file."""
        own = (self.orders == order).nonzero()[0]
        return int(self.places[own[self.scores[own].argmax()]])

    def lift(self, order: int, place: int, by: float) -> None:
        """Raises one chunk of one file above what others can have."""
        self.scores[(self.orders == order) & (self.places == place)] += by

    def cut(self, most: int) -> None:
        """Drops what is behind the best chunks of `most` files, as a further chunk never gains.

        To be called while all chunks of each file are there, in the order of the files.
        """
        starts = changes(self.orders)
        if starts.size > most:
            best = -np.maximum.reduceat(self.scores, starts)
            least = -np.partition(best, most - 1)[most - 1]
            self._keep((self.scores >= least).nonzero()[0])

    def damp(self, matched: NDArray[np.bool_], second: float) -> None:
        """Lowers a further chunk of a file; one that matches by its file alone is dropped."""
        self._keep(np.lexsort((-self.scores, self.orders)))
        firsts = self.orders.searchsorted(self.orders)  # the best of the file of each
        kept = matched[self.places]
        kept[firsts] = True
        before = kept.cumsum()
        times = np.minimum(before - before[firsts], _DAMPED)
        self.scores = self.scores * (second**_TIMES)[times]
        self._keep(kept.nonzero()[0])

    def best(self, most: int) -> list[tuple[int, int, float]]:
        """(file, chunk, score), best first."""
        among = np.arange(self.scores.size)
        if among.size > most:
            last = np.partition(self.scores, -most)[-most]
            among = (self.scores >= last).nonzero()[0]
        sorted_ = np.lexsort((self.places[among], self.orders[among], -self.scores[among]))
        first = among[sorted_[:most]]
        return list(
            zip(
                self.orders[first].tolist(),
                self.places[first].tolist(),
                self.scores[first].tolist(),
                strict=True,
            )
        )

    def _keep(self, chosen: Numbers) -> None:
        self.orders = self.orders[chosen]
        self.places = self.places[chosen]
        self.scores = self.scores[chosen]
