"""Asking the person at the terminal before something is done."""

import sys

from claudetask_core.errors import Forbidden


class NotConfirmed(Forbidden):
    code = "not_confirmed"


def confirmed(question: str) -> bool:
    """Whether a person says yes; where nobody is there to be asked, nobody does."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
