"""Processes that analyse files, so that the interpreter that asked has its time for others.

Each is `worker.py` behind two pipes and a thread. Isolated mode (`-I`) keeps it from importing
anything out of the folder it is started in, which may be a stranger's repository.
"""

import logging
import pickle
import subprocess
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final, Protocol

from claudetask_core.search.analysis import Analyser, Batch, Source
from claudetask_core.search.vectors import TermTable

_log = logging.getLogger(__name__)
_COMMAND: Final = (sys.executable, "-I", "-m", "claudetask_core.search.worker")
_END_SECONDS: Final = 2.0


class Analysts(Protocol):
    """Whoever analyses files."""

    width: int
    """How many batches may be under way at once."""

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]": ...


class Inline:
    """Analyses in the calling thread."""

    def __init__(self, table: TermTable | None = None) -> None:
        self.width = 1
        self._analyser = Analyser(table)

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]":
        future: Future[Batch] = Future()
        future.set_result(self._analyser.analyse(sources))
        return future


class _Process:
    """One worker process; a thread at a time talks to it."""

    def __init__(self, *, table: bool) -> None:
        command = (*_COMMAND, "--table") if table else _COMMAND
        self._child = subprocess.Popen(  # noqa: S603 — a constant
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", close_fds=True
        )

    def analyse(self, sources: Sequence[Source]) -> Batch:
        """Raises OSError, EOFError or UnpicklingError where the process has ended."""
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
    """Up to `width` worker processes, each started with its first batch.

    Args:
        width: How many.
        table: Whether they give vectors by the shipped table.
    """

    def __init__(self, width: int, *, table: bool = False) -> None:
        self.width = width
        self._table = table
        self._threads = ThreadPoolExecutor(width, thread_name_prefix="analyse")
        self._idle: SimpleQueue[_Process | None] = SimpleQueue()
        self._all: list[_Process] = []
        for _ in range(width):
            self._idle.put(None)

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]":
        return self._threads.submit(self._analyse, sources)

    def _analyse(self, sources: Sequence[Source]) -> Batch:
        """Where a worker dies of its files they are analysed one by one, what kills is left out."""
        process = self._idle.get()
        try:
            if process is None:
                process = self._started()
            return process.analyse(sources)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            _log.warning("a process that analyses files ended: %s", error)
            if process is not None:
                process.end()
            process = None
            raise WorkerEnded(str(error)) from error
        finally:
            self._idle.put(process)

    def _started(self) -> _Process:
        process = _Process(table=self._table)
        self._all.append(process)
        return process

    def close(self) -> None:
        """Ends every process; batches under way fail."""
        for process in self._all:
            process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)


class WorkerEnded(Exception):  # never leaves this package: the files are analysed otherwise
    """A worker process ended before it answered."""


@contextmanager
def processes(width: int, *, table: bool) -> Generator[Analysts]:
    """Worker processes, ended with the block."""
    processes = Processes(width, table=table)
    try:
        yield processes
    finally:
        processes.close()
