"""Analyses by the real Claude Code, against a scripted API on loopback.

    CLAUDE_BIN=/path/to/claude python -m bench.claude_code [CASE ...]

Starts our server in a project of its own for each case, has a task analysed over REST, and looks at
what stands on the board then, at the working tree and at the processes that are left. Prints a row
for each case; the exit code is 1 where one is not as it has to be.
"""

import argparse
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.claude_code.api import Api, Script, serving
from bench.claude_code.cases import (
    CASES,
    Row,
    busy,
    denied,
    failing,
    good,
    killed_server,
    succeeding,
)
from bench.claude_code.hostile import attacked
from bench.claude_code.rig import FILES, Rig

Run = Callable[[str, Rig, Api], Row]
SPECIAL: Final[dict[str, Run]] = {
    "success": succeeding,
    "529 once": succeeding,
    "denied": succeeding,
    "server killed": killed_server,
    "hostile repository": attacked,
}
SCRIPTS: Final[dict[str, Callable[[Path], Script]]] = {"529 once": busy, "denied": denied}
NAMES: Final = ("success", *SCRIPTS, *CASES, "server killed", "hostile repository")
SHOWN: Final = 110


def run(name: str, binary: str) -> Row:
    """Runs a case in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        case = CASES.get(name)
        script = case.script if case else SCRIPTS.get(name, good)
        with serving(script(folder / "project")) as api:
            rig = Rig(folder, api.url, binary, uuid.uuid4().hex)
            if name != "hostile repository":
                rig.make(FILES)
            return SPECIAL.get(name, failing)(name, rig, api)


def line(row: Row) -> str:
    said = row.words if len(row.words) <= SHOWN else row.words[:SHOWN] + "…"
    fine = "ok" if not row.wrong else "WRONG: " + "; ".join(row.wrong)
    return f"{row.name:18}  {row.status:24}  {row.seconds:5.1f} s  {said}\n{'':18}  {fine}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help=", ".join(NAMES))
    binary = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
    if binary is None:
        sys.exit("Claude Code is not on PATH; CLAUDE_BIN may name it.")
    rows: list[Row] = []
    for name in parser.parse_args().case or NAMES:
        rows.append(run(name, str(Path(binary).resolve())))
        print(line(rows[-1]), flush=True)
    wrong = sum(bool(row.wrong) for row in rows)
    print(f"{len(rows) - wrong} of {len(rows)} as they have to be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
