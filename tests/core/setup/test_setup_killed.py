"""An `init` or `uninstall` that is killed at any of its changes of the disk, and what follows."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.services.setup.setup import Setup, Wanted
from tests.core.setup.installed import LAUNCH, install, made, tree, uninstall

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MOST = 150
THERE = {
    ".mcp.json": b"{\n}\n",
    ".claude/settings.json": b'{ "hooks": { } }',
    ".claude/settings.local.json": b'{"enabledMcpjsonServers": [ ]}',
    "CLAUDE.md": b"# Shop\r\nNo newline",
}


class Killed(BaseException):
    """Nothing that the process would still do reaches the disk."""


class _Killer:
    """Ends all changes below a folder after so many of them."""

    def __init__(self) -> None:
        self.below = ""
        self.left = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.below or not _changes(event, arguments):
            return
        if not str(arguments[0]).startswith(self.below) or str(arguments[0]).endswith("lock"):
            return
        self.left -= 1
        if self.left < 0:
            raise Killed

    @contextmanager
    def after(self, changes: int, root: Path) -> Generator[None]:
        self.below, self.left = str(root), changes
        try:
            yield
        except Killed:
            return
        finally:
            self.below = ""


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & WRITING)
    return event in CHANGES


@pytest.fixture(scope="module")
def killer() -> _Killer:
    one = _Killer()
    sys.addaudithook(one)  # none can be taken off: it does nothing outside of `after`
    return one


def _init_is_killed(setup: Setup) -> tuple[Setup, Callable[[Setup], object]]:
    return setup, lambda one: install(one, WANTED)


def _uninstall_is_killed(setup: Setup) -> tuple[Setup, Callable[[Setup], object]]:
    install(setup, WANTED)
    return setup, uninstall


WANTED = Wanted(LAUNCH, hooks=True, approve=True, agents=("tester",), block=True)


@pytest.mark.parametrize("there", [{}, THERE], ids=["empty", "there"])
@pytest.mark.parametrize("again", [False, True], ids=["uninstall", "init-uninstall"])
@pytest.mark.parametrize("begin", [_init_is_killed, _uninstall_is_killed])
def test_after_a_kill_at_any_change_uninstall_leaves_every_byte_as_it_was(
    tmp_path: Path,
    killer: _Killer,
    begin: Callable[[Setup], tuple[Setup, Callable[[Setup], object]]],
    again: bool,
    there: dict[str, bytes],
) -> None:
    for changes in range(MOST):
        root = tmp_path / str(changes)
        for name, data in there.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        root.mkdir(exist_ok=True)
        before = tree(root)
        setup, act = begin(made(root))
        with killer.after(changes, root):
            act(setup)
        was_killed = killer.left < 0
        if again:
            install(made(root), WANTED)
        uninstall(made(root))
        assert tree(root) == before, changes
        if not was_killed:
            assert changes > 5
            return
    pytest.fail("it never came to its end")
