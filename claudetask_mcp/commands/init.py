"""`init`: shows all that it would write so that Claude Code uses us, asks, and writes it."""

import argparse
import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from claudetask_core.errors import DomainError, Invalid
from claudetask_core.printable import printable
from claudetask_core.services.agents.templates import TEMPLATES
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.repository.git import git
from claudetask_core.services.repository.locate import (
    Places,
    locate,
    prepare_board,
    refuse_links_out,
    refuse_misplaced,
)
from claudetask_core.services.setup import elsewhere as setup_elsewhere
from claudetask_core.services.setup.board import DATABASE
from claudetask_core.services.setup.ground import (
    Ground,
    Launch,
    Scope,
    project_ground,
    user_ground,
)
from claudetask_core.services.setup.setup import Plan, Setup, Wanted
from claudetask_core.services.setup.silenced import silenced
from claudetask_mcp.commands.asking import NotConfirmed, confirmed
from claudetask_mcp.entry import Entry, inherited, misnamed_client_folder, site, user_store
from claudetask_mcp.launch import Start, given_start, start_of

QUESTION = "Write this? [y/N] "


class NoProjectHere(Invalid):
    code = "no_project_here"


class OnlyInProject(Invalid):
    code = "only_in_project"


class ClientFolderMisnamed(Invalid):
    code = "client_folder_misnamed"


@dataclass(frozen=True)
class Target:
    """The files of a scope, where what was written is remembered, and the project, if it is one."""

    ground: Ground
    store: Path
    places: Places | None

    @property
    def setup(self) -> Setup:
        return Setup(self.ground, self.store, KeptCopies(self.store / "kept"))


async def target(entry: Entry, scope: Scope) -> Target:
    """Finds the files that a scope is about; nothing is made.

    Raises:
        NoProjectHere: The folder is the user's home, or there is no home.
        ClientFolderMisnamed: It cannot be told which folder Claude Code reads.
        BoardLeadsOut: The board is a link that leads out of the project.
    """
    if scope is Scope.USER:
        if entry.home is None:
            raise NoProjectHere("There is no home folder.", next_step="Leave --scope away.")
        if (wrong := misnamed_client_folder()) is not None:
            raise ClientFolderMisnamed(f"Nothing was changed. {wrong.said}", next_step=wrong.mend)
        return Target(user_ground(entry.home), user_store(), None)
    places = await entry.locate()
    if entry.home is not None and places.root == entry.home.folder.resolve():
        raise NoProjectHere(
            f"{places.root} is your home folder, no project.",
            next_step="Change to a project, or give --scope user for all of them.",
        )
    await asyncio.to_thread(refuse_links_out, places.board)
    return Target(project_ground(places.root), places.board, places)


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    scope = Scope(arguments.scope)
    start = _start(arguments, scope)
    where = await target(entry, scope)
    if where.places is not None:
        board = where.places.board / DATABASE
        await asyncio.to_thread(refuse_misplaced, where.places, board, entry.settings)
    exact = where.places is not None and await _is_within(entry, where.places)
    launch = Launch(start.command, start.arguments, exact=exact)
    exclude = arguments.approve and await _seen_by_git(where.ground)
    wanted = _wanted(arguments, scope, launch, exclude=exclude)
    plan = await asyncio.to_thread(where.setup.plan, wanted)
    plan.remarks += await asyncio.to_thread(_elsewhere, entry, where, wanted)
    if start.only_here and scope is Scope.PROJECT and plan.changes:
        plan.remarks.append(
            "The command names a folder of this machine. Where others share this repository, "
            "give --command, for instance 'uvx claudetask-mcp'."
        )
    show(plan, "Nothing to do: all of it is there already.")
    if not plan.changes or arguments.dry_run:
        return 0
    if not arguments.yes and not await asyncio.to_thread(confirmed, QUESTION):
        raise NotConfirmed(
            "Nothing was written.", next_step="Answer y, or give --yes, once you have read it."
        )
    await asyncio.to_thread(_write, where, plan)
    _say(_done(plan, scope, approved=arguments.approve))
    return 0


