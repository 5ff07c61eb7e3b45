"""`uninstall`: shows what it would take out of the files that `init` wrote, asks, and does it."""

import argparse
import asyncio
import sys

from claudetask_core.printable import printable
from claudetask_core.services.disk.files import look
from claudetask_core.services.setup.board import remove_board, worth_keeping
from claudetask_core.services.setup.ground import Scope
from claudetask_core.services.setup.record import Written
from claudetask_core.services.setup.settings import MAX_BYTES
from claudetask_core.services.setup.setup import Plan
from claudetask_mcp.commands.asking import NotConfirmed, confirmed
from claudetask_mcp.commands.init import Target, named, prepare, show, target
from claudetask_mcp.entry import Entry

QUESTION = "Take this out? [y/N] "


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    scope = Scope(arguments.scope)
    where = await target(entry, scope)
    plan = await asyncio.to_thread(where.setup.plan_removal)
    show(plan, "None of the files names the program.")
    with_board = arguments.board and scope is Scope.PROJECT and where.store.exists()
    if with_board:
        _say(f"Deletes {where.store} with " + _content(where))
    if arguments.dry_run:
        return 0
    asks = bool(plan.changes) or with_board
    if asks and not arguments.yes and not await asyncio.to_thread(confirmed, QUESTION):
        raise NotConfirmed(
            "Nothing was changed.", next_step="Answer y, or give --yes, once you have read it."
        )
    if asks or where.store.exists():
        _say(await asyncio.to_thread(_take_out, where, plan, with_board=with_board))
    return 0


def _take_out(where: Target, plan: Plan, *, with_board: bool) -> str:
    is_new = prepare(where)
    written = where.setup.apply_removal(plan)
    scope = Scope.USER if where.places is None else Scope.PROJECT
    said = f"Took the program out of {named(plan, scope)}." if plan.changes else ""
    if with_board:
        remove_board(where.store)
        return f"{said} Deleted {where.store}.".strip()
    reasons = worth_keeping(where.store, _hashes(where, plan, written))
    if (is_new or written.board) and not reasons:
        remove_board(where.store)
        return said
    why = "; ".join(reasons) or "it was there before init"
    return f"{said} {where.store} stays: {why}.".strip()


def _hashes(where: Target, plan: Plan, written: Written) -> list[str]:
    base = where.ground.within
    present = (
        look(base, change.before.path, limit=MAX_BYTES).hash
        for change in plan.changes
        if change.before.base == base
    )
    return [*(one for one in present if one), *(file.hash for file in written.files.values())]


def _content(where: Target) -> str:
    return "; ".join(worth_keeping(where.store, ())) or "nothing of yours in it"


def _say(text: str) -> None:
    sys.stdout.write(printable(text.rstrip("\n")) + "\n")
