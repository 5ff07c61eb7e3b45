"""`prime`: where the work stopped, for a hook that runs when a session starts or is compacted.

`quick_prime` answers first; this is for what it leaves to the whole program.
"""

import argparse
import asyncio
import sys

from claudetask_core.printable import printable
from claudetask_core.services.disk.files import is_there
from claudetask_mcp.entry import Entry, caller_of
from claudetask_mcp.hook import hook_bytes, is_for_a_summary, session_of, taken

DATABASE = "claudetask.db"


async def run(entry: Entry, _: argparse.Namespace) -> int:
    """Prints nothing where there is no board: a hook may run in any project."""
    said = taken.pop() if taken else await asyncio.to_thread(hook_bytes)
    told = session_of(said)
    places = await entry.locate()
    file = places.board / DATABASE
    # Where nobody can tell, opening it says why.
    if entry.settings.database_url is None and not is_there(file, unknown=True):
        return 0
    async with entry.open() as core:
        from claudetask_core.services.tasks.claims import Caller  # noqa: PLC0415 — loaded with the core

        caller = Caller(caller_of(entry.client.told(said, told)), str(core.places.root))
        wanted = core.resume.for_summary if is_for_a_summary(said) else core.resume.text
        text = await wanted(caller)
    if text:
        sys.stdout.write(printable(text) + "\n")
    return 0
