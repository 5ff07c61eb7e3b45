"""`index`: how far the index is, and with `--wait` until it is complete."""

import argparse
import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from claudetask_mcp.commands.progress import complete
from claudetask_mcp.entry import Entry
from claudetask_mcp.render.project import index

if TYPE_CHECKING:
    from claudetask_core.core import Core

LOOK_SECONDS = 5.0


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    async with entry.open() as core:
        if arguments.wait:
            await complete(core.search, sys.stderr)
        else:
            await look(core)
        state = await core.search.state()
    sys.stdout.write(index(state) + "\n")
    return 0 if state.complete >= 1 else 1


async def look(core: "Core") -> None:
    """Brings the index up to date as far as a short while lets it."""
    with suppress(TimeoutError):
        await asyncio.wait_for(core.search.wait(), LOOK_SECONDS)
