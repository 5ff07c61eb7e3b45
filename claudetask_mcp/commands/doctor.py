"""`doctor`: what is here, and what is wrong; it repairs nothing."""

import argparse
import asyncio
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from claudetask_core import __version__
from claudetask_core.config import ENV_PREFIX, trust_folder, unknown_settings
from claudetask_core.errors import DomainError
from claudetask_core.home import VARIABLE
from claudetask_core.safe_git import PROGRAM
from claudetask_core.schemas.agent import Severity
from claudetask_core.services.analysis.claude_code.failures import OLDEST
from claudetask_core.services.repository.git import git
from claudetask_core.services.repository.locate import Places, refuse_misplaced
from claudetask_core.services.setup import elsewhere as setup_elsewhere
from claudetask_core.services.setup.ground import Ground, project_ground, user_ground
from claudetask_core.services.setup.silenced import denied, silenced
from claudetask_core.services.verify.trust import Trust, read_config
from claudetask_mcp.commands.index import look
from claudetask_mcp.commands.prime import DATABASE
from claudetask_mcp.entry import Entry, inherited, misnamed_client_folder, misnamed_settings
from claudetask_mcp.render.project import index
from claudetask_mcp.render.text import clip, count

if TYPE_CHECKING:
    from claudetask_core.core import Core

MOVES_THE_BOARD = ("data_dir", "database_url")
VERSION_SECONDS = 10
VERSION_BYTES = 4096
NUMBERS = re.compile(r"([0-9]{1,9})[.]([0-9]{1,9})[.]([0-9]{1,9})")


@dataclass
class Report:
    """Lines of what was found, and sentences of what is wrong."""

    lines: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    def say(self, name: str, text: str) -> None:
        self.lines.append(f"{name:<9} {text}")


