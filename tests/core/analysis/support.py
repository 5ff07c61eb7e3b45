"""What the tests of analyses share."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from claudetask_core.core import Core
from claudetask_core.schemas.job import ACTIVE, Job
from claudetask_core.schemas.task import Task, TaskCreate
from claudetask_core.services.tasks.claims import Caller
from tests.support import eventually

SECONDS = 60.0
ALICE = Caller("alice")

ANSWER: dict[str, Any] = {
    "summary": "Logins fail after midnight.",
    "approach": ["Write a test that fails", "Compare in UTC\nand say why"],
    "files": [{"path": "src/login.py", "line": 12, "why": "compares local times"}],
    "risks": ["Stored times may be local"],
    "acceptance_criteria": ["A login at 00:30 works"],
    "suggested_agent": None,
    "size": "S",
}


def result(**changes: Any) -> dict[str, Any]:
    """The client's last line, of a success unless changed."""
    return {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "api_error_status": None,
        "num_turns": 3,
        "result": "words",
        "stop_reason": "end_turn",
        "total_cost_usd": 0.25,
        "structured_output": ANSWER,
        **changes,
    }


def turn(number: int, tool: str, **given: Any) -> dict[str, Any]:
    """One answer of the model that uses a tool."""
    block = {"type": "tool_use", "name": tool, "input": given}
    return {"type": "assistant", "message": {"id": f"m{number}", "content": [block]}}


class FakeClaude:
    """The stand-in program in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.binary = folder / "claude"
        source = Path(__file__).with_name("fake_claude.py").read_text("utf-8")
        self.binary.write_text(f"#!{sys.executable} -IS\n{source}", "utf-8")
        self.binary.chmod(0o700)
        self.script(lines=[result()])

    def script(self, **script: Any) -> None:
        (self.folder / "script.json").write_text(json.dumps(script), "utf-8")

    def calls(self) -> list[dict[str, Any]]:
        """How it was called, each time."""
        texts = [path.read_text("utf-8") for path in sorted(self.folder.glob("call.*.json"))]
        return [cast("dict[str, Any]", json.loads(text)) for text in texts]

    async def called(self) -> dict[str, Any]:
        """Waits for a call."""
        await eventually(self.calls)
        return self.calls()[-1]

    def forget(self) -> None:
        for path in self.folder.glob("call.*.json"):
            path.unlink()


async def job_when(core: Core, job: Job, holds: Callable[[Job], bool]) -> Job:
    """Waits for the job to be so."""
    async with asyncio.timeout(SECONDS):
        while not holds(present := await core.analysis.get(job.id)):  # noqa: ASYNC110 — as above
            await asyncio.sleep(0.03)
    return present


async def finished(core: Core, job: Job) -> Job:
    """Waits for the job to end."""
    return await job_when(core, job, lambda present: present.status not in ACTIVE)


async def analysed(core: Core, task: Task) -> Job:
    """Runs an analysis to its end."""
    return await finished(core, await core.analysis.start(task.id, ALICE))


async def new_task(core: Core, title: str = "Fix the login", **fields: Any) -> Task:
    return (await core.tasks.create(TaskCreate(title=title, **fields), ALICE)).task


def inside(core: Core, name: str) -> Any:
    """A part of the service that has no public door, to break it or to see that it is idle."""
    return getattr(core.analysis, f"_{name}")


async def who_cancelled(core: Core) -> list[str]:
    return [event.actor for event in await core.events.since(0) if event.action == "cancelled"]
