"""An analysis is cancelled: by whom, from where, and what is left of it."""

import asyncio
import os
import signal

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.schemas.task import Status
from claudetask_core.services.analysis import analyses as analysis
from claudetask_core.services.analysis import context as analysis_context
from claudetask_core.services.analysis.jobs import Ending, Turn
from claudetask_core.services.tasks.claims import Caller
from tests.core.analysis.support import (
    ALICE,
    SECONDS,
    FakeClaude,
    analysed,
    finished,
    inside,
    new_task,
    result,
    who_cancelled,
)
from tests.support import HeldClock, eventually, is_alive

BOB = Caller("bob")
PATIENCE = analysis.CLOSE_SECONDS + analysis.LAST_SECONDS


async def refused(core: Core, job_id: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await core.analysis.cancel(job_id, BOB)
    return caught.value


async def test_a_running_job_is_cancelled_and_leaves_no_process(
    core: Core, fake: FakeClaude
) -> None:
    aborted = result(subtype="error_during_execution", is_error=True, total_cost_usd=0.1)
    fake.script(hang=True, interrupted=aborted)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    pid = (await fake.called())["pid"]
    ended = await core.analysis.cancel(job.id, BOB)
    assert (ended.status, ended.error) == (JobStatus.CANCELLED, "Cancelled by bob.")
    assert ended.cost_usd == 0.1
    assert not is_alive(pid)
    assert await who_cancelled(core) == ["bob"]


async def test_who_cancelled_is_told_also_where_the_ticker_hears_of_it_first(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await fake.called()
    jobs, run = inside(core, "jobs"), inside(core, "runs")[job.id]
    request = jobs.request_cancel

    async def requested(*asked: str) -> Job:
        answer: Job = await request(*asked)
        async with asyncio.timeout(SECONDS):
            await run.asked.wait()
        return answer

    monkeypatch.setattr(jobs, "request_cancel", requested)
    assert (await core.analysis.cancel(job.id, BOB)).error == "Cancelled by bob."
    assert await who_cancelled(core) == ["bob"]


async def test_a_client_that_ignores_every_signal_is_gone_within_five_seconds(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert analysis.CANCEL_SECONDS < 5
    shorter = analysis.CANCEL_GRACE - 0.5
    monkeypatch.setattr(analysis, "CANCEL_GRACE", analysis.CANCEL_GRACE - shorter)
    fake.script(hang=True, ignore=["SIGINT", "SIGTERM"])
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    pid = (await fake.called())["pid"]
    assert (await core.analysis.cancel(job.id, BOB)).status is JobStatus.CANCELLED
    assert not is_alive(pid)


async def test_a_queued_job_is_cancelled_at_once(core: Core, fake: FakeClaude) -> None:
    fake.script(hang=True)
    first = await core.analysis.start((await new_task(core, "one")).id, ALICE)
    await fake.called()
    task = await new_task(core, "two")
    second = await core.analysis.start(task.id, ALICE)
    cancelled = await core.analysis.cancel(second.id, BOB)
    assert (cancelled.status, cancelled.started_at) == (JobStatus.CANCELLED, None)
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG
    await core.analysis.cancel(first.id, BOB)
    assert (await core.analysis.get(second.id)).status is JobStatus.CANCELLED
    assert len(fake.calls()) == 1


async def test_a_finished_job_cannot_be_cancelled(core: Core) -> None:
    job = await analysed(core, await new_task(core))
    error = await refused(core, job.id)
    assert error.code == "job_finished"
    assert "succeeded" in error.message


async def test_an_unknown_job_cannot_be_cancelled(core: Core) -> None:
    assert (await refused(core, "nope")).code == "job_not_found"


async def test_a_job_that_ends_while_it_is_cancelled_is_said_to_have_ended(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await fake.called()

    def kill(*_: object) -> None:
        os.kill(fake.calls()[0]["pid"], signal.SIGKILL)

    monkeypatch.setattr(inside(core, "runs")[job.id], "ask_to_stop", kill)
    assert (await refused(core, job.id)).code == "job_finished"


async def test_another_process_has_the_owner_cancel(
    core: Core, fake: FakeClaude, settings: Settings, clock: HeldClock
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    pid = (await fake.called())["pid"]
    async with open_core(settings, start=core.places.root, home=None, clock=clock) as other:
        asked = await other.analysis.cancel(job.id, BOB)
        assert (asked.status, asked.message) == (JobStatus.RUNNING, "being cancelled")
    ended = await finished(core, job)
    assert (ended.status, ended.error) == (JobStatus.CANCELLED, "Cancelled by bob.")
    assert await who_cancelled(core) == ["bob"]
    assert not is_alive(pid)


async def test_another_process_cancels_a_queued_job(
    core: Core, fake: FakeClaude, settings: Settings, clock: HeldClock
) -> None:
    fake.script(hang=True)
    running = await core.analysis.start((await new_task(core, "one")).id, ALICE)
    await fake.called()
    queued = await core.analysis.start((await new_task(core, "two")).id, ALICE)
    async with open_core(settings, start=core.places.root, home=None, clock=clock) as other:
        asked = await other.analysis.cancel(queued.id, BOB)
        assert asked.status is JobStatus.CANCELLED
    await core.analysis.cancel(running.id, BOB)
    await eventually(lambda: not inside(core, "background").living)
    assert len(fake.calls()) == 1


async def test_a_job_that_another_process_ended_is_not_begun(core: Core) -> None:
    jobs = inside(core, "jobs")
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await jobs.finish(job.id, Ending(JobStatus.CANCELLED, "cancelled"))
    assert await jobs.begin(job.id) is Turn.GONE
    await eventually(lambda: not inside(core, "background").living)
    assert (await core.analysis.get(job.id)).status is JobStatus.CANCELLED


async def test_a_deleted_task_ends_its_analysis(core: Core, fake: FakeClaude) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    await core.analysis.start(task.id, ALICE)
    pid = (await fake.called())["pid"]
    await core.tasks.delete(task.id, ALICE)
    await eventually(lambda: not is_alive(pid))
    await eventually(lambda: not inside(core, "runs"))


async def test_a_cancel_does_not_wait_for_a_slow_context(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> None:
        asked.set()
        await never.wait()

    monkeypatch.setattr(analysis_context.AnalysisContext, "gather", slow)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await asyncio.wait_for(asked.wait(), 5)
    assert (await core.analysis.cancel(job.id, BOB)).status is JobStatus.CANCELLED
    assert fake.calls() == []
