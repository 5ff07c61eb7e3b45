"""Where the program begins: what a hook waits for is answered without loading the rest."""

import os
import sys
from collections.abc import Sequence

from claudetask_mcp.streams import open_closed, unwritten


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program; answers its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    open_closed()
    try:
        return _main(given, last=argv is None)
    except OSError as error:
        code = unwritten(error)
        if code is None:
            raise
        return code


def _main(given: list[str], *, last: bool) -> int:
    if "prime" in given:
        from claudetask_mcp.quick_prime import prime  # noqa: PLC0415 — nothing else needs it

        if prime(given):
            return _over() if last else 0
    from claudetask_mcp import cli  # noqa: PLC0415 — what a hook need not wait for

    return cli.main(given)


def _over() -> int:
    """Ends the process; to take the interpreter apart first is a tenth of a hook's time."""
    sys.stdout.flush()
    os._exit(0)
