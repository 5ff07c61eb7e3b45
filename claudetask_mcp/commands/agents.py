"""`agents ACTION`: what Claude Code does with each agent's file, and mending it."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from claudetask_core.printable import printable_json
from claudetask_core.schemas.agent import Agent, AgentUpdate, Severity
from claudetask_core.services.agents.store import AgentNotFound
from claudetask_mcp.arguments import worded_as_invalid
from claudetask_mcp.entry import Entry
from claudetask_mcp.render import agents as rendered
from claudetask_mcp.render.text import count

if TYPE_CHECKING:
    from claudetask_core.core import Core

ACTOR = "cli"


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    async with entry.open() as core:
        return await ACTIONS[arguments.action](core, arguments)


async def _lint(core: "Core", arguments: argparse.Namespace) -> int:
    found = await _chosen(core, arguments.names)
    if arguments.json:
        json = TypeAdapter(list[Agent]).dump_json(found, indent=2).decode()
        _say(printable_json(json))
    else:
        _say(rendered.linted(found))
    return int(any(one.severity is Severity.ERROR for agent in found for one in agent.problems))


async def _fix(core: "Core", arguments: argparse.Namespace) -> int:
    fixed = 0
    for agent in await _chosen(core, arguments.names):
        if not any(one.fixable for one in agent.problems) or agent.scope != "project":
            continue
        done = await core.agents.fix(agent.id, ACTOR, dry_run=not arguments.yes)
        fixed += bool(done.fixed)
        _say(f"{agent.path}: {', '.join(done.fixed)}\n{done.diff}")
    if not fixed:
        _say("Nothing to mend.")
    elif arguments.yes:
        _say(f"Mended {count(fixed, 'file')}; `agents restore NAME` undoes it. {rendered.RESTART}")
    else:
        _say(f"Nothing was written. With --yes {count(fixed, 'file')} would be mended.")
    return 0


async def _install(core: "Core", arguments: argparse.Namespace) -> int:
    _say(rendered.saved(await core.agents.install(arguments.name, ACTOR), "Installed"))
    return 0


async def _rename(core: "Core", arguments: argparse.Namespace) -> int:
    with worded_as_invalid("agents rename"):
        change = AgentUpdate(name=arguments.new)
    agent = await core.agents.update(arguments.name, change, ACTOR)
    _say(rendered.saved(agent, f"Renamed {arguments.name} to"))
    return 0


async def _restore(core: "Core", arguments: argparse.Namespace) -> int:
    agent = await core.agents.restore(arguments.name, arguments.version, ACTOR)
    _say(rendered.saved(agent, "Restored"))
    return 0


async def _chosen(core: "Core", names: Sequence[str]) -> list[Agent]:
    found = await core.agents.find()
    known = [agent.id for agent in found]
    for name in names:
        if name not in known:
            raise AgentNotFound(name, known)
    return [agent for agent in found if not names or agent.id in names]


def _say(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


ACTIONS = {
    "lint": _lint,
    "fix": _fix,
    "install": _install,
    "rename": _rename,
    "restore": _restore,
}
