"""The index of one working tree: brings itself up to date, and answers from what is there.

Every method may be called from any thread. Files are read and analysed outside the lock,
which guards only the connection and the catalogue, so a question waits for no build. Other
processes may use the same index file: each batch of a build is one short transaction, and a
lock file keeps two processes from building the same tree twice.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from filelock import FileLock, Timeout

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search import store as index_file
from claudetask_core.search.catalog import Catalog
from claudetask_core.search.document import Document, analyse
from claudetask_core.search.exclusions import unreadable
from claudetask_core.search.hits import assemble, filter_of
from claudetask_core.search.listing import Stop, Stopped, glob, list_files
from claudetask_core.search.question import understand
from claudetask_core.search.ranking import Ranked, Ranker, Wanted
from claudetask_core.search.reading import Signature, look, read
from claudetask_core.search.rows import FileRow
from claudetask_core.search.store import IndexDamaged, IndexUnavailable, Store

_log = logging.getLogger(__name__)
_BATCH_FILES: Final = 100
_BATCH_BYTES: Final = 500_000
_FEW: Final = 50
_SURPLUS: Final = 3
_EVERY: Final = 5000
_ATTEMPTS: Final = 3
_LOCK_POLL: Final = 0.1
_LOCK_PATIENCE: Final = 30.0
T = TypeVar("T")


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

    def __len__(self) -> int:
        return len(self.changed) + len(self.gone)


def _never() -> bool:
    return False


class CodeIndex:
    """One working tree's text in its own SQLite file, safe with several processes.

    Args:
        root: The tree; resolved here.
        path: The index file; made with its folder where it is missing.
        max_file_bytes: Larger files are left out.
        exclude: Further patterns (as in .gitignore) to leave out.
    """

    def __init__(
        self, root: Path, path: Path, *, max_file_bytes: int, exclude: Sequence[str] = ()
    ) -> None:
        self.root = root.resolve()
        self._path = path
        self._max_bytes = max_file_bytes
        self._exclude = glob(exclude)
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._catalog = Catalog()
        self._times_opened = 0
        self._seen = (0, 0)
        self._closed = False

    @property
    def progress(self) -> Progress:
        total, fresh = self._seen
        return Progress(total, fresh, self._catalog.chunks)

    def close(self) -> None:
        """Closes the index file for good; work that is under way ends with an error."""
        with self._lock:
            self._closed = True
            self._release()

    def _release(self) -> None:
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

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
            opened = self._times_opened
            work = self._differences(signatures)
            if work:
                changed |= self._perform(signatures, work, stop)
            if opened == self._times_opened:
                break
        return changed

    def ask(self, query: SearchQuery) -> list[SearchHit]:
        """The best hits, every one of them as its file is now.

        Raises:
            GlobInvalid: The path pattern cannot be read.
            IndexUnavailable: The disk or the folder does not let us.
        """
        wanted = filter_of(query)
        hits: list[SearchHit] = []
        for _ in range(_ATTEMPTS):
            answer = assemble(self.root, self._ranked(query, wanted), query, self._max_bytes)
            hits = answer.hits
            if not answer.stale or not self._catch_up(answer.stale):
                break
        return hits

    def _ranked(self, query: SearchQuery, wanted: Wanted) -> list[Ranked]:
        question = understand(query.query)
        most = _SURPLUS * query.top_k if query.kind is None else _EVERY

        def rank(store: Store) -> list[Ranked]:
            with store.snapshot():
                self._catalog.sync(store)
                return Ranker(store, self._catalog, question).rank(wanted, most)

        return self._with_store(rank)

    def _catch_up(self, paths: list[str]) -> bool:
        """Indexes a few files anew for a question; False where another process is in the way."""
        try:
            self._write([self._document(path) for path in paths], paths)
        except IndexUnavailable:
            return False
        return True

    def _look_around(self, stop: Stop) -> dict[str, Signature]:
        prefix = str(self.root)
        signatures: dict[str, Signature] = {}
        for number, path in enumerate(list_files(self.root, self._exclude, stop)):
            if number % _BATCH_FILES == 0 and stop():
                raise Stopped
            signature = look(f"{prefix}/{path}")
            if signature is not None and signature.size <= self._max_bytes:
                signatures[path] = signature
        return signatures

    def _differences(self, signatures: dict[str, Signature]) -> _Work:
        known = self._with_store(self._known)
        changed = [
            path
            for path, signature in signatures.items()
            if path not in known or known[path].signature != signature
        ]
        gone = [path for path in known if path not in signatures]
        self._seen = (len(signatures), len(signatures) - len(changed))
        return _Work(changed, gone)

    def _known(self, store: Store) -> dict[str, FileRow]:
        with store.snapshot():
            self._catalog.sync(store)
            return dict(self._catalog.by_path)

    def _perform(self, signatures: dict[str, Signature], work: _Work, stop: Stop) -> bool:
        if len(work) <= _FEW:
            return self._build(work, stop)
        with self._alone(signatures, stop):
            return self._build(self._differences(signatures), stop)

    @contextmanager
    def _alone(self, signatures: dict[str, Signature], stop: Stop) -> Generator[None]:
        """Waits while another process builds, as long as it gets on."""
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
        changed = bool(work.gone)
        if work.gone:
            self._write([], work.gone)
        batch: list[Document | None] = []
        size = start = 0
        for number, path in enumerate(work.changed, 1):
            if stop():
                raise Stopped
            document = self._document(path, stop)
            batch.append(document)
            changed |= document is None or not document.is_touched
            size += document.signature.size if document else 0
            if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES or number == len(work.changed):
                self._write(batch, work.changed[start:number])
                self._seen = (self._seen[0], min(self._seen[0], self._seen[1] + len(batch)))
                batch, size, start = [], 0, number
        return changed

    def _document(self, path: str, stop: Stop = _never) -> Document | None:
        """A file analysed, None where there is none that may be indexed."""
        content = read(self.root, path, self._max_bytes)
        if content is None:
            signature = look(str(self.root / path))
            if signature is None or signature.size > self._max_bytes:
                return None
            return Document.empty(path, signature, b"")
        known = self._catalog.by_path.get(path)
        if known is not None and known.digest == content.digest:
            return Document.touched(path, content)
        if unreadable(content.data):
            return Document.empty(path, content.signature, content.digest)
        return analyse(path, content, stop)

    def _write(self, documents: Sequence[Document | None], paths: Sequence[str]) -> None:
        found = [document for document in documents if document is not None]
        kept = {document.path for document in found}
        gone = [path for path in paths if path not in kept]

        def write(store: Store) -> None:
            store.write(found, gone)
            self._catalog.sync(store)

        self._with_store(write)

    def _with_store(self, work: Callable[[Store], T]) -> T:
        """Runs `work` on the open and synced index file, on a new one where it is damaged."""
        with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    store = self._opened()
                    return work(store)
                except IndexDamaged as error:
                    _log.warning("the code index is damaged and is made anew: %s", error)
                    self._release()
                    index_file.delete(self._path)
        raise IndexUnavailable(
            "The code index is damaged again and again.",
            next_step="Look for problems of the disk under the data folder.",
        )

    def _opened(self) -> Store:
        if self._closed:
            raise IndexUnavailable("The code index is closed.", next_step="Ask again.")
        if self._store is not None and self._store.is_replaced:
            self._release()
        if self._store is None:
            self._store = Store(self._path)
            self._catalog = Catalog()
            self._times_opened += 1
        return self._store
