"""What can be read by address: JSON for programs, Markdown where people wrote it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.resources import TextResource

from claudetask_core.errors import Invalid
from claudetask_core.printable import printable, printable_json
from claudetask_core.schemas.task import MAX_ID, Page, TaskFilter
from claudetask_mcp.app import App, Visit, visit
from claudetask_mcp.subscriptions import AGENTS, CLAUDE_MD, JOBS, PROJECT, RESUME, TASKS

JSON = "application/json"
MARKDOWN = "text/markdown"
LISTED = {
    "id",
    "title",
    "type",
    "priority",
    "status",
    "claimed_by",
    "parent_id",
    "depends_on",
    "version",
    "updated_at",
}
MAX_LISTED = 500


class TaskNumberInvalid(Invalid):
    code = "task_number_invalid"


@dataclass(frozen=True)
class Fixed:
    """A resource that is always there, under an address without parameters."""

    uri: str
    name: str
    description: str
    mime_type: str
    read: Callable[[Visit], Awaitable[str]]

    def listed(self) -> TextResource:
        """What `resources/list` shows; the text is read by `Server.read_resource`."""
        return TextResource(
            uri=self.uri,
            name=self.name,
            description=self.description,
            mime_type=self.mime_type,
            text="",
        )


async def _tasks(here: Visit) -> str:
    page = await here.core.tasks.find(TaskFilter(), Page(limit=MAX_LISTED))
    counts = await here.core.tasks.counts()
    tasks = [task.model_dump(mode="json", include=LISTED) for task in page.tasks]
    return _json({"total": page.total, "counts": counts, "tasks": tasks})


async def _agents(here: Visit) -> str:
    found = await here.core.agents.find()
    return _json([agent.model_dump(mode="json", exclude={"prompt"}) for agent in found])


async def _claude_md(here: Visit) -> str:
    return printable((await here.core.claude_md.read()).content)


async def _project(here: Visit) -> str:
    status = await here.core.status()
    return _json(status.model_dump(mode="json", exclude={"settings": {"claude_config"}}))


async def _resume(here: Visit) -> str:
    return await here.core.resume.text(here.caller)


FIXED = {
    resource.uri: resource
    for resource in (
        Fixed(TASKS, "tasks", "The tasks of the board and how many stand where", JSON, _tasks),
        Fixed(AGENTS, "agents", "Claude Code's subagents here, without prompts", JSON, _agents),
        Fixed(CLAUDE_MD, "claude-md", "The project's CLAUDE.md", MARKDOWN, _claude_md),
        Fixed(PROJECT, "project", "Settings, counts, index and running jobs", JSON, _project),
        Fixed(
            RESUME,
            "resume",
            "Where you stopped: your tasks, what others changed since, what is next",
            MARKDOWN,
            _resume,
        ),
    )
}

TEMPLATES = (f"{TASKS}/{{task_id}}", f"{AGENTS}/{{name}}", f"{JOBS}/{{job_id}}")


async def _task(task_id: str, ctx: Context) -> str:
    number = task_number(task_id)
    here = await visit(ctx)
    details = await here.core.tasks.details(number, here.caller)
    branch = await here.core.branches.find(details.task.git_branch)
    return _json(
        {
            **details.task.model_dump(mode="json"),
            **details.around.model_dump(mode="json"),
            "notes": [note.model_dump(mode="json") for note in details.notes],
            "branch": branch.model_dump(mode="json"),
        }
    )


async def _agent(name: str, ctx: Context) -> str:
    here = await visit(ctx)
    return _json((await here.core.agents.get(name)).model_dump(mode="json"))


async def _job(job_id: str, ctx: Context) -> str:
    here = await visit(ctx)
    return _json((await here.core.analysis.get(job_id)).model_dump(mode="json"))


def task_number(text: str) -> int:
    """The number of a task as a person or a model writes it: `12` or `#12`.

    Raises:
        TaskNumberInvalid: It is none.
    """
    digits = text.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:20]) <= MAX_ID:
        raise TaskNumberInvalid(
            f"{text[:60]!r} is not the number of a task.",
            next_step="Give a number such as 12; list_tasks shows them.",
        )
    return int(digits)


def add_resources(server: MCPServer[App]) -> None:
    for fixed in FIXED.values():
        server.add_resource(fixed.listed())
    task, agent, job = TEMPLATES
    server.resource(task, name="task", description="One task with its notes", mime_type=JSON)(_task)
    server.resource(job, name="job", description="How far an analysis is", mime_type=JSON)(_job)
    server.resource(agent, name="agent", description="One agent with its prompt", mime_type=JSON)(
        _agent
    )


def _json(value: Any) -> str:
    return printable_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
