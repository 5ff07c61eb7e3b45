"""Several servers behind one board, as if on several machines."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from claudetask_core import core as core_module
from claudetask_core.clock import Clock
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.db.engine import Database
from claudetask_core.db.models import JobRow
from claudetask_core.errors import DomainError
from claudetask_core.schemas.event import Event, EventType
from claudetask_core.schemas.job import JobStatus
from claudetask_core.schemas.project import ProjectSettingsUpdate
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate
from claudetask_core.services import events as events_module
from claudetask_core.services.analysis import owner as analysis_owner
from claudetask_core.services.tasks.claims import Caller
from tests.core.analysis.support import FakeClaude, finished, result
from tests.postgresql_server import Server
from tests.support import HeldClock, eventually

WAIT = 15
ANN, BEN = Caller("ann"), Caller("ben")


class Machines:
    """Opens the same board on machines of different names, each with its own folder."""

    def __init__(self, url: str, folder: Path, stack: AsyncExitStack, fake: FakeClaude) -> None:
        self._url = url
        self._folder = folder
        self._stack = stack
        self._fake = fake

    async def open(
        self, patch: pytest.MonkeyPatch, name: str, clock: Clock, folder: str | None = None
    ) -> Core:
        start = self._folder / (folder or name)
        start.mkdir(exist_ok=True)
        patch.setattr(core_module, "this_machine", lambda: name)
        patch.setattr(analysis_owner, "_place", lambda: f"{name}/1")
        settings = Settings(
            database_url=self._url,
            rate_limit_enabled=False,
            claude_bin=str(self._fake.binary),
            index_watch=False,
        )
        opening = open_core(settings, start=start, home=None, clock=clock)
        return await self._stack.enter_async_context(opening)


@pytest.fixture
def fake(tmp_path: Path) -> FakeClaude:
    return FakeClaude(tmp_path / "fake")


@pytest.fixture
async def machines(database_url: str, tmp_path: Path, fake: FakeClaude) -> AsyncGenerator[Machines]:
    async with AsyncExitStack() as stack:
        yield Machines(database_url, tmp_path, stack, fake)


@pytest.fixture
async def two(
    machines: Machines, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> tuple[Core, Core]:
    here = await machines.open(monkeypatch, "here", clock)
    return here, await machines.open(monkeypatch, "there", clock)


async def first(core: Core, after: int) -> Event:
    async for event in core.events.watch(after):
        return event
    raise AssertionError("the watch ended")


async def test_a_change_by_another_server_is_heard_without_a_look(
    two: tuple[Core, Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLL_SECONDS", "HEARING_POLL_SECONDS"):
        monkeypatch.setattr(events_module, name, 3600.0)
    here, there = two
    watching = asyncio.create_task(first(here, 0))
    await eventually(lambda: here.events.hears)
    await there.tasks.create(TaskCreate(title="a"), ANN)
    event = await asyncio.wait_for(watching, WAIT)
    assert (event.type, event.id, event.actor) == (EventType.TASK, "1", "ann")


async def test_events_reach_a_watcher_again_after_the_server_came_back(
    own_server: Server,
    tmp_path: Path,
    fake: FakeClaude,
    clock: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events_module, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(events_module, "DEAF_PAUSES", (0.2,))
    url = own_server.create("board", "template0")
    async with AsyncExitStack() as stack:
        core = await Machines(url, tmp_path, stack, fake).open(monkeypatch, "here", clock)
        watching = asyncio.create_task(first(core, 0))
        await eventually(lambda: core.events.hears)
        own_server.stop("fast")
        with pytest.raises(DomainError) as refusal:
            await core.tasks.create(TaskCreate(title="a"), ANN)
        assert refusal.value.code == "board_unreachable"
        await eventually(lambda: not core.events.hears)
        own_server.start()
        monkeypatch.setattr(events_module, "HEARING_POLL_SECONDS", 3600.0)
        await eventually(lambda: core.events.hears)
        await core.tasks.create(TaskCreate(title="a"), ANN)
        assert (await asyncio.wait_for(watching, WAIT)).id == "1"


async def test_a_database_that_takes_no_writes_is_read_and_told_as_not_ready(
    own_server: Server,
    tmp_path: Path,
    fake: FakeClaude,
    clock: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = own_server.create("board", "template0")
    async with AsyncExitStack() as stack:
        core = await Machines(url, tmp_path, stack, fake).open(monkeypatch, "here", clock)
        await core.tasks.create(TaskCreate(title="a"), ANN)
        await core.queue.next(ANN, claim=True)
        await core.ready()
        async with core.database.write() as session:
            await session.execute(
                text("ALTER DATABASE board SET default_transaction_read_only = on")
            )
        await core.database.engine.dispose()
        for call in (core.ready(), core.tasks.create(TaskCreate(title="b"), ANN)):
            with pytest.raises(DomainError) as refusal:
                await call
            assert refusal.value.code == "board_unwritable"
        assert (await core.tasks.get(1, ANN)).claimed_by == "ann"
        assert "You hold:\n#1 a" in await core.resume.text(ANN)


async def test_a_user_who_may_only_read_is_told_as_not_ready(
    own_server: Server,
    tmp_path: Path,
    fake: FakeClaude,
    clock: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = own_server.create("board", "template0")
    async with AsyncExitStack() as stack:
        core = await Machines(url, tmp_path, stack, fake).open(monkeypatch, "here", clock)
        await core.tasks.create(TaskCreate(title="a"), ANN)
        await core.ready()
        own_server.execute("CREATE ROLE reader LOGIN PASSWORD 'x'")
        own_server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "board")
        theirs = make_url(url).set(username="reader", password="x")
        reader = await Machines(
            theirs.render_as_string(hide_password=False), tmp_path, stack, fake
        ).open(monkeypatch, "there", clock)
        assert (await reader.tasks.get(1, BEN)).title == "a"
        for call in (reader.ready(), reader.tasks.create(TaskCreate(title="b"), BEN)):
            with pytest.raises(DomainError) as refusal:
                await call
            assert refusal.value.code == "board_unwritable"
            assert "the owner of its database" in str(refusal.value.next_step)


async def test_two_servers_never_give_the_same_task(two: tuple[Core, Core]) -> None:
    for number in range(12):
        await two[0].tasks.create(TaskCreate(title=f"{number}"), ANN)

    async def drained(core: Core, name: str) -> list[int]:
        taken: list[int] = []
        while (found := await core.queue.next(Caller(f"{name}-{len(taken)}"), claim=True)).task:
            taken.append(found.task.id)
        return taken

    given = await asyncio.gather(*(drained(c, n) for c in two for n in (f"{id(c)}a", f"{id(c)}b")))
    assert sorted(number for taken in given for number in taken) == list(range(1, 13))


async def test_what_another_machine_holds_from_an_equal_path_is_not_ours_to_resume(
    machines: Machines, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await machines.open(monkeypatch, "here", clock)
    session = Caller("claude-code:one", str(here.places.root))
    await here.tasks.create(TaskCreate(title="mine"), session)
    await here.queue.next(session, claim=True)
    later = Caller("claude-code:two", str(here.places.root))
    assert "Claimed from this worktree by others" in await here.resume.text(later)
    there = await machines.open(monkeypatch, "there", clock, folder="here")
    assert there.places.root == here.places.root
    assert "Claimed from this worktree" not in await there.resume.text(later)


async def test_a_job_runs_once_and_another_machine_leaves_it_alone(
    two: tuple[Core, Core], fake: FakeClaude, clock: HeldClock
) -> None:
    here, there = two
    fake.script(hang=True)
    task = (await here.tasks.create(TaskCreate(title="a"), ANN)).task
    job = await here.analysis.start(task.id, ANN)
    await fake.called()
    with pytest.raises(DomainError) as refusal:
        await there.analysis.start(task.id, BEN)
    assert refusal.value.code == "analysis_running"
    there.analysis.serve()
    for _ in range(4):
        await there.analysis.recover()
        clock.advance(10)
        await beaten(here, job.id, clock)
    assert (await there.analysis.get(job.id)).status is JobStatus.RUNNING
    assert len(fake.calls()) == 1
    await there.analysis.cancel(job.id, BEN)
    assert (await finished(there, job)).error == "Cancelled by ben."


async def beaten(core: Core, job_id: str, clock: HeldClock) -> None:
    """Waits for the heartbeat of a job to be that of now."""

    async def is_fresh() -> bool:
        return await heartbeat(core.database, job_id) == clock.now()

    await eventually(is_fresh, WAIT)


async def heartbeat(database: Database, job_id: str) -> object:
    async with database.read() as session:
        row = await session.get_one(JobRow, job_id)
        return row.heartbeat_at


async def test_the_job_of_a_machine_that_fell_silent_is_taken_over(
    machines: Machines, fake: FakeClaude, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await machines.open(monkeypatch, "here", clock)
    task = (await here.tasks.create(TaskCreate(title="a"), ANN)).task
    async with here.database.write() as session:
        session.add(left_behind(task.id, clock))
    fake.script(lines=[result()])
    assert (await here.analysis.get("left")).status is JobStatus.RUNNING
    clock.advance(29)
    assert (await here.analysis.get("left")).status is JobStatus.RUNNING
    clock.advance(2)
    assert (await here.analysis.get("left")).status is JobStatus.QUEUED
    here.analysis.serve()
    job = await here.analysis.get("left")
    assert (await finished(here, job)).status is JobStatus.SUCCEEDED
    assert len(fake.calls()) == 1


def left_behind(task_id: int, clock: HeldClock) -> JobRow:
    """A running job of a machine that ended, and whose clock was an hour ahead."""
    return JobRow(
        id="left",
        task_id=task_id,
        kind="analysis",
        status="running",
        progress=0.5,
        message="",
        provider="claude-code",
        actor="ann",
        owner="gone/1:1:1",
        cancel_requested=False,
        attempts=1,
        created_at=clock.now(),
        started_at=clock.now(),
        heartbeat_at=clock.now() + timedelta(hours=1),
    )


async def test_a_claim_is_refused_to_the_caller_of_another_server(two: tuple[Core, Core]) -> None:
    here, there = two
    await here.tasks.create(TaskCreate(title="a"), ANN)
    await here.queue.next(ANN, claim=True)
    with pytest.raises(DomainError) as refusal:
        await there.tasks.move(1, StatusChange(status=Status("Testing")), BEN)
    assert refusal.value.code == "claimed"
    assert "ann" in str(refusal.value)


async def test_another_machines_project_folder_is_not_ours(
    two: tuple[Core, Core], tmp_path: Path
) -> None:
    here, there = two
    (tmp_path / "moved").mkdir()
    moved = ProjectSettingsUpdate(project_path=str(tmp_path / "moved"))
    await here.project.update(moved, "ann")
    assert (await here.project.settings()).project_path == str(tmp_path / "moved")
    assert (await there.project.settings()).project_path == str(there.places.root)
