"""The index of one working tree: brings itself up to date, and answers from what is there.

Every method may be called from any thread. Questions read through a connection of their own,
so they wait for no build. Other processes may use the same index file: each batch of a build
is one short transaction, and a lock file keeps two processes from building at the same time.
"""

import logging
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Final

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.chunks.syntax_grammars import is_heavy
from claudetask_core.search.commits.keeping import HistoryKeeper
from claudetask_core.search.index.access import Access
from claudetask_core.search.index.analysis import encoder_name
from claudetask_core.search.index.building import Builder
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.differences import Progress, Work, differences
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.index.shelf import Shelf
from claudetask_core.search.index.store import Store
from claudetask_core.search.index.turns import turn
from claudetask_core.search.index.workers import Analysts, Inline, Processes
from claudetask_core.search.ranking.asking import Asker
from claudetask_core.search.ranking.enriching import Enricher
from claudetask_core.search.ranking.hits import assemble, filter_of
from claudetask_core.search.ranking.ranking import TELLING, Ranked, Wanted
from claudetask_core.search.tree.following import Follower
from claudetask_core.search.tree.listing import glob, list_tree
from claudetask_core.search.tree.reading import Signature, look
from claudetask_core.search.vectors.encoder import Encoder
from claudetask_core.search.vectors.vectors import TermTable
from claudetask_core.stopping import Stop, Stopped

_log = logging.getLogger(__name__)
_LOOK_STEP: Final = 100
_FEW: Final = 50
_LITTLE: Final = 300_000
_QUICK: Final = 50_000
_SURPLUS: Final = 5
_EVERY: Final = 5000
_ATTEMPTS: Final = 3
_LARGE: Final = 1_000_000


def _never() -> bool:
    return False


def _named(*rules: object) -> bytes:
    """Names what decides which files a tree has and how they are analysed."""
    return blake2b(repr(rules).encode("utf-8", "surrogatepass"), digest_size=8).digest()


