"""Processes that analyse files, so that the interpreter that asked has its time for others.

Each is `worker.py` behind two pipes and a thread; it ends by itself when it was idle for long, and
another is started when there is work again. Isolated mode (`-I`) keeps it from importing
anything out of the folder it is started in, which may be a stranger's repository.
"""

import logging
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, LifoQueue
from threading import Lock
from typing import Final, Protocol

from claudetask_core.replaced import RECONNECT, is_replaced
from claudetask_core.search.index.analysis import Analyser, Batch, Source
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.worker import GREETING
from claudetask_core.search.vectors.vectors import TermTable

_log = logging.getLogger(__name__)
_COMMAND: Final = (sys.executable, "-I", "-m", "claudetask_core.search.index.worker")
_END_SECONDS: Final = 2.0
_ENDED: Final = (OSError, EOFError, pickle.UnpicklingError, ValueError)
"""What comes of talking to a process that has ended; ValueError, where `close` was first."""
_ANALYSING: Final = Lock()
"""Held while this process analyses. A grammar's parser is loaded once for all, and ends the process
where two threads have it read at a time; so do the words that an `Analyser` numbers get mixed up.
"""


class Analysts(Protocol):
    """Whoever analyses files."""

    width: int
    """How many batches may be under way at once."""

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]": ...


class Inline:
    """Analyses in the calling thread, one thread at a time."""

    def __init__(self, table: TermTable | None = None) -> None:
        self.width = 1
        self._analyser = Analyser(table)

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]":
        future: Future[Batch] = Future()
        with _ANALYSING:
            future.set_result(self._analyser.analyse(sources))
        return future


class _Process:
    """One worker process; a thread at a time talks to it."""

    def __init__(self, *, table: bool) -> None:
        command = (*_COMMAND, "--table") if table else _COMMAND
        self._child = subprocess.Popen(  # noqa: S603 — a constant
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", close_fds=True
        )

        self._greeted = False

    @property
    def pid(self) -> int:
        return self._child.pid

    def greet(self) -> None:
        """Waits until it is ready, where it was not yet.

        Raises one of `_ENDED` where it never will be, or is of another version.
        """
        if self._greeted:
            return
        if self._child.stdout is None or pickle.load(self._child.stdout) != GREETING:  # noqa: S301 — as below
            raise ValueError("it is of another version")
        self._greeted = True

    def analyse(self, sources: Sequence[Source]) -> Batch:
        """Raises one of `_ENDED` where the process has ended."""
        requests, answers = self._child.stdin, self._child.stdout
        if requests is None or answers is None:
            raise EOFError
        pickle.dump(list(sources), requests, pickle.HIGHEST_PROTOCOL)
        requests.flush()
        return pickle.load(answers)  # noqa: S301 — written by the process that we started

    def end(self) -> None:
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    _log.debug("a worker's pipe was closed already")
        self._child.wait(_END_SECONDS)


class Processes:
    """Up to `width` worker processes, each started when it is needed.

    Args:
        width: How many.
        table: Whether they give vectors by the shipped table.
    """

    def __init__(self, width: int, *, table: bool = False) -> None:
        self.width = width
        self._table = table
        self._threads = ThreadPoolExecutor(width, thread_name_prefix="analyse")
        self._idle: LifoQueue[_Process | None] = LifoQueue()
        self._all: set[_Process] = set()
        self._starting: Future[None] | None = None
        self._closed = False
        for _ in range(width):
            self._idle.put(None)

    @property
    def running(self) -> "list[_Process]":
        """The processes there are now."""
        return list(self._all)

    def start(self) -> None:
        """Begins to start those processes that do not run, as work for all is about to come."""
        self._starting = self._threads.submit(self._start_all)

    def _start_all(self) -> None:
        idle = self._take_idle()
        try:
            for place, process in enumerate(idle):
                idle[place] = process or self._started()
        except _ENDED as error:
            _log.warning("a process that analyses files cannot be started: %s", error)
        finally:
            self._put_back(idle)

    def _take_idle(self) -> "list[_Process | None]":
        """Those places where nothing is done now; one that waited for all might wait for another
        that does so too.
        """
        idle: list[_Process | None] = []
        with suppress(Empty):
            for _ in range(self.width):
                idle.append(self._idle.get_nowait())  # noqa: PERF401 — what was taken before the end counts
        return idle

    def _put_back(self, idle: "Sequence[_Process | None]") -> None:
        for process in idle:
            self._idle.put(process)

    def rest(self) -> None:
        """Ends those processes that have nothing to do, with the memory they took for much."""
        if self._starting is not None and not self._starting.cancel():
            with suppress(CancelledError):  # closed meanwhile
                self._starting.result()
        idle = self._take_idle()
        for process in idle:
            if process is not None:
                self._end(process)
        self._put_back([None] * len(idle))

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]":
        """Has files analysed.

        The future raises `WorkerEnded` where they end their process, and `IndexUnavailable` where
        there can be none, which is no fault of theirs.
        """
        return self._threads.submit(self._analyse, sources)

    def _analyse(self, sources: Sequence[Source]) -> Batch:
        process = self._idle.get()
        try:
            if process is not None:
                try:
                    process.greet()
                    return process.analyse(sources)
                except _ENDED:  # it was idle for too long; if it was the files, they end another
                    self._end(process)
                    process = None
            process = self._ready()
            return process.analyse(sources)
        except _ENDED as error:
            _log.warning("a process that analyses files ended: %s", error)
            if process is not None:
                self._end(process)
            process = None
            raise WorkerEnded(str(error)) from error
        finally:
            self._idle.put(process)

    def _ready(self) -> _Process:
        """A new process that waits for files."""
        process = None
        try:
            process = self._started()
            process.greet()
        except _ENDED as error:
            if process is not None:
                self._end(process)
            if self._closed:
                raise
            raise _none_can_be_started(error) from error
        return process

    def _started(self) -> _Process:
        if self._closed:
            raise EOFError
        process = _Process(table=self._table)
        self._all.add(process)
        return process

    def _end(self, process: _Process) -> None:
        process.end()
        self._all.discard(process)

    def close(self) -> None:
        """Ends every process; batches under way fail."""
        self._closed = True
        for process in list(self._all):
            process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in list(self._all):
            self._end(process)


def _none_can_be_started(error: Exception) -> IndexUnavailable:
    if is_replaced():
        return IndexUnavailable(
            "claudetask-mcp was upgraded or removed while this server ran, which can index no more "
            "than a few files by now.",
            next_step=f"{RECONNECT}.",
        )
    return IndexUnavailable(
        f"No process that analyses files can be started: {error}.",
        next_step="Try again in a moment; if it stays so, the server's log has the reason.",
    )


class WorkerEnded(Exception):  # never leaves this package: the files are analysed otherwise
    """A worker process ended before it answered."""
