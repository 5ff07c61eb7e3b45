"""`claude-md ACTION`: what Claude Code reads at every start, our block in it, and undo."""

import argparse
import sys
from typing import TYPE_CHECKING

from claudetask_core.schemas.claude_md import ClaudeMdChange, Place
from claudetask_mcp.entry import Entry
from claudetask_mcp.render import claude_md as rendered

if TYPE_CHECKING:
    from claudetask_core.core import Core

ACTOR = "cli"


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    async with entry.open() as core:
        text = await ACTIONS[arguments.action](core, arguments)
    sys.stdout.write(text.rstrip("\n") + "\n")
    return 0


async def _show(core: "Core", _: argparse.Namespace) -> str:
    return rendered.places(await core.claude_md.places(), await core.claude_md.others())


async def _block(core: "Core", arguments: argparse.Namespace) -> str:
    change = await core.claude_md.set_block(
        present=not arguments.remove,
        actor=ACTOR,
        dry_run=arguments.dry_run,
        place=Place(arguments.place),
    )
    return _changed(change)


async def _restore(core: "Core", arguments: argparse.Namespace) -> str:
    place = Place(arguments.place)
    return _changed(await core.claude_md.restore(arguments.version, ACTOR, place=place))


def _changed(change: ClaudeMdChange) -> str:
    return f"{change.diff}{rendered.changed(change, change.file.path)}"


ACTIONS = {"show": _show, "block": _block, "restore": _restore}
