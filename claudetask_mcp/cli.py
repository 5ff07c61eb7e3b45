"""The command line. What a command needs is imported when it runs: a client waits for the start."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from claudetask_core import __version__
from claudetask_core.errors import DomainError
from claudetask_mcp.board_grammar import add_board
from claudetask_mcp.grammar import add_command, of_project
from claudetask_mcp.setup_grammar import add_init, add_uninstall
from claudetask_mcp.task_grammar import add_task
from claudetask_mcp.token_grammar import add_audit, add_token

if TYPE_CHECKING:
    from claudetask_mcp.wire import Wire

PROGRAM = "claudetask-mcp"
SHELLS = ("bash", "zsh", "fish")
WRONG_USE = 2
FAILED = 1
INTERRUPTED = 130
MOST_TOLD = 400
"""Characters; as many as an error of a tool has."""


def main(argv: Sequence[str] | None = None, wire: "Wire | None" = None) -> int:
    """Runs one command; with none, MCP over stdio.

    Args:
        argv: The arguments; those of the process where none are given.
        wire: The streams of MCP, where they are read already.

    Returns:
        The exit code: 0, 1 where the command failed, 2 where it or a setting was wrong.
    """
    # nothing made while the program starts is garbage; looking for some costs a fifth of the start
    gc.disable()
    _speak(sys.stdout)
    _speak(sys.stderr)
    arguments = parser().parse_args(argv)
    from claudetask_core.config import ConfigurationInvalid  # noqa: PLC0415 — as said above

    try:
        return _run(arguments, wire)
    except DomainError as error:
        if arguments.command == "prime":
            return _told_to_the_session(error)
        return _said(error, WRONG_USE if isinstance(error, ConfigurationInvalid) else FAILED)
    except (MemoryError, RuntimeError) as error:
        return _short(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.enable()


def _speak(stream: TextIO) -> None:
    """Has a stream take every character: a file or pipe in UTF-8, a terminal as far as it can."""
    if isinstance(stream, TextIOWrapper):
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _run(arguments: argparse.Namespace, wire: "Wire | None") -> int:
    from claudetask_mcp.entry import read_entry  # noqa: PLC0415 — as said above
    from claudetask_mcp.logs import configure_logging  # noqa: PLC0415 — as said above

    entry = read_entry(_overrides(arguments))
    configure_logging(entry.settings.log_level, entry.settings.log_format)
    if arguments.command is None:
        from claudetask_mcp.stdio import serve_stdio  # noqa: PLC0415 — as said above

        return serve_stdio(entry, wire)
    from claudetask_mcp import commands  # noqa: PLC0415 — as said above

    code = asyncio.run(commands.run(entry, arguments))
    sys.stdout.flush()
    return code


def _said(error: DomainError, code: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {_sentences(error)}\n")
    return code


def _short(error: BaseException) -> int:
    from claudetask_core.shortage import shortage  # noqa: PLC0415 — as said above

    known = shortage(error)
    if known is None:
        raise error
    return _said(known, FAILED)


def _told_to_the_session(error: DomainError) -> int:
    """A hook's failure is told as its answer: by its code it could forbid to compact a session."""
    from claudetask_mcp.arguments import fit  # noqa: PLC0415 — as said above

    told = fit(_sentences(error).replace("\n", "\n  "), MOST_TOLD)
    sys.stdout.write(f"ClaudeTask cannot say where the work stopped: {told}\n")
    sys.stdout.flush()
    return 0


def _sentences(error: DomainError) -> str:
    from claudetask_core.printable import printable  # noqa: PLC0415 — as said above
    from claudetask_mcp.at_shell import at_shell  # noqa: PLC0415 — as said above

    return printable(f"{error.message} {at_shell(error.next_step)}".strip())


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    given = vars(arguments)
    names = {"project": "project_path", "host": "host", "port": "port", "token": "token"}
    return {names[key]: given[key] for key in names if given.get(key) is not None}


