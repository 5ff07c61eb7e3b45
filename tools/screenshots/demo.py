"""A project with a board in the middle of its life, for pictures of the pages."""

import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from claudetask_core.clock import SystemClock
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import JobRow
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from tools.screenshots.story import DESCRIPTION, FILES, NOTE, TASKS, Told

SEED = 11
DAYS = 29
LEASE = 7 * 24 * 3600
RECENT = timedelta(days=5)

WAY = (Status.READY, Status.IN_PROGRESS, Status.TESTING, Status.CODE_REVIEW, Status.DONE)
JOBS = (
    (3, "succeeded", None, 0.214),
    (11, "cancelled", "Cancelled by ann.", 0.031),
    (12, "succeeded", None, 0.187),
    (17, "failed", "Claude Code did not answer within 600 seconds.", None),
)
DOINGS = (
    (9, EventType.AGENT, "created", "test-writer", "ann"),
    (2.4, EventType.CLAUDE_MD, "updated", "CLAUDE.md", "backend-dev"),
    (0.9, EventType.JOB, "cancelled", f"{1:012x}", "ann"),
    (0.6, EventType.AGENT, "updated", "reviewer", "claude-code:4f2a"),
    (0.12, EventType.JOB, "succeeded", f"{0:012x}", "ann"),
)
AGENTS = ("claude-code:4f2a", "backend-dev", "test-writer", "ann")


class TellingClock(SystemClock):
    """The time at which the story is."""

    def __init__(self, present: datetime) -> None:
        self.present = present

    def now(self) -> datetime:
        return self.present


def make_project(folder: Path) -> Path:
    """A small repository."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=20)  # noqa: S603, S607 — git is what a project needs
    return folder


async def fill(folder: Path) -> None:
    """Tells the story of the board, over the weeks before now."""
    end = datetime.now(UTC)
    clock = TellingClock(end - timedelta(days=DAYS))
    settings = Settings(analysis_provider="none", index_watch=False, lease_seconds=LEASE)
    chance = random.Random(SEED)  # noqa: S311 — a picture, no secret
    async with open_core(settings, start=folder, home=None, clock=clock) as core:
        pace = timedelta(days=DAYS) / len(TASKS)
        for number, told in enumerate(TASKS):
            clock.present = end - timedelta(days=DAYS) + number * pace
            await _one(core, clock, told, chance, end)
        clock.present = end - timedelta(minutes=4)
        await core.notes.create(3, NOTE, Caller("backend-dev"))
        for days, kind, action, subject, actor in DOINGS:
            clock.present = end - timedelta(days=days)
            await core.events.announce(kind, action, subject, actor)
        async with core.database.write() as session:
            session.add_all(_jobs(end))
            await _in_order(session)


async def _in_order(session: WriteSession) -> None:
    """The tasks were told one after the other; a history is in the order of its moments."""
    ranked = "SELECT id, row_number() OVER (ORDER BY at, id) AS place FROM history"
    for statement in (
        f"UPDATE history SET id = -(SELECT place FROM ({ranked}) r WHERE r.id = history.id)",  # noqa: S608 — no text of others
        "UPDATE history SET id = -id",
    ):
        await session.execute(sa.text(statement))


async def _one(
    core: Core, clock: TellingClock, told: Told, chance: random.Random, end: datetime
) -> None:
    who = Caller(chance.choice(AGENTS))
    made = await core.tasks.create(
        TaskCreate.model_validate(
            {
                "title": told.title,
                "type": told.type,
                "priority": told.priority,
                "description": told.description or DESCRIPTION,
                "acceptance_criteria": list(told.criteria),
                "depends_on": list(told.depends_on),
                "parent_id": told.parent,
                "git_branch": told.branch,
                "related_files": list(told.files),
                "analysis": told.analysis,
            }
        ),
        who,
    )
    for step, status in enumerate(_way(told.status)):
        wait = timedelta(hours=chance.uniform(2, 50 if step else 90))
        clock.present = min(clock.present + wait, end - timedelta(minutes=chance.randint(3, 400)))
        if told.status in {Status.IN_PROGRESS, Status.TESTING}:  # whose claims are to hold still
            clock.present = max(clock.present, end - RECENT)
        if status is Status.CODE_REVIEW and told.criteria:
            checks = {n: "tests/test_shop.py passes" for n, _ in enumerate(told.criteria, 1)}
            await core.tasks.update(made.task.id, TaskUpdate(check=checks), who)
        comment = "Starting" if status is Status.IN_PROGRESS else None
        await core.tasks.move(made.task.id, StatusChange(status=status, comment=comment), who)
    if told.status is Status.IN_PROGRESS and told.criteria:
        await core.tasks.update(made.task.id, TaskUpdate(check={1: "test_parse_zones passes"}), who)


def _jobs(end: datetime) -> Iterator[JobRow]:
    """Analyses as they ended."""
    for number, (task_id, status, error, cost) in enumerate(JOBS):
        begun = end - timedelta(hours=3 + 20 * number)
        yield JobRow(
            id=f"{number:012x}",
            task_id=task_id,
            kind="analysis",
            status=status,
            progress=1.0,
            message=status,
            error=error,
            provider="claude-code",
            actor="ann",
            owner="",
            cancel_requested=False,
            cost_usd=cost,
            turns=9 + number,
            created_at=begun,
            started_at=begun,
            finished_at=begun + timedelta(seconds=70 + 31 * number),
        )


def _way(to: Status) -> Iterator[Status]:
    """The statuses a task goes through on its way there."""
    if to is Status.ANALYSIS:
        yield to
    elif to is not Status.BACKLOG:
        yield from WAY[: WAY.index(to) + 1]
