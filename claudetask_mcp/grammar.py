"""What the commands' grammars share; read at every start, so it loads nothing."""

import argparse
from collections.abc import Callable
from typing import Any


def add_command(
    add_parser: Callable[..., argparse.ArgumentParser], name: str, does: str, **how: Any
) -> argparse.ArgumentParser:
    """Adds a command; what it does stands in the list of commands and over its own help."""
    return add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.", **how)


def of_project() -> argparse.ArgumentParser:
    """A parent for commands that are about a project."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--project",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the project's folder (default: what Claude Code says, or the current one)",
    )
    return parent
