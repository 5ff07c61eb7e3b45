"""A process that analyses files for another: `python -I -m claudetask_core.search.index.worker`.

With `--table` it gives vectors by the shipped table too.

Ends too when nothing came for `IDLE_SECONDS`, for it holds memory that others could use; and by
the kernel's hand when a request takes `SECONDS` of the processor and more for its size, for the
code of a grammar may never come back from a file, and nothing else can end it.

Writes `GREETING` to its standard output once it is ready, pickled, then reads pickled lists of
`Source` from its standard input and writes pickled `Batch`es, until its input ends: which it also
does when the other process is killed.
"""

import gc
import os
import pickle
import select
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from claudetask_core import __version__
from claudetask_core.search.index.analysis import Analyser, Source
from claudetask_core.search.index.schema import FORMAT
from claudetask_core.search.vectors.table import Table

GREETING: Final = (__version__, FORMAT)
"""Tells one of another version, which was put in this one's place while the other process runs."""
TABLE_FLAG: Final = "--table"
IDLE_SECONDS: Final = 120.0
SECONDS: Final = 20.0
_SECONDS_PER_BYTE: Final = 20.0 / 1_000_000
"""Some forty times what source takes."""


def main() -> None:
    """Serves until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may write between the answers
    analyser = Analyser(Table.load() if TABLE_FLAG in sys.argv[1:] else None)
    gc.freeze()
    with suppress(BrokenPipeError):  # the other was killed meanwhile, as its input says too
        pickle.dump(GREETING, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
    serve(sys.stdin.buffer, answers, analyser)


def serve(requests: BinaryIO, answers: BinaryIO, analyser: Analyser) -> None:
    """Answers each request, until there is none any more."""
    while select.select([requests], [], [], IDLE_SECONDS)[0]:  # nothing is ever read ahead
        try:
            sources = pickle.load(requests)  # noqa: S301 — written by the process that started us
        except (EOFError, pickle.UnpicklingError):  # the other was killed, maybe in a request
            return
        try:
            with _at_most(sources):
                batch = analyser.analyse(sources)
            pickle.dump(batch, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            return


@contextmanager
def _at_most(sources: Sequence[Source]) -> Generator[None]:
    """Has the kernel end this process where the block takes far longer than files can."""
    size = sum(len(source.data) for source in sources)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS + size * _SECONDS_PER_BYTE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    main()
