"""`completion SHELL`: prints what makes a shell complete our commands and options."""

import argparse
import sys

import shtab

from claudetask_mcp.cli import parser
from claudetask_mcp.entry import Entry


async def run(_: Entry, arguments: argparse.Namespace) -> int:
    sys.stdout.write(shtab.complete(parser(), arguments.shell) + "\n")
    return 0
