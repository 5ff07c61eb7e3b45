"""Which command starts this program again, from wherever it was installed.

A name where the program is on the PATH for good, the runner where it was only borrowed (`uvx`,
`pipx run`), else the full path of its script.
"""

import json
import os
import shlex
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from claudetask_core.errors import Invalid

PROGRAM = "claudetask-mcp"
MODULE = "claudetask_mcp"


class CommandUnusable(Invalid):
    code = "command_unusable"


@dataclass(frozen=True)
class Site:
    """Where the program runs from: its environment, the PATH, and what is active for now."""

    prefix: Path
    in_environment: bool
    path: str
    active: str | None = None
    uv: str | None = None


@dataclass(frozen=True)
class Start:
    """A command line, and whether it holds on this machine alone."""

    command: str
    arguments: tuple[str, ...] = ()
    only_here: bool = False


def start_of(site: Site, *, full_path: bool) -> Start:
    """The command line that starts the program again.

    Args:
        site: Where it runs from.
        full_path: Whether a full path is wanted where a name would do, since the command is for
            this machine alone and may be run with another PATH.
    """
    if any(part.startswith("archive-v") for part in site.prefix.parts):
        return _by_uv(site)
    if {"pipx", ".cache"} <= set(site.prefix.parts):
        return Start("pipx", ("run", *_source("--spec"), PROGRAM))
    script = site.prefix / "bin" / PROGRAM
    found = shutil.which(PROGRAM, path=_lasting(site) if site.in_environment else site.path)
    if found is not None and (not site.in_environment or _same(found, script)):
        return Start(found, only_here=True) if full_path else Start(PROGRAM)
    if script.is_file():
        return Start(str(script), only_here=True)
    python = site.prefix / "bin" / "python"
    return Start(str(python), ("-I", "-m", MODULE), only_here=True)


def given_start(line: str) -> Start:
    """A command line that a person gives.

    Raises:
        CommandUnusable: It has no words, or an open quote.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise CommandUnusable(
            f"--command {line[:80]!r} cannot be read: {error}.", next_step="Close the quote."
        ) from None
    if not words:
        raise CommandUnusable(
            "--command is empty.", next_step="Give a command line such as 'uvx claudetask-mcp'."
        )
    return Start(words[0], tuple(words[1:]))


def _by_uv(site: Site) -> Start:
    arguments = (*_source("--from"), PROGRAM)
    if shutil.which("uvx", path=site.path) or site.uv is None:
        return Start("uvx", arguments)
    return Start(site.uv, ("tool", "run", *arguments), only_here=True)


def _lasting(site: Site) -> str:
    """The PATH without environments: who set them there did so for this terminal only."""
    borrowed = [Path(folder, "bin") for folder in (site.active, site.prefix) if folder]
    parts = site.path.split(os.pathsep)
    return os.pathsep.join(part for part in parts if part and Path(part) not in borrowed)


def _same(found: str, script: Path) -> bool:
    try:
        return script.samefile(found)
    except OSError:
        return False


def _source(option: str) -> tuple[str, ...]:
    """Where a runner got the package from, if not from the registry (PEP 610)."""
    try:
        said: Any = json.loads(distribution(PROGRAM).read_text("direct_url.json") or "{}")
        vcs: dict[str, str] = said.get("vcs_info", {})
        url: str = said["url"]
    except (PackageNotFoundError, ValueError, KeyError):
        return ()
    if vcs:
        return (option, f"{vcs['vcs']}+{url}@{vcs.get('requested_revision', vcs['commit_id'])}")
    return (option, url)