class CodeIndex:
    """One working tree's text in an SQLite file, safe with several processes.

    Args:
        root: The tree; resolved here.
        path: The index file, which other trees may share; made with its folder where missing.
        max_file_bytes: Larger files are left out.
        exclude: Further patterns (as in .gitignore) to leave out.
        workers: How many processes may analyse at once when there is much; 0 for none.
        table: Gives terms vectors; it is the shipped one where processes analyse.
        encoder: An optional tier, whose vectors count instead of the table's.
        watch: Whether to have the kernel tell of changes, so that `catch_up` knows them.
        history: Whether what the repository's commits say counts, once `read_history` read it.
        most_files: A tree of more is not indexed, if any limit is wanted.
    """

    def __init__(
        self,
        root: Path,
        path: Path,
        *,
        max_file_bytes: int,
        exclude: Sequence[str] = (),
        workers: int = 0,
        table: TermTable | None = None,
        encoder: Encoder | None = None,
        watch: bool = False,
        history: bool = True,
        most_files: int | None = None,
    ) -> None:
        self.root = root.resolve()
        self._path = path
        self._max_bytes = max_file_bytes
        self._most_files = most_files
        self._exclude = glob(exclude)
        self._table = table
        self._enricher = Enricher(encoder, self.root, max_file_bytes) if encoder else None
        self._asker = Asker(table, self._enricher, history=history)
        self._start_anew()
        self.rules = _named(max_file_bytes, tuple(exclude), encoder_name(table))
        self._reader = Access(path, self.root, self.rules, self._start_anew)
        self._writer = Access(path, self.root, self.rules)
        self._keeper = HistoryKeeper(self.root, path, self._writer) if history else None
        self._shelf = Shelf(self.root, max_file_bytes)
        self._inline = Inline(table)
        self.processes = Processes(workers, table=table is not None) if workers else None
        self._follower = Follower(self.root, self._exclude, watch=watch)
        self._catching_up = Lock()
        self._prefix = f"{self.root}/"
        self._seen = (0, 0)
        self._opened = 0

    def _start_anew(self) -> None:
        self._catalog = Catalog()
        self._asker.forget()

    @property
    def progress(self) -> Progress:
        total, fresh = self._seen
        return Progress(total, fresh, self._catalog.chunks)

    def close(self) -> None:
        """Closes the index file for good; work that is under way ends with an error."""
        self._follower.close()
        if self.processes is not None:
            self.processes.close()
        self._reader.close()
        self._writer.close()

    def refresh(self, stop: Stop = _never) -> bool:
        """Makes the index equal to the tree.

        Args:
            stop: Asked often; when it says so the work ends with what is written by then.

        Returns:
            Whether the content of anything had changed.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The disk or the folder does not let us.
            TreeTooWide: It has more than `most_files`.
        """
        changed = False
        look = self._follower.begins(stop)
        self._known()  # opens the file, so that what was opened later is another
        for number in range(_ATTEMPTS):
            signatures = self._look_around(stop)
            opened = self._reader.times_opened
            work = self._differences(signatures)
            if work:
                changed |= self._perform(signatures, work, stop)
            if opened == self._reader.times_opened and (number or not self._left_out(work)):
                self._opened = opened
                self._follower.ended(look)
                break
        if self._enricher is not None:
            self._enricher.encode_missing(self._writer, stop)
        return changed

    def read_history(self, stop: Stop = _never) -> bool:
        """Takes in what the repository's commits say up to HEAD; answers whether it is new.

        Args:
            stop: As for `refresh`.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The disk or the folder does not let us.
        """
        return self._keeper is not None and self._keeper.refresh(stop)

    def settle(self) -> bool:
        """Does a little of what makes questions faster and none should wait for: to be called,
        when the index is as the tree, until it answers that nothing is left.

        Raises:
            IndexUnavailable: The disk or the folder does not let us.
        """

        def prepare(store: Store) -> bool:
            with store.snapshot():
                self._catalog.sync(store)
                return self._asker.prepare(store, self._catalog)

        if self._reader.run(prepare) or self._writer.run(Store.merge):
            return True
        return self._shelf.fill(self._catalog.rows)

    def _left_out(self, work: Work) -> bool:
        """Whether files are missing after the work, as their content was just forgotten."""
        known = self._known() if work.changed else {}
        return any(path not in known for path in work.changed)

    def catch_up(self, stop: Stop = _never) -> bool | None:
        """Takes in what changed since the last look at the tree, without another one.

        Args:
            stop: As for `refresh`.

        Returns:
            Whether anything had changed; None where only `refresh` can tell.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The disk or the folder does not let us.
        """
        with self._catching_up:
            known = self._known()
            if self._opened != self._reader.times_opened:
                return None
            paths = self._follower.changed(known, stop)
            if not paths:
                return None if paths is None else False
            work = differences({path: self._signature(path) for path in paths}, known)
            if len(work) > _FEW or work.size > _LITTLE:
                self._follower.lost()
                return None
            return self._build(work, stop) if work else False

    @property
    def notice(self) -> str | None:
        """What a user should know of how questions are answered now."""
        if self._enricher is None or self._enricher.failure is None:
            return None
        return f"{self._enricher.failure} Answered without it."

    def ask(self, query: SearchQuery) -> list[SearchHit]:
        """The best hits, every one of them as its file is now.

        Raises:
            GlobInvalid: The path pattern cannot be read.
            IndexUnavailable: The disk or the folder does not let us.
        """
        wanted = filter_of(query)
        hits: list[SearchHit] = []
        for _ in range(_ATTEMPTS):
            answer = assemble(self._shelf, self._ranked(query, wanted), query)
            hits = answer.hits
            if not answer.stale or not self._catch_up(answer.stale):
                break
        return hits

    def _ranked(self, query: SearchQuery, wanted: Wanted) -> list[Ranked]:
        ranking = self._asker.ranking(query.query)
        most = max(TELLING, query.top_k + _SURPLUS) if query.kind is None else _EVERY

        def rank(store: Store) -> list[Ranked]:
            with store.snapshot():
                self._catalog.sync(store)
                return ranking(store, self._catalog, wanted, most)

        return self._reader.run(rank)

    def _catch_up(self, paths: list[str]) -> bool:
        """Indexes a few files anew for a question; False where another process is in the way."""
        try:
            sizes = [signature.size for path in paths if (signature := self._signature(path))]
            size = sum(sizes)
            self._builder(_never).build(paths, self._analysts(paths, size), size)
        except IndexUnavailable:
            return False
        return True

    def _look_around(self, stop: Stop) -> dict[str, Signature]:
        signatures: dict[str, Signature] = {}
        listing = list_tree(self.root, self._exclude, stop, self._most_files)
        if self._follower.listed(listing, stop):
            listing = list_tree(self.root, self._exclude, stop, self._most_files)
        for number, path in enumerate(listing.paths):
            if number % _LOOK_STEP == 0 and stop():
                raise Stopped
            signature = self._signature(path)
            if signature is not None:
                signatures[path] = signature
        return signatures

    def _signature(self, path: str) -> Signature | None:
        """That of a file that may be indexed."""
        signature = look(f"{self._prefix}{path}")
        return signature if signature is not None and signature.size <= self._max_bytes else None

    def _differences(self, signatures: dict[str, Signature]) -> Work:
        known = self._known()
        work = differences({**dict.fromkeys(known), **signatures}, known)
        self._seen = (len(signatures), len(signatures) - len(work.changed))
        return work

    def _known(self) -> dict[str, FileRow]:
        def look_up(store: Store) -> dict[str, FileRow]:
            self._sync(store)
            return self._catalog.by_path.copy()

        return self._reader.run(look_up)

    def _sync(self, store: Store) -> None:
        with store.snapshot():
            self._catalog.sync(store)

    def _perform(self, signatures: dict[str, Signature], work: Work, stop: Stop) -> bool:
        if len(work) <= _FEW and work.size <= _LITTLE:
            return self._build(work, stop)

        def done() -> int:
            self._differences(signatures)
            return self._seen[1]

        processes = self.processes if work.size >= _LARGE else None
        if processes is not None:
            processes.start()  # while this one reads the first files
        try:
            with turn(self._path, done, stop):
                changed = self._build(self._differences(signatures), stop)
                self._writer.run(Store.tidy)
        finally:
            if processes is not None:
                processes.rest()
        return changed

    def _build(self, work: Work, stop: Stop) -> bool:
        """Whether anything was more than touched."""
        before = {path: row.digest for path, row in self._known().items()}
        if work.gone:
            self._writer.run(lambda store: store.write((), work.gone))
        if work.changed:
            analysts = self._analysts(work.changed, work.size)
            self._builder(stop).build(work.changed, analysts, work.size)
        known = self._known()
        return bool(work.gone) or any(
            path not in known or known[path].digest != before.get(path) for path in work.changed
        )

    def _analysts(self, paths: Sequence[str], size: int) -> Analysts:
        """Who analyses some files: this process, where that keeps no other thread waiting."""
        if self.processes is None:
            return self._inline
        unsafe = size > _QUICK or any(is_heavy(path) or self._was_left_out(path) for path in paths)
        return self.processes if unsafe else self._inline

    def _was_left_out(self, path: str) -> bool:
        """Whether nothing of a file was indexed, maybe as it ended who analysed it."""
        known = self._catalog.by_path.get(path)
        return known is not None and known.blob is None

    def _builder(self, stop: Stop) -> Builder:
        def write(work: Callable[[Store], None]) -> None:
            self._writer.run(work)

        def done(files: int) -> None:
            total, fresh = self._seen
            self._seen = (total, min(total, fresh + files))
            self._reader.run(self._sync)

        def known(keys: list[bytes]) -> set[bytes]:
            return self._writer.run(lambda store: store.known(keys))

        return Builder(
            root=self.root,
            max_bytes=self._max_bytes,
            encoder=encoder_name(self._table),
            write=write,
            known=known,
            stop=stop,
            done=done,
        )