async def run(entry: Entry, _: argparse.Namespace) -> int:
    report = Report()
    report.say("version", __version__)
    report.wrong += misnamed_settings()
    if (misnamed := misnamed_client_folder()) is not None:
        report.wrong.append(str(misnamed))
    await _look_at_project(entry, report)
    await _look_at_programs(entry, report)
    lines = [*report.lines, *(f"wrong     {sentence}" for sentence in report.wrong)]
    if not report.wrong:
        lines.append("Nothing is wrong.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if report.wrong else 0


async def _look_at_project(entry: Entry, report: Report) -> None:
    try:
        places = await entry.locate()
        report.say("project", str(places.root))
        report.say("git", "a repository" if places.git else "no repository")
        await _ask_git(places, report)
        _look_at_setup(entry, places.root, report)
        file = places.board / DATABASE
        refuse_misplaced(places, file, entry.settings)
        entry.refined(places.board)
        if entry.settings.database_url is None and not file.exists():
            _look_at_place(places.board, report)
            return
        report.say("board", str(places.board))
        _look_at_commands(places.board, report)
        async with entry.open() as core:
            await _look_inside(core, report)
    except DomainError as error:
        report.wrong.append(str(error))


async def _ask_git(places: Places, report: Report) -> None:
    """Whether git answers where the disk shows a repository; it is silent on another user's."""
    if not places.git or shutil.which(PROGRAM) is None:
        return
    if await git(places.root, "rev-parse", "--git-dir") is None:
        report.wrong.append(
            f"git does not answer in {places.root}: branches, commits and what git's own settings "
            "ignore cannot be told. `git status` there says why; another user's repository needs "
            "`git config --global --add safe.directory` with that path."
        )


def _look_at_place(board: Path, report: Report) -> None:
    """Whether the first use could make a board where there is none yet."""
    report.say("board", f"{board} (none yet; the first use makes it)")
    there = next(folder for folder in (board, *board.parents) if folder.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        report.wrong.append(
            f"No board can be made at {board}: {there} takes no new files. Mend the permissions, "
            "or set CLAUDETASK_DATA_DIR to another folder."
        )


def _look_at_setup(entry: Entry, root: Path, report: Report) -> None:
    """Whether Claude Code starts us here, and could."""
    own = project_ground(root)
    if entry.home is not None and entry.home.moved is not None:
        _look_at_client_folder(entry.home.moved, report)
    user = None if entry.home is None else user_ground(entry.home)
    servers = setup_elsewhere.servers(root, own, user, inherited())
    plugin = setup_elsewhere.plugin(own, user)
    if not servers and plugin is None:
        report.say("setup", "no server for Claude Code here (claudetask-mcp init)")
    for one in servers:
        report.say("setup", str(one))
        report.wrong += _not_startable(root, one)
    if servers:
        shared = setup_elsewhere.given_to_all(own, user)
        report.wrong += _moved_for_one(entry, servers[0], shared, own)
    report.wrong += silenced(root, own, user, servers)
    for rule in denied(own, user, servers, is_plugin=plugin is not None):
        report.say("setup", f"without the tools that are denied by {rule}")
    if plugin is not None:
        name, file = plugin
        report.say("setup", f"the plugin {name} is enabled in {file}")
        report.wrong += _plugin_not_started(user)
        if servers:
            report.wrong.append(setup_elsewhere.twice(name, file))


def _look_at_client_folder(folder: Path, report: Report) -> None:
    """The folder that Claude Code was moved to; it makes one that is not there."""
    report.say("folder", f"{folder} (Claude Code's own, {VARIABLE})")
    if folder.exists() and not folder.is_dir():
        report.wrong.append(
            f"{VARIABLE} names {folder}, which is no folder: Claude Code keeps and reads nothing "
            "of your own. Name a folder."
        )


def _plugin_not_started(user: Ground | None) -> Iterator[str]:
    """What keeps Claude Code from starting the plugin's server."""
    runner = setup_elsewhere.PLUGIN_RUNNER
    if shutil.which(runner) is None:
        yield f"The plugin is started by {runner}, which is not on PATH. Install uv."
    if (noted := setup_elsewhere.given_up(user, time.time())) is not None:
        file, until = noted
        at = time.strftime("%H:%M", time.gmtime(until))
        yield (
            f"Claude Code could not start the plugin's server, and no session tries again before "
            f"{at} UTC. Run `{runner} claudetask-mcp --version`, which also loads what is missing; "
            f"once that works, delete {file}, a cache, or wait."
        )


def _not_startable(root: Path, server: setup_elsewhere.Started) -> Iterator[str]:
    """What keeps Claude Code from starting a server as it is meant."""
    if server.missing:
        named = ", ".join(f"${{{name}}}" for name in server.missing)
        yield (
            f"{server.file} names {named} for the server, not set here: Claude Code leaves that "
            "text as it is. Set it where `claude` is started or in your own settings "
            "(what a project's settings say under env comes too late), or give a default: "
            f"${{{server.missing[0]}:-…}}."
        )
    elif server.is_program and shutil.which(_seen_from(root, server.filled_in)) is None:
        meant = "" if server.filled_in == server.command else f", that is {server.filled_in}"
        yield (
            f"{server}{meant}, which is not there: Claude Code cannot connect. "
            "Run claudetask-mcp uninstall, then init."
        )


def _seen_from(root: Path, command: str) -> str:
    """A program that is named by a path, as Claude Code finds it when it is started there."""
    return str(root / command) if os.sep in command else command


def _moved_for_one(
    entry: Entry, server: setup_elsewhere.Started, shared: set[str], own: Ground
) -> Iterator[str]:
    """What the server is given that leads it to another board than all else, or nowhere."""
    for sentence in unknown_settings(server.given):
        yield f"{server.file}: {sentence}"
    for name in MOVES_THE_BOARD:
        variable = f"{ENV_PREFIX}{name.upper()}"
        if variable in server.given - shared and getattr(entry.settings, name) is None:
            yield (
                f"{server.file} gives {variable} to the server alone, so that hooks and commands "
                f"at the shell look at another board. Set it under env in {own.settings}, or in "
                f"{own.approvals}, where Claude Code gives it to all of them."
            )


def _look_at_commands(board: Path, report: Report) -> None:
    config = read_config(board.resolve())
    if config is None or not config.commands:
        return
    trusted = Trust(trust_folder()).holds(config)
    stand = "trusted" if trusted else "not trusted (claudetask-mcp trust)"
    report.say("verify", f"{count(len(config.commands), 'command')}, {stand}")


async def _look_inside(core: "Core", report: Report) -> None:
    if core.settings.database_url is not None:
        report.say("database", core.database.backend.where)
    counts = await core.tasks.counts()
    stand = ", ".join(f"{status} {number}" for status, number in counts.items() if number)
    report.say("tasks", f"{sum(counts.values())}" + (f": {stand}" if stand else ""))
    await look(core)
    report.say("index", index(await core.search.state()).removeprefix("index "))
    agents = await core.agents.find()
    faults = [(agent, problem) for agent in agents for problem in agent.problems]
    report.say("agents", f"{count(len(agents), 'agent')}, {count(len(faults), 'problem')}")
    report.wrong += [
        f"{agent.path} line {problem.line}: {clip(problem.message, 200)}"
        for agent, problem in faults
        if problem.severity is Severity.ERROR
    ]
    await core.ready()


async def _look_at_programs(entry: Entry, report: Report) -> None:
    if shutil.which(PROGRAM) is None:
        report.wrong.append("git is not on PATH: worktrees and ignored files cannot be told.")
    provider = entry.settings.analysis_provider
    binary = shutil.which(entry.settings.claude_bin)
    if binary is None:
        missing = f"{entry.settings.claude_bin} is not on PATH; analyze_task needs it"
        report.say("client", missing)
        if provider == "claude-code" or "claude_bin" in entry.settings.model_fields_set:
            report.wrong.append(f"{missing}. Install Claude Code or set CLAUDETASK_CLAUDE_BIN.")
        return
    version = await _version(binary)
    report.say("client", f"{binary} ({version or 'does not say its version'})")
    if version is None:
        report.wrong.append(f"{binary} --version fails.")
    elif _is_older(version, OLDEST):
        report.wrong.append(
            f"analyze_task needs Claude Code {OLDEST} or newer. Update it (`claude update`)."
        )


def _is_older(version: str, oldest: str) -> bool:
    said, needed = _numbers(version), _numbers(oldest)
    return bool(said) and said < needed


def _numbers(version: str) -> list[int]:
    found = NUMBERS.search(version)
    return [int(number) for number in found.groups()] if found else []


async def _version(binary: str) -> str | None:
    try:
        process = await asyncio.create_subprocess_exec(
            binary,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(VERSION_SECONDS):
            output = await process.stdout.read(VERSION_BYTES) if process.stdout else b""
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return clip(output.decode("utf-8", "replace"), 100) if process.returncode == 0 else None
