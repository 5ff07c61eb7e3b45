"""`trust`: a person lets the verify commands of this project's config.toml be run."""

import argparse
import asyncio
import json
import sys

from claudetask_core.config import CONFIG_FILE, trust_folder
from claudetask_core.printable import on_one_line
from claudetask_core.services.repository.locate import refuse_links_out
from claudetask_core.services.verify.trust import Config, Trust, read_config
from claudetask_mcp.commands.asking import NotConfirmed, confirmed
from claudetask_mcp.entry import Entry

QUESTION = "Run these whenever a task is moved to Done? [y/N] "


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    places = await entry.locate()
    board = places.board.resolve()
    refuse_links_out(places.board)
    config = await asyncio.to_thread(read_config, board)
    if config is None or not config.commands:
        shown = on_one_line(str(board / CONFIG_FILE))
        sys.stdout.write(f"Nothing to trust: {shown} names no verify commands.\n")
        return 0
    trust = Trust(trust_folder())
    sys.stdout.write(_shown(config))
    if trust.holds(config):
        sys.stdout.write("This very content is trusted already.\n")
        return 0
    if not arguments.yes and not await asyncio.to_thread(confirmed, QUESTION):
        raise NotConfirmed(
            "Nothing was trusted.", next_step="Answer y, or give --yes, once you have read it."
        )
    trust.give(config)
    sys.stdout.write("Trusted until the file changes.\n")
    return 0


def _shown(config: Config) -> str:
    commands = [on_one_line(json.dumps(c, ensure_ascii=False)) for c in config.commands]
    return "\n".join([f"{on_one_line(str(config.path))} (sha256 {config.digest})", *commands, ""])