def parser() -> argparse.ArgumentParser:
    """The grammar; `--project` may stand before the command or after it."""
    project = of_project()
    whole = argparse.ArgumentParser(
        prog=PROGRAM,
        description="A task board, code search and a keeper of .claude/ for Claude Code. "
        "Without a command it speaks MCP over stdin and stdout, which is what Claude Code starts.",
        parents=[project],
    )
    whole.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        return add_command(commands.add_parser, name, does, parents=[project])

    add_init(command("init", "set up Claude Code to use it"))
    add_uninstall(command("uninstall", "undo init"))
    _add_serve(command("serve", "serve REST, the dashboard and MCP over HTTP"))
    _add_search(command("search", "search the code"))
    add_task(
        add_command(commands.add_parser, "task", "the board: list, show, next, add, move, note …")
    )
    add_board(add_command(commands.add_parser, "board", "the whole board: copies, export, import"))
    add_token(add_command(commands.add_parser, "token", "say who may use it over HTTP"))
    add_audit(command("audit", "show who did what, and when"))
    index = command("index", "say how far the index is")
    index.add_argument("--wait", action="store_true", help="bring it up to date first")
    command("prime", "say where the work stopped (for a hook)")
    _add_agents(command("agents", "check and mend the agents"))
    _add_claude_md(command("claude-md", "look after CLAUDE.md"))
    trust = command("trust", "let the project's verify commands run before Done")
    trust.add_argument("--yes", action="store_true", help="do not ask")
    completion = add_command(commands.add_parser, "completion", "print completions for your shell")
    completion.add_argument("shell", choices=SHELLS, help="the shell they are for")
    command("doctor", "say what is here and what is wrong")
    return whole


def _add_search(search: argparse.ArgumentParser) -> None:
    search.add_argument("query", metavar="QUERY", help="a question, words or an identifier")
    search.add_argument(
        "--top-k", type=_up_to_100, default=20, metavar="N", help="how many, 1 to 100 (20)"
    )
    search.add_argument("--path", metavar="GLOB", help="only these files, e.g. src/**/*.py")
    search.add_argument("--language", metavar="NAME", help="only this language, e.g. python")
    search.add_argument("--kind", metavar="KIND", help="only code, docs, config or tests")
    search.add_argument(
        "--min-score", type=float, metavar="S", help="leave out scores below, 0 to 1"
    )
    details = ("paths", "concise", "full")
    much = "how much code is shown (default: %(default)s)"
    search.add_argument("--detail", choices=details, default="concise", help=much)
    search.add_argument("--json", action="store_true", help="the answer of GET /api/search")


def _add_agents(agents: argparse.ArgumentParser) -> None:
    does = agents.add_subparsers(dest="action", metavar="ACTION", required=True)
    lint = add_command(does.add_parser, "lint", "say what Claude Code does with each file")
    lint.add_argument("--json", action="store_true", help="the answer of GET /api/agents")
    fix = add_command(does.add_parser, "fix", "show what can be mended")
    fix.add_argument("--yes", action="store_true", help="and mend it")
    for action in (lint, fix):
        action.add_argument("names", nargs="*", metavar="NAME", help="only these agents")
    install = add_command(does.add_parser, "install", "add an agent that comes with the program")
    install.add_argument(
        "name", metavar="TEMPLATE", help="planner, builder, reviewer, tester or documenter"
    )
    rename = add_command(does.add_parser, "rename", "give an agent and its file another name")
    rename.add_argument("name", metavar="NAME", help="the agent's present name")
    rename.add_argument("new", metavar="NEW", help="its new one")
    restore = add_command(does.add_parser, "restore", "undo the last change, also a deletion")
    restore.add_argument("name", metavar="NAME", help="the agent's name")
    _add_version(restore)


def _add_claude_md(claude_md: argparse.ArgumentParser) -> None:
    does = claude_md.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_command(does.add_parser, "show", "show sections, imports and hints of all four files")
    block = add_command(does.add_parser, "block", "add a few lines on the task board, once")
    block.add_argument("--remove", action="store_true", help="take them out without a trace")
    block.add_argument("--dry-run", action="store_true", help="only show the difference")
    restore = add_command(does.add_parser, "restore", "undo the last change")
    _add_version(restore)
    for action in (block, restore):
        action.add_argument(
            "--place",
            choices=("project", "dot-claude", "local"),
            default="project",
            help="CLAUDE.md, .claude/CLAUDE.md or CLAUDE.local.md (default: %(default)s)",
        )


def _add_version(restore: argparse.ArgumentParser) -> None:
    restore.add_argument(
        "version",
        nargs="?",
        default="last",
        metavar="VERSION",
        help="a kept version, as the page and REST list them (default: %(default)s)",
    )


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--host", metavar="HOST", help="the address to listen on (default: 127.0.0.1)"
    )
    serve.add_argument("--port", type=int, metavar="PORT", help="default: 8765; 0 picks one")
    serve.add_argument(
        "--token",
        metavar="TOKEN",
        help="what callers must send; others on this machine see it in the list of "
        "processes, not so CLAUDETASK_TOKEN",
    )


def _up_to_100(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 100:  # noqa: PLR2004 — what search_codebase takes
        raise argparse.ArgumentTypeError("must be 1 to 100")
    return number
