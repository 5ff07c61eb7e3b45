"""The grammar of `init` and `uninstall`."""

import argparse

AGENTS = ("planner", "builder", "reviewer", "tester", "documenter")


def add_init(init: argparse.ArgumentParser) -> None:
    _add_common(init)
    init.add_argument("--hooks", action="store_true", help="tell new sessions where work stopped")
    agents = f"add these of {', '.join(AGENTS)}; without a name all of them"
    init.add_argument("--agents", nargs="*", choices=AGENTS, metavar="NAME", help=agents)
    init.add_argument("--block", action="store_true", help="add a few lines to CLAUDE.md")
    init.add_argument("--all", action="store_true", help="hooks, all five agents and the block")
    init.add_argument(
        "--approve", action="store_true", help="answer Claude Code's question about the server"
    )
    init.add_argument(
        "--command",
        dest="launch",
        metavar="LINE",
        help="what starts the server, e.g. 'uvx claudetask-mcp' (default: what you ran now)",
    )


def add_uninstall(uninstall: argparse.ArgumentParser) -> None:
    _add_common(uninstall)
    uninstall.add_argument("--board", action="store_true", help="delete the tasks as well")


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scope",
        choices=("project", "user"),
        default="project",
        help="project: for all who share this one; user: for all of yours (default: %(default)s)",
    )
    command.add_argument("--dry-run", action="store_true", help="only show what would change")
    command.add_argument("--yes", action="store_true", help="do not ask")
