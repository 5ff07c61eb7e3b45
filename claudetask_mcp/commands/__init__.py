"""What people and scripts run; each command is a module with a coroutine `run`."""

import argparse
import importlib
from typing import Protocol, cast

from claudetask_mcp.entry import Entry


class Command(Protocol):
    async def run(self, entry: Entry, arguments: argparse.Namespace, /) -> int: ...


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    """Runs the command that was named, and imports no other; answers its exit code."""
    module = importlib.import_module(f"{__name__}.{arguments.command.replace('-', '_')}")
    return await cast("Command", module).run(entry, arguments)
