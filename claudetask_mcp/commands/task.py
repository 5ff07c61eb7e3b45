"""`task …`: the board for people, scripts, and subagents that have no MCP tools."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, TypeAdapter

from claudetask_core.printable import printable, printable_json
from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import (
    NoteCreate,
    OnDuplicate,
    PackTokens,
    Page,
    SimilarCount,
    SimilarQuery,
    StatusChange,
    TaskCreate,
    TaskFilter,
    TaskUpdate,
)
from claudetask_core.services.access.actors import acting
from claudetask_mcp.arguments import given, worded_as_invalid
from claudetask_mcp.at_shell import at_shell
from claudetask_mcp.entry import Entry
from claudetask_mcp.render import task_lists, tasks

if TYPE_CHECKING:
    from claudetask_core.core import Core
    from claudetask_core.services.tasks.claims import Caller

NAME: TypeAdapter[str] = TypeAdapter(ActorName)
QUERY: TypeAdapter[str] = TypeAdapter(SimilarQuery)
TOKENS: TypeAdapter[int] = TypeAdapter(PackTokens)
COUNT: TypeAdapter[int] = TypeAdapter(SimilarCount)
DEFAULT_CALLER = "cli"


@dataclass(frozen=True)
class Told:
    """An answer for people, and the same as JSON."""

    text: str
    data: BaseModel | Sequence[BaseModel] | None


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    with worded_as_invalid(f"task {arguments.action}"):
        name = acting(None, NAME.validate_python(arguments.agent or _session(entry)))
        async with entry.open() as core:
            from claudetask_core.services.tasks.claims import Caller  # noqa: PLC0415 — loaded with it

            who = Caller(name or DEFAULT_CALLER, str(core.places.root))
            told = await ACTIONS[arguments.action](core, who, arguments)
    text = printable_json(_json(told.data)) if arguments.json else printable(told.text)
    sys.stdout.write(text + "\n")
    return 0


def _session(entry: Entry) -> str:
    """The session of Claude Code whose shell this is, else a name for all who use this command."""
    return entry.process() if entry.session else DEFAULT_CALLER


def _json(data: BaseModel | Sequence[BaseModel] | None) -> str:
    if isinstance(data, BaseModel):
        return data.model_dump_json(indent=2)
    if data is None:
        return "null"
    return "[" + ",\n".join(item.model_dump_json(indent=2) for item in data) + "]"


async def _list(core: "Core", _: "Caller", asked: argparse.Namespace) -> Told:
    wanted = TaskFilter(
        **given(status=asked.status, type=asked.type, priority=asked.priority, q=asked.query)
    )
    page = await core.tasks.find(wanted, Page(limit=asked.limit, after_id=asked.after or 0))
    more = page.tasks[-1].id if len(page.tasks) == asked.limit else None
    text = task_lists.listed(page.tasks, page.total, None)
    if more is not None and page.total > len(page.tasks):
        text += f"\nmore with --after {more}"
    return Told(text, page.tasks)


async def _show(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    if asked.pack is not None:
        await core.tasks.get(asked.task_id, who)  # renews the claim of its holder
        packed = await core.pack.pack(asked.task_id, TOKENS.validate_python(asked.pack))
        return Told(packed.text, packed)
    details = await core.tasks.details(asked.task_id, who)
    branch = await core.branches.find(details.task.git_branch)
    return Told(tasks.whole(details, branch=branch), details.task)


async def _next(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    answer = await core.queue.next(who, claim=asked.claim)
    return Told(tasks.next_task(answer, who.name, at_shell), answer)


async def _add(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    data = TaskCreate(
        title=asked.title,
        **given(
            description=asked.description,
            type=asked.type,
            priority=asked.priority,
            acceptance_criteria=asked.criterion,
            depends_on=asked.depends_on,
            parent_id=asked.parent,
        ),
    )
    made = await core.tasks.create(data, who, on_duplicate=OnDuplicate.WARN)
    circle = await core.links.waits_for_itself(made.task)
    return Told(tasks.created(made.task, made.duplicates, circle), made.task)


async def _move(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    optional = given(comment=asked.comment, force_reason=asked.force_reason)
    task = await core.tasks.move(
        asked.task_id,
        StatusChange(status=asked.status, **optional),
        who,
        expected_version=asked.if_version,
    )
    rest = f"claudetask-mcp task show {task.id}"
    around = tasks.ALONE if task.completed_at else await core.links.around(task)
    return Told(tasks.moved(task, who.name, around, rest), task)


async def _note(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    text = NoteCreate(text=asked.text).text
    note = await core.notes.create(asked.task_id, text, who)
    return Told(f"Noted on #{asked.task_id} (note {note.id}).", note)


async def _check(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    update = TaskUpdate(check={asked.criterion: asked.evidence})
    written = await core.tasks.write(asked.task_id, update, who, expected_version=asked.if_version)
    merged = asked.if_version is None
    return Told(tasks.updated(written, ["check"], merged=merged), written.task)


async def _similar(core: "Core", _: "Caller", asked: argparse.Namespace) -> Told:
    status = core.tasks.known(TaskFilter(**given(status=asked.status)).status)
    query, top_k = QUERY.validate_python(asked.query), COUNT.validate_python(asked.top_k)
    found = await core.similar.find(query, top_k=top_k, status=status)
    return Told(task_lists.similar(found), found)


async def _release(core: "Core", who: "Caller", asked: argparse.Namespace) -> Told:
    task = await core.queue.release(asked.task_id, who)
    return Told(f"Released #{task.id}; it stays in {task.status}.", task)


Action = Callable[["Core", "Caller", argparse.Namespace], Awaitable[Told]]
ACTIONS: dict[str, Action] = {
    "list": _list,
    "show": _show,
    "next": _next,
    "add": _add,
    "move": _move,
    "note": _note,
    "check": _check,
    "similar": _similar,
    "release": _release,
}
