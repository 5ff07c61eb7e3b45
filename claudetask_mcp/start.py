"""Where the program begins: what is waited for is answered without loading the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from claudetask_mcp.streams import open_closed, unwritten

TYPE_CHECKING = False  # as in board_sql
if TYPE_CHECKING:
    from claudetask_mcp.wire import Wire


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
            return _over(0) if last else 0
    wire = _spoken_with(given)
    from claudetask_mcp import cli  # noqa: PLC0415 — what a hook need not wait for

    code = cli.main(given, wire)
    # what a server traces is sent when the interpreter is taken apart
    return _over(code) if last and "serve" not in given else code


def _spoken_with(given: list[str]) -> Wire | None:
    """The streams of MCP, already read and answered to, where that is what is asked for."""
    if given and not given[0].startswith("--project"):
        return None
    from claudetask_mcp.ahead import ahead  # noqa: PLC0415 — as above
    from claudetask_mcp.wire import claimed  # noqa: PLC0415 — as above

    try:
        # allow: cwd — this is an entry point
        folder = os.getcwd()
    except FileNotFoundError:
        return None
    # allow: environ — as above
    known = ahead(given, os.environ, folder)
    return claimed(known) if known else None


def _over(code: int) -> int:
    """Ends the process; to take the interpreter apart first is a quarter of a command's time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
