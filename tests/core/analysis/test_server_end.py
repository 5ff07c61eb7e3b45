"""What becomes of analyses when their server ends, is killed, or is not the only one."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.core import Core
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import JobRow
from claudetask_core.errors import DomainError
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.schemas.task import Status
from claudetask_core.services.analysis import analyses as analysis
from claudetask_core.services.analysis.claude_code.provider import ClaudeCode
from claudetask_core.services.analysis.jobs import Turn
from claudetask_core.services.analysis.provider import Outcome
from claudetask_core.services.tasks.claims import Caller
from tests.core.analysis.support import (
    ALICE,
    SECONDS,
    FakeClaude,
    finished,
    inside,
    new_task,
    result,
    who_cancelled,
)
from tests.support import HeldClock, eventually, is_alive

BOB = Caller("bob")
PATIENCE = analysis.CLOSE_SECONDS + analysis.LAST_SECONDS


async def test_a_start_that_the_end_of_the_server_overtakes_is_interrupted(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    jobs = inside(core, "jobs")
    create = jobs.create

    async def create_while_closing(*given: object) -> Job:
        job = await create(*given)
        monkeypatch.setattr(core.analysis, "_closed", True)
        return job

    monkeypatch.setattr(jobs, "create", create_while_closing)
    job = await core.analysis.start(task.id, ALICE)
    assert (await finished(core, job)).status is JobStatus.INTERRUPTED


async def test_a_start_that_the_end_of_the_server_cuts_off_is_refused(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    begun = asyncio.Event()

    async def never(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(inside(core, "jobs"), "create", never)
    monkeypatch.setattr(analysis, "CLOSE_SECONDS", 0.05)
    starting = asyncio.create_task(core.analysis.start(task.id, ALICE))
    await asyncio.wait_for(begun.wait(), 5)
    await core.analysis.close()
    with pytest.raises(DomainError) as caught:
        await asyncio.wait_for(starting, 5)
    assert caught.value.code == "shutting_down"


def test_the_end_of_the_server_waits_less_than_two_seconds_for_jobs() -> None:
    assert PATIENCE < 2


async def test_the_end_of_the_server_interrupts_jobs(core: Core, fake: FakeClaude) -> None:
    fake.script(hang=True, ignore=["SIGINT", "SIGTERM"])
    running = await core.analysis.start((await new_task(core, "one")).id, ALICE)
    pid = (await fake.called())["pid"]
    task = await new_task(core, "two")
    queued = await core.analysis.start(task.id, ALICE)
    await core.analysis.close()
    for job in (running, queued):
        ended = await core.analysis.get(job.id)
        assert ended.status is JobStatus.INTERRUPTED
        assert "Start the analysis again" in (ended.error or "")
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG
    await eventually(lambda: not is_alive(pid))


async def test_what_does_not_end_in_time_is_left_behind_and_recovered(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    pid = (await fake.called())["pid"]

    def ignore(_grace: float) -> None:
        pass

    monkeypatch.setattr(inside(core, "runs")[job.id].stop, "ask", ignore)
    monkeypatch.setattr(analysis, "CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(analysis, "LAST_SECONDS", 30)  # on however busy a machine
    await core.analysis.close()
    assert (await core.analysis.get(job.id)).status is JobStatus.INTERRUPTED
    await eventually(lambda: not is_alive(pid))


SERVER = """
import asyncio, sys
from pathlib import Path
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.services.analysis.jobs import Ending, Turn
from claudetask_core.services.tasks.claims import Caller

async def main(root, binary):
    settings = Settings(claude_bin=binary, index_watch=False)
    async with open_core(settings, start=Path(root), home=None) as core:
        await core.analysis.start(1, Caller("other"))
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_killed_servers_client_ends_and_its_job_is_run_once_more(
    core: Core, fake: FakeClaude, tmp_path: Path
) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    program = tmp_path / "server.py"
    program.write_text(SERVER)
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(program), str(core.places.root), str(fake.binary)
    )
    try:
        pid = (await fake.called())["pid"]
        (job,) = await core.analysis.unfinished()
        assert job.status is JobStatus.RUNNING  # a living server's job is left alone
        assert (await core.tasks.get(task.id)).status is Status.ANALYSIS
    finally:
        server.send_signal(signal.SIGKILL)
        await asyncio.wait_for(server.wait(), 5)
    await eventually(lambda: not is_alive(pid))
    (again,) = await core.analysis.unfinished()
    assert (again.id, again.status, again.attempts) == (job.id, JobStatus.QUEUED, 2)
    assert (await core.tasks.get(task.id)).status is Status.ANALYSIS
    fake.script(lines=[result()])
    core.analysis.serve()
    assert (await finished(core, job)).status is JobStatus.SUCCEEDED
    told = [e.action for e in await core.events.since(0) if e.type is EventType.JOB]
    assert [action for action in told if action != "progress"] == [
        "queued",
        "running",
        "interrupted",
        "queued",
        "running",
        "succeeded",
    ]


async def orphaned(core: Core, job: Job, **fields: object) -> None:
    """Makes a job one of a server that is gone."""
    async with core.database.write() as session:
        row = await session.get_one(JobRow, job.id)
        row.owner, row.status = "elsewhere:1:1", JobStatus.RUNNING.value
        row.heartbeat_at = core.clock.now() - timedelta(minutes=1)
        for name, value in fields.items():
            setattr(row, name, value)


