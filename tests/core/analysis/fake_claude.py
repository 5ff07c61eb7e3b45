"""A stand-in for the client: does what `script.json` beside it says, records how it was called.

The script: `lines` to print (a JSON value each, or a string as it is), `long` (bytes of a line
without end), `stderr`, `hang` until a signal, `ignore` (signals, by name), `interrupted` (printed
on SIGINT), `leave` (a process left behind), `exit`.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def say(line: Any) -> None:
    sys.stdout.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
    sys.stdout.flush()


def record(**more: Any) -> None:
    called = {
        "argv": sys.argv[1:],
        "cwd": str(Path.cwd()),
        "env": dict(os.environ),
        "pid": os.getpid(),
        **more,
    }
    part = HERE / f"calls.{os.getpid()}.part"
    part.write_text(json.dumps(called))
    part.rename(HERE / f"call.{os.getpid()}.json")


def leave_behind() -> int:
    code = "import signal; signal.pause()"
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", code]).pid


def hang(script: dict[str, Any]) -> None:
    def interrupted(_signal: int, _frame: Any) -> None:
        if "interrupted" in script:
            say(script["interrupted"])
        os._exit(1)

    signal.signal(signal.SIGINT, interrupted)
    for name in script.get("ignore", []):
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    record()
    while True:
        signal.pause()


def main() -> int:
    script = json.loads((HERE / "script.json").read_text())
    stdin = "" if script.get("deaf") else sys.stdin.read()
    for line in script.get("lines", []):
        say(line)
    if "long" in script:
        sys.stdout.write("x" * script["long"])
        sys.stdout.flush()
    sys.stderr.write(script.get("stderr", ""))
    if script.get("hang"):
        hang(script)
    if script.get("leave"):
        record(stdin=stdin, left=leave_behind())
    else:
        record(stdin=stdin)
    if "kill" in script:
        os.kill(os.getpid(), signal.Signals[script["kill"]])
    return int(script.get("exit", 0))


if __name__ == "__main__":
    sys.exit(main())
