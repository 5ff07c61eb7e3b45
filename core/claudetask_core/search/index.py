"""The index of one working tree: brings itself up to date, and answers from what is there.

Every method may be called from any thread. Questions read through a connection of their own,
so they wait for no build. Other processes may use the same index file: each batch of a build
is one short transaction, and a lock file keeps two processes from building at the same time.
"""

import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.access import Access
from claudetask_core.search.analysis import encoder_name
from claudetask_core.search.asking import Asker
from claudetask_core.search.building import Builder
from claudetask_core.search.catalog import Catalog
from claudetask_core.search.connection import IndexUnavailable
from claudetask_core.search.encoder import Encoder
from claudetask_core.search.enriching import Enricher
from claudetask_core.search.hits import assemble, filter_of
from claudetask_core.search.listing import Stop, Stopped, glob, list_files
from claudetask_core.search.ranking import Ranked, Wanted
from claudetask_core.search.reading import Signature, look
from claudetask_core.search.rows import FileRow
from claudetask_core.search.shelf import Shelf
from claudetask_core.search.store import Store
from claudetask_core.search.vectors import TermTable
from claudetask_core.search.workers import Inline, processes

_log = logging.getLogger(__name__)
_LOOK_STEP: Final = 100
_FEW: Final = 50
_LITTLE: Final = 300_000
_WORKER_BYTES: Final = 2_000_000
_SURPLUS: Final = 5
_EVERY: Final = 5000
_ATTEMPTS: Final = 3
_LOCK_POLL: Final = 0.1
_LOCK_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the tree the index holds as it is: `fresh` of `total` files."""

    total: int
    fresh: int
    chunks: int

    @property
    def complete(self) -> float:
        return self.fresh / self.total if self.total else 1.0


@dataclass(slots=True)
class _Work:
    changed: list[str]
    gone: list[str]
    size: int

    def __len__(self) -> int:
        return len(self.changed) + len(self.gone)


def _never() -> bool:
    return False


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
    ) -> None:
        self.root = root.resolve()
        self._path = path
        self._max_bytes = max_file_bytes
        self._exclude = glob(exclude)
        self._workers = workers
        self._table = table
        self._enricher = Enricher(encoder, self.root, max_file_bytes) if encoder else None
        self._asker = Asker(table, self._enricher)
        self._start_anew()
        self._reader = Access(path, self.root, self._start_anew)
        self._writer = Access(path, self.root)
        self._shelf = Shelf(self.root, max_file_bytes)
        self._inline = Inline(table)
        self._seen = (0, 0)

    def _start_anew(self) -> None:
        self._catalog = Catalog()
        self._asker.forget()

    @property
    def progress(self) -> Progress:
        total, fresh = self._seen
        return Progress(total, fresh, self._catalog.chunks)

    def close(self) -> None:
        """Closes the index file for good; work that is under way ends with an error."""
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
        """
        changed = False
        for _ in range(_ATTEMPTS):
            signatures = self._look_around(stop)
            opened = self._reader.times_opened
            work = self._differences(signatures)
            if work:
                changed |= self._perform(signatures, work, stop)
            if opened == self._reader.times_opened:
                break
        if self._enricher is not None:
            self._enricher.encode_missing(self._writer, stop)
        return changed

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
        most = query.top_k + _SURPLUS if query.kind is None else _EVERY

        def rank(store: Store) -> list[Ranked]:
            with store.snapshot():
                self._catalog.sync(store)
                return ranking(store, self._catalog, wanted, most)

        return self._reader.run(rank)

    def _catch_up(self, paths: list[str]) -> bool:
        """Indexes a few files anew for a question; False where another process is in the way."""
        try:
            self._builder(_never).build(paths, self._inline)
        except IndexUnavailable:
            return False
        return True

    def _look_around(self, stop: Stop) -> dict[str, Signature]:
        prefix = str(self.root)
        signatures: dict[str, Signature] = {}
        for number, path in enumerate(list_files(self.root, self._exclude, stop)):
            if number % _LOOK_STEP == 0 and stop():
                raise Stopped
            signature = look(f"{prefix}/{path}")
            if signature is not None and signature.size <= self._max_bytes:
                signatures[path] = signature
        return signatures

    def _differences(self, signatures: dict[str, Signature]) -> _Work:
        known = self._known()
        changed = [
            path
            for path, signature in signatures.items()
            if path not in known or known[path].signature != signature
        ]
        gone = [path for path in known if path not in signatures]
        self._seen = (len(signatures), len(signatures) - len(changed))
        return _Work(changed, gone, sum(signatures[path].size for path in changed))

    def _known(self) -> dict[str, FileRow]:
        def look_up(store: Store) -> dict[str, FileRow]:
            with store.snapshot():
                self._catalog.sync(store)
                return self._catalog.by_path.copy()

        return self._reader.run(look_up)

    def _perform(self, signatures: dict[str, Signature], work: _Work, stop: Stop) -> bool:
        if len(work) <= _FEW and work.size <= _LITTLE:
            return self._build(work, stop)
        with self._alone(signatures, stop):
            changed = self._build(self._differences(signatures), stop)
            self._writer.run(Store.tidy)
            return changed

    @contextmanager
    def _alone(self, signatures: dict[str, Signature], stop: Stop) -> Generator[None]:
        """Waits while another process builds, as long as it gets on."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(self._path.with_name(self._path.name + ".lock"), mode=0o600)
        patience = time.monotonic() + _LOCK_PATIENCE
        fresh = self._seen[1]
        while True:
            try:
                lock.acquire(timeout=_LOCK_POLL, poll_interval=_LOCK_POLL / 4)
            except Timeout:
                if stop():
                    raise Stopped from None
                self._differences(signatures)
                if self._seen[1] > fresh:
                    fresh = self._seen[1]
                    patience = time.monotonic() + _LOCK_PATIENCE
                if time.monotonic() > patience:
                    break
            else:
                break
        try:
            yield
        finally:
            lock.release()

    def _build(self, work: _Work, stop: Stop) -> bool:
        """Whether anything was more than touched."""
        before = {path: row.digest for path, row in self._known().items()}
        if work.gone:
            self._writer.run(lambda store: store.write((), work.gone))
        if work.changed:
            width = 0
            if work.size > _LITTLE:
                width = min(self._workers, 1 + work.size // _WORKER_BYTES)
            builder = self._builder(stop)
            if width == 0:
                builder.build(work.changed, self._inline)
            else:
                with processes(width, table=self._table is not None) as some:
                    builder.build(work.changed, some)
        known = self._known()
        return bool(work.gone) or any(
            path not in known or known[path].digest != before.get(path) for path in work.changed
        )

    def _builder(self, stop: Stop) -> Builder:
        def write(work: Callable[[Store], None]) -> None:
            self._writer.run(work)

        def done(files: int) -> None:
            total, fresh = self._seen
            self._seen = (total, min(total, fresh + files))

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
