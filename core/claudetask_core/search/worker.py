"""A process that analyses files for another: `python -I -m claudetask_core.search.worker`.

With `--table` it gives vectors by the shipped table too.

Reads pickled lists of `Source` from its standard input and writes pickled `Batch`es to its
standard output, until its input ends: which it also does when the other process is killed.
"""

import gc
import os
import pickle
import sys
from typing import Final

from claudetask_core.search.analysis import Analyser
from claudetask_core.search.table import Table

TABLE_FLAG: Final = "--table"


def main() -> None:
    """Serves until the input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may write between the answers
    analyser = Analyser(Table.load() if TABLE_FLAG in sys.argv[1:] else None)
    gc.freeze()
    while True:
        try:
            sources = pickle.load(requests)  # noqa: S301 — written by the process that started us
        except EOFError:
            return
        try:
            pickle.dump(analyser.analyse(sources), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
