"""A question to the person at the terminal; whoever cannot be asked has not agreed."""

import sys


def confirmed(question: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
