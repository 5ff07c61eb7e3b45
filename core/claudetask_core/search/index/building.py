"""Brings the index file from what it holds to what the tree holds, a batch at a time."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from claudetask_core.search.index.analysis import Batch, Source
from claudetask_core.search.index.rows import Entry
from claudetask_core.search.index.store import Store
from claudetask_core.search.index.workers import Analysts, WorkerEnded
from claudetask_core.search.text.decoding import decoded, in_utf8
from claudetask_core.search.tree.exclusions import unreadable
from claudetask_core.search.tree.languages import detect
from claudetask_core.search.tree.priors import is_aside
from claudetask_core.search.tree.reading import Content, look, read
from claudetask_core.stopping import Stop, Stopped

_log = logging.getLogger(__name__)
_BATCH_FILES: Final = 200
_LARGEST_BATCH: Final = 1_000_000
_LEAST_BATCH: Final = 250_000
_FIRST_BATCH: Final = 60_000
_HEAD: Final = 4096

Write = Callable[[Callable[[Store], None]], None]
Known = Callable[[list[bytes]], set[bytes]]
Done = Callable[[int], None]


@dataclass(slots=True)
class _Portion:
    """Some files of the work: what is known of them, and what is to be analysed."""

    paths: int = 0
    entries: list[Entry] = field(default_factory=list[Entry])
    keys: list[bytes] = field(default_factory=list[bytes])
    sources: list[Source] = field(default_factory=list[Source])
    gone: list[str] = field(default_factory=list[str])

    def leave_out(self, key: bytes) -> None:
        """Has nothing be indexed of a content."""
        self.entries = [
            entry._replace(key=None) if entry.key == key else entry for entry in self.entries
        ]


@dataclass(slots=True)
class Builder:
    """Reads files, has new contents analysed, and writes.

    Args:
        root: The tree.
        max_bytes: Larger files are remembered and not indexed.
        encoder: Whose vectors contents are analysed with; empty for none.
        write: Runs its argument on the open index file.
        known: Which of some keys are analysed already.
        stop: Asked often; when it says so the work ends with what is written by then.
        done: Told how many files more are dealt with.
    """

    root: Path
    max_bytes: int
    encoder: str
    write: Write
    known: Known
    stop: Stop
    done: Done

    def build(self, paths: Sequence[str], analysts: Analysts, size: int) -> None:
        """Indexes files as they are now.

        Args:
            paths: The files.
            analysts: Who analyses them.
            size: How many bytes they have in all, or had a moment ago.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The index file cannot be written.
        """
        pending: deque[tuple[_Portion, Future[Batch] | None]] = deque()
        ordered = sorted(paths, key=lambda path: (is_aside(path), path))
        try:
            for some in self._portions(ordered, size, analysts.width):
                future = analysts.submit(some.sources) if some.sources else None
                pending.append((some, future))
                while len(pending) > 2 * analysts.width:  # none is idle while this one writes
                    self._finish(*pending.popleft(), analysts)
            while pending:
                self._finish(*pending.popleft(), analysts)
        finally:
            for _, future in pending:  # where it was given up
                if future is not None:
                    future.cancel()

    def _portions(self, paths: Sequence[str], left: int, width: int) -> Iterator[_Portion]:
        """The files in portions: small ones at first, so that there is soon something to find, and
        towards the end, so that several analysts end together.

        `left` is how many bytes they have in all.
        """
        some = _Portion()
        size = 0
        safe: set[str] = set()
        begun = most = _FIRST_BATCH
        for path in paths:
            if self.stop():
                raise Stopped
            size += self._take(path, some, safe)
            if some.paths >= _BATCH_FILES or size >= most:
                yield self._new_only(some)
                left -= size
                begun = most = min(_LARGEST_BATCH, 2 * begun)
                if width > 1:  # guided self-scheduling (Polychronopoulos and Kuck, 1987)
                    most = min(most, max(_LEAST_BATCH, left // (2 * width)))
                some, size = _Portion(), 0
                safe.clear()
        if some.paths:
            yield self._new_only(some)

    def _take(self, path: str, some: _Portion, safe: set[str]) -> int:
        """Reads one file into a portion; answers its size. `safe` as for `read`."""
        some.paths += 1
        content = read(self.root, path, self.max_bytes, safe)
        if content is None:
            signature = look(str(self.root / path))
            if signature is None or signature.size > self.max_bytes:
                some.gone.append(path)
            else:
                some.entries.append(Entry(path, signature, b"", None, None))
            return 0
        language = _language(path, content)
        key = None
        if unreadable(in_utf8(content.data), language) is None:
            key = b"\0".join((content.digest, (language or "").encode(), self.encoder.encode()))
            some.keys.append(key)
            some.sources.append(Source(path, content.data))
        some.entries.append(Entry(path, content.signature, content.digest, language, key))
        return len(content.data)

    def _new_only(self, some: _Portion) -> _Portion:
        """Leaves out the contents that are analysed already, and repetitions."""
        known = self.known(some.keys)
        fresh = {
            key: source
            for key, source in zip(some.keys, some.sources, strict=True)
            if key not in known
        }
        some.keys, some.sources = list(fresh), list(fresh.values())
        return some

    def _finish(self, some: _Portion, future: "Future[Batch] | None", analysts: Analysts) -> None:
        if self.stop():
            raise Stopped
        try:
            batch = future.result() if future is not None else None
        except WorkerEnded:
            self._one_by_one(some, analysts)
            batch = None
        self.write(lambda store: store.write(some.entries, some.gone, batch, some.keys))
        self.done(some.paths)

    def _one_by_one(self, some: _Portion, analysts: Analysts) -> None:
        """Analyses each file alone, so that one that ends its process harms no other."""
        for key, source in zip(some.keys, some.sources, strict=True):
            if self.stop():
                raise Stopped
            try:
                batch = analysts.submit([source]).result()
            except WorkerEnded:
                _log.warning("a file ends the process that analyses it and is left out")
                some.leave_out(key)
                continue
            self.write(lambda store, key=key, batch=batch: store.write((), (), batch, [key]))
        some.keys = []


def _language(path: str, content: Content) -> str | None:
    return detect(path, decoded(content.data[:_HEAD]))[0]