async def _seen_by_git(ground: Ground) -> bool:
    """Whether git would take the approval along: nothing ignores it, and nobody committed it."""
    if ground.approvals is None:
        return False
    name = ground.name(ground.approvals)
    tracked = await git(ground.base, "ls-files", "--", name)
    ignored = await git(ground.base, "check-ignore", "--quiet", "--", name)
    return tracked == "" and ignored is None


def _elsewhere(entry: Entry, where: Target, wanted: Wanted) -> list[str]:
    """What starts the program already; a file of the client's that cannot be read says nothing."""
    own, root = where.ground, where.places.root if where.places else None
    user = user_ground(entry.home) if entry.home and root else None
    with suppress(DomainError):
        plugin = setup_elsewhere.plugin(own, user)
        servers = setup_elsewhere.servers(root, own, user, inherited()) if root else []
        planned = [setup_elsewhere.planned(own, wanted.launch)]
        return [
            *silenced(root, own, user, servers or planned, hooked=wanted.hooks),
            *([] if plugin is None else [setup_elsewhere.twice(*plugin)]),
            *(
                f"{one} already. Of servers of one name Claude Code takes one: what is for you in "
                "one project, before .mcp.json, the nearest first, before what is for all of yours."
                for one in servers
                if one.file != own.servers
            ),
        ]
    return []


def show(plan: Plan, nothing: str) -> None:
    """Prints the difference and what is left alone, or that there is none."""
    for change in plan.changes:
        _say(change.diff.replace("\r\n", "\n"))
    for remark in plan.remarks:
        _say(f"Note: {remark}")
    if not plan.changes:
        _say(nothing)


async def _is_within(entry: Entry, places: Places) -> bool:
    """Whether the project was named, and is a part of what would be found from it."""
    if entry.settings.project_path is None:
        return False
    return (await locate(places.root, exact=False)).root != places.root


def _start(arguments: argparse.Namespace, scope: Scope) -> Start:
    if arguments.launch is not None:
        return given_start(arguments.launch)
    return start_of(site(), full_path=scope is Scope.USER)


def _wanted(
    arguments: argparse.Namespace, scope: Scope, launch: Launch, *, exclude: bool
) -> Wanted:
    everything = arguments.all
    agents = TEMPLATES if everything or arguments.agents == [] else tuple(arguments.agents or ())
    in_project = [
        name
        for name, given in (
            ("--agents", bool(agents)),
            ("--block", arguments.block or everything),
            ("--approve", arguments.approve),
        )
        if given
    ]
    if scope is Scope.USER and in_project and not everything:
        raise OnlyInProject(
            f"{in_project[0]} is about one project.",
            next_step="Run init in the project, without --scope user, for it.",
        )
    mine = scope is Scope.USER
    return Wanted(
        launch=launch,
        hooks=arguments.hooks or everything,
        approve=arguments.approve,
        exclude=exclude,
        agents=() if mine else agents,
        block=not mine and (arguments.block or everything),
    )


def _write(where: Target, plan: Plan) -> None:
    is_new = prepare(where)
    where.setup.apply(plan, new_board=is_new)


def prepare(where: Target) -> bool:
    """Makes the place for records and copies; answers whether it was not there."""
    is_new = not where.store.exists()
    if where.places is not None:
        prepare_board(where.places)
    else:
        where.store.mkdir(mode=0o700, parents=True, exist_ok=True)
    return is_new


def named(plan: Plan, scope: Scope) -> str:
    """The files of a plan, as a person calls them."""
    if scope is Scope.USER:
        return ", ".join(str(change.before.path) for change in plan.changes)
    return ", ".join(change.name for change in plan.changes)


def _done(plan: Plan, scope: Scope, *, approved: bool) -> str:
    ask = (
        ""
        if approved or scope is Scope.USER
        else " and choose `Use this MCP server` for claudetask"
    )
    undo = f"uninstall{' --scope user' if scope is Scope.USER else ''}"
    return (
        f"Wrote {named(plan, scope)}.\n"
        f"Now start `claude`{ask}; running sessions see it after a restart. "
        f"`claudetask-mcp {undo}` takes it all out again."
    )


def _say(text: str) -> None:
    sys.stdout.write(printable(text.rstrip("\n")) + "\n")