async def test_a_job_whose_second_server_is_gone_too_is_not_run_again(
    core: Core, fake: FakeClaude, clock: HeldClock
) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    await fake.called()
    await orphaned(core, job, attempts=2)
    assert (await core.analysis.get(job.id)).status is JobStatus.RUNNING
    clock.advance(31)
    ended = await core.analysis.get(job.id)
    assert (ended.status, ended.message) == (JobStatus.INTERRUPTED, "interrupted")
    assert "server that ran it ended" in (ended.error or "")
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG
    assert "did not finish" in (await core.notes.find(task.id))[-1].text


async def test_a_job_that_was_to_be_cancelled_when_its_server_ended_is_cancelled(
    core: Core, fake: FakeClaude, clock: HeldClock
) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    await fake.called()
    await orphaned(core, job)
    assert (await core.analysis.cancel(job.id, BOB)).status is JobStatus.RUNNING
    clock.advance(31)
    ended = await core.analysis.get(job.id)
    assert (ended.status, ended.error) == (JobStatus.CANCELLED, "Cancelled by bob.")
    assert await who_cancelled(core) == ["bob"]
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG


async def test_a_server_whose_job_was_taken_over_ends_its_client_and_writes_nothing(
    core: Core, fake: FakeClaude
) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    pid = (await fake.called())["pid"]
    await orphaned(core, job, heartbeat_at=core.clock.now())
    await eventually(lambda: not is_alive(pid))
    await eventually(lambda: not inside(core, "background").living)
    assert (await core.analysis.get(job.id)).status is JobStatus.RUNNING
    assert await core.notes.find(task.id) == []


async def test_a_job_that_is_taken_over_while_its_heartbeat_is_written_gets_none(
    core: Core, fake: FakeClaude, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    pid = (await fake.called())["pid"]
    write, overtaken = core.database.write, asyncio.Event()

    @asynccontextmanager
    async def written_after_the_others() -> AsyncGenerator[WriteSession]:
        monkeypatch.setattr(core.database, "write", write)
        overtaken.set()
        await orphaned(core, job)
        async with write() as session:
            yield session

    def next_beat() -> bool:
        if not overtaken.is_set():  # also where a beat was being written as time went on
            clock.advance(6)
        return overtaken.is_set()

    monkeypatch.setattr(core.database, "write", written_after_the_others)
    await eventually(next_beat)
    await eventually(lambda: not is_alive(pid))  # told to stop by the beat after that one
    async with core.database.read() as session:
        beat_at = (await session.get_one(JobRow, job.id)).heartbeat_at
    assert beat_at == core.clock.now() - timedelta(minutes=1)


async def test_an_answer_that_comes_once_the_job_was_taken_over_is_not_kept(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the server was stopped meanwhile."""
    ask = ClaudeCode.ask

    async def ask_for_long(*given: Any) -> Outcome:
        answered = await ask(*given)
        (job,) = await core.analysis.unfinished()
        await orphaned(core, job)
        return answered

    monkeypatch.setattr(ClaudeCode, "ask", ask_for_long)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    await eventually(lambda: not inside(core, "background").living)
    assert (await core.analysis.get(job.id)).status is JobStatus.RUNNING
    assert (await core.tasks.get(task.id)).analysis is None
    assert await core.notes.find(task.id) == []


async def test_a_heartbeat_goes_on_where_the_clock_was_set_back(
    core: Core, fake: FakeClaude, clock: HeldClock
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await fake.called()
    clock.present -= timedelta(hours=1)

    async def beaten() -> bool:
        async with core.database.read() as session:
            return (await session.get_one(JobRow, job.id)).heartbeat_at == clock.now()

    await eventually(beaten)


async def test_a_clock_that_is_set_takes_no_job_from_another_server(
    core: Core, fake: FakeClaude, clock: HeldClock
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await fake.called()
    await orphaned(core, job)
    for jump in (timedelta(), timedelta(days=1), timedelta(days=-2)):
        clock.present += jump
        assert (await core.analysis.get(job.id)).status is JobStatus.RUNNING
    clock.advance(31)
    assert (await core.analysis.get(job.id)).status is JobStatus.QUEUED


async def test_another_servers_running_job_keeps_a_queued_one_waiting(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, told_to_wait = inside(core, "jobs"), asyncio.Event()
    begin = jobs.begin

    async def watched(job_id: str) -> Turn:
        turn: Turn = await begin(job_id)
        if turn is Turn.LATER:
            told_to_wait.set()
        return turn

    monkeypatch.setattr(jobs, "begin", watched)
    first = await core.analysis.start((await new_task(core, "one")).id, ALICE)
    await finished(core, first)
    await orphaned(core, first, heartbeat_at=core.clock.now(), finished_at=None)
    second = await core.analysis.start((await new_task(core, "two")).id, ALICE)
    fake.forget()
    async with asyncio.timeout(SECONDS):
        await told_to_wait.wait()
    assert (await core.analysis.get(second.id)).status is JobStatus.QUEUED
    await orphaned(core, first, status=JobStatus.SUCCEEDED.value)
    assert (await finished(core, second)).status is JobStatus.SUCCEEDED
