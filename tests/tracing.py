"""Threads that begin while coverage traces, one after the other.

CPython 3.11 refuses to install a trace function while another thread installs one, and the thread
that asked is dead before its first line. It takes a thread switch in between, for which there is
room where a program listens to audit events in Python, as filelock does. The main thread installs
and removes its own around each test whose coverage is not measured.
"""

import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from coverage.collector import Collector

TraceFunction = Callable[..., Any]
ONE_AT_A_TIME = threading.RLock()


class _Sys:
    """`sys` as the module `threading` sees it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def settrace(self, function: Any) -> None:
        with ONE_AT_A_TIME:
            sys.settrace(function)


def _in_turn(change: Callable[[Collector], None]) -> Callable[[Collector], None]:
    def changed(collector: Collector) -> None:
        with ONE_AT_A_TIME:
            change(collector)

    return changed


def begin_threads_one_at_a_time() -> None:
    """Has each new thread wait until no other installs its tracer; nothing where none traces.

    Also where coverage is paused for a test and goes on after it.
    """
    first = threading.gettrace()
    if first is None or sys.version_info >= (3, 12):
        return
    settrace = threading.settrace

    def in_turn(install: TraceFunction | None) -> None:
        if install is None:
            settrace(None)  # pyright: ignore[reportArgumentType] — the stubs know no None
            return

        def installed(frame: FrameType, event: str, arg: Any) -> Any:
            with ONE_AT_A_TIME:
                return install(frame, event, arg)

        settrace(installed)

    threading.settrace = in_turn
    in_turn(first)
    threading._sys = _Sys()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] — there is no other way in
    for name in ("start", "stop"):
        setattr(Collector, name, _in_turn(getattr(Collector, name)))
    os.register_at_fork(
        before=ONE_AT_A_TIME.acquire,
        after_in_parent=ONE_AT_A_TIME.release,
        after_in_child=ONE_AT_A_TIME.release,
    )
