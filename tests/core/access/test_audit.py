"""Who did what is told over tasks, settings, files, jobs and tokens, in one order."""

import pytest
from pydantic import ValidationError
from sqlalchemy import delete

from claudetask_core.core import Core
from claudetask_core.db.models import EventRow
from claudetask_core.schemas.agent import AgentCreate
from claudetask_core.schemas.audit import AuditEntry, AuditKind, AuditPage
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.schemas.overview import ActivityPage
from claudetask_core.schemas.project import ProjectSettingsUpdate
from claudetask_core.schemas.task import TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock
from tests.support_tokens import token

ANN, ANNS = Caller("@ann"), Caller("@ann/builder")


async def done(core: Core, clock: HeldClock) -> None:
    """One act of each kind, a second apart but for the last two."""
    await core.tasks.create(TaskCreate(title="a"), ANN)
    clock.advance(1)
    await core.tasks.update(1, TaskUpdate(description="long " * 100), ANNS)
    clock.advance(1)
    await core.project.update(ProjectSettingsUpdate(github_repo="an/owner"), "@ann")
    clock.advance(1)
    await core.agents.create(AgentCreate(name="r", description="d", prompt="p"), "@ann/builder")
    clock.advance(1)
    await core.claude_md.write(ClaudeMdWrite(content="# A\n"), "@annette", require_hash=False)
    clock.advance(1)
    await token(core, "ann", "write")
    await core.tasks.create(TaskCreate(title="b"), Caller("bob"))


def told(found: list[AuditEntry]) -> list[tuple[str, str, str, str]]:
    return [(one.actor, one.action, one.kind.value, one.subject) for one in found]


ALL = [
    ("bob", "created", "task", "2"),
    ("cli", "created", "token", "ann"),
    ("@annette", "updated", "claude_md", "CLAUDE.md"),
    ("@ann/builder", "created", "agent", "r"),
    ("@ann", "updated", "project", "1"),
    ("@ann/builder", "updated", "task", "1"),
    ("@ann", "created", "task", "1"),
]


async def test_everything_is_told_newest_first(core: Core, clock: HeldClock) -> None:
    await done(core, clock)
    assert told(await core.audit.find(AuditPage())) == ALL


async def test_pages_of_any_size_have_each_entry_once(core: Core, clock: HeldClock) -> None:
    await done(core, clock)
    for size in range(1, 8):
        seen: list[AuditEntry] = []
        before: str | None = None
        while page := await core.audit.find(AuditPage(limit=size, before=before)):
            seen += page
            before = page[-1].number
        assert told(seen) == ALL, size


async def test_a_holder_is_found_with_their_agents_and_nobody_else(
    core: Core, clock: HeldClock
) -> None:
    await done(core, clock)
    found = await core.audit.find(AuditPage(actor="@ann"))
    assert {one.actor for one in found} == {"@ann", "@ann/builder"}
    assert len(found) == 4
    assert told(await core.audit.find(AuditPage(actor="@ann/builder"))) == [ALL[3], ALL[5]]
    assert [one.actor for one in await core.overview.activity(ActivityPage(actor="@ann"))] == [
        "@ann",
        "@ann/builder",
        "@ann",
    ]
    assert [one.id for one in await core.events.past(9, actor="@ann")] == ["r"]


@pytest.mark.parametrize("kind", list(AuditKind))
async def test_one_kind_is_told_alone(core: Core, clock: HeldClock, kind: AuditKind) -> None:
    await done(core, clock)
    assert told(await core.audit.find(AuditPage(kind=kind))) == [
        one for one in ALL if one[2] == kind
    ]


async def test_what_was_before_is_left_out_and_long_values_are_cut(
    core: Core, clock: HeldClock
) -> None:
    await done(core, clock)
    everything = await core.audit.find(AuditPage())
    since = everything[3].at
    assert told(await core.audit.find(AuditPage(since=since))) == ALL[:4]
    assert everything[5].field == "description"
    assert len(everything[5].new) == 201


async def test_a_place_that_no_page_ended_with_is_refused() -> None:
    for before in ("", "1", "x1", "1h", "1h2a3", "9" * 18 + "h1", "1a" + "9" * 19):
        with pytest.raises(ValidationError):
            AuditPage(before=before)


async def test_the_furthest_place_and_moment_are_answered(core: Core) -> None:
    assert await core.audit.find(AuditPage(before="9" * 17 + "h" + "9" * 18)) == []
    page = AuditPage.model_validate({"since": "9999-12-31T23:59:59Z"})
    assert await core.audit.find(page) == []


@pytest.mark.parametrize("since", ["0.5", "1", "2026-11-01T00:00:00", "2026-11-01", ""])
def test_a_moment_that_is_not_written_out_with_its_zone_is_refused(since: str) -> None:
    with pytest.raises(ValidationError):
        AuditPage.model_validate({"since": since})


async def test_who_changed_a_file_is_told_after_its_event_is_gone(
    core: Core, clock: HeldClock
) -> None:
    await done(core, clock)
    async with core.database.write() as session:
        await session.execute(delete(EventRow))
    assert told(await core.audit.find(AuditPage(kind=AuditKind.AGENT))) == [ALL[3]]
