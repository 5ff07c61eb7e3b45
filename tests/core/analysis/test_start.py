import asyncio

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.job import JobStatus
from claudetask_core.services.tasks.claims import Caller
from tests.core.analysis.support import (
    ALICE,
    FakeClaude,
    analysed,
    finished,
    job_when,
    new_task,
    result,
    turn,
)
from tests.support import HeldClock


async def refusal(core: Core, task_id: int) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await core.analysis.start(task_id, ALICE)
    return caught.value


async def test_an_analysis_is_queued_at_once_and_succeeds_with_cost_and_turns(core: Core) -> None:
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    assert (job.status, job.task_id, job.kind, job.provider, job.progress) == (
        JobStatus.QUEUED,
        task.id,
        "analysis",
        "claude-code",
        0.0,
    )
    ended = await finished(core, job)
    assert (ended.status, ended.error, ended.progress) == (JobStatus.SUCCEEDED, None, 1.0)
    assert (ended.cost_usd, ended.turns) == (0.25, 3)
    assert ended.started_at is not None
    assert ended.finished_at is not None


async def test_every_change_of_a_jobs_status_is_an_event(core: Core) -> None:
    job = await analysed(core, await new_task(core))
    events = await core.events.since(0)
    told = [e for e in events if e.type is EventType.JOB and e.action != "progress"]
    assert [(e.action, e.id, e.actor) for e in told] == [
        ("queued", job.id, "alice"),
        ("running", job.id, "alice"),
        ("succeeded", job.id, "alice"),
    ]


async def test_a_second_analysis_of_a_task_is_refused_and_names_the_job(
    core: Core, fake: FakeClaude
) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    refused = await refusal(core, task.id)
    assert refused.code == "analysis_running"
    assert job.id in refused.message
    assert refused.details["job_id"] == job.id


async def test_eight_starts_at_once_make_one_job(core: Core) -> None:
    task = await new_task(core)
    started = await asyncio.gather(
        *(core.analysis.start(task.id, Caller(f"c{n}")) for n in range(8)), return_exceptions=True
    )
    refused = [r for r in started if isinstance(r, DomainError)]
    assert len(refused) == 7
    assert {r.code for r in refused} == {"analysis_running"}


async def test_a_finished_task_may_be_analysed_again(core: Core) -> None:
    task = await new_task(core)
    first, second = await analysed(core, task), await analysed(core, task)
    assert first.id != second.id
    assert second.status is JobStatus.SUCCEEDED


async def test_an_unknown_task_is_refused(core: Core) -> None:
    assert (await refusal(core, 99)).code == "task_not_found"


async def test_an_unknown_job_is_refused(core: Core) -> None:
    with pytest.raises(DomainError) as caught:
        await core.analysis.get("nope")
    assert caught.value.code == "job_not_found"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"analysis_provider": "none"}, "CLAUDETASK_ANALYSIS_PROVIDER is none"),
        ({"analysis_provider": "anthropic"}, "Set ANTHROPIC_API_KEY"),
        ({"claude_bin": "no-such-client"}, "'no-such-client') was not found"),
        ({"analysis_provider": "claude-code", "claude_bin": "/no/claude"}, "CLAUDETASK_CLAUDE_BIN"),
    ],
)
async def test_without_a_claude_the_refusal_says_what_to_do(
    core: Core, settings: Settings, changed: dict[str, str], said: str
) -> None:
    task = await new_task(core)
    start = core.places.root
    async with open_core(settings.model_copy(update=changed), start=start, home=None) as other:
        refused = await refusal(other, task.id)
        assert refused.code == "no_claude"
        assert said in str(refused)
        assert refused.next_step
        assert await other.analysis.unfinished() == []


async def test_a_client_in_a_relative_folder_is_not_looked_up_in_the_project(
    core: Core, fake: FakeClaude, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH with a `.` must not let a hostile repository bring its own `claude`."""
    monkeypatch.chdir(fake.folder)
    monkeypatch.setenv("PATH", ".")
    task = await new_task(core)
    relative = settings.model_copy(update={"claude_bin": "claude"})
    async with open_core(relative, start=core.places.root, home=None) as other:
        assert (await refusal(other, task.id)).code == "no_claude"


async def test_one_runs_at_a_time_and_the_others_wait_their_turn(
    core: Core, fake: FakeClaude, clock: HeldClock
) -> None:
    fake.script(hang=True)
    first = await core.analysis.start((await new_task(core, "one")).id, ALICE)
    await fake.called()
    clock.advance(1)
    second = await core.analysis.start((await new_task(core, "two")).id, ALICE)
    assert [(job.id, job.status) for job in await core.analysis.unfinished()] == [
        (first.id, JobStatus.RUNNING),
        (second.id, JobStatus.QUEUED),
    ]
    assert (await core.status()).jobs == await core.analysis.unfinished()
    fake.script(lines=[result()])
    await core.analysis.cancel(first.id, ALICE)
    assert (await finished(core, second)).status is JobStatus.SUCCEEDED


async def test_a_running_job_says_what_claude_is_doing(core: Core, fake: FakeClaude) -> None:
    path = str(core.places.root / "core" / "x.py")
    searched = [turn(n, "Grep", pattern="a") for n in range(3)]
    fake.script(hang=True, lines=[*searched, turn(9, "Read", file_path=path)])
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    present = await job_when(core, job, lambda now: now.turns == 4)
    assert present.message == "reading core/x.py (4 turns)"
    assert 0.2 < present.progress < 1


async def test_a_caller_that_goes_away_leaves_a_whole_job(core: Core) -> None:
    task = await new_task(core)
    starting = asyncio.create_task(core.analysis.start(task.id, ALICE))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    for job in await core.analysis.unfinished():
        assert (await finished(core, job)).status is JobStatus.SUCCEEDED


async def test_a_closed_service_takes_no_more_work(core: Core) -> None:
    task = await new_task(core)
    await core.analysis.close()
    assert (await refusal(core, task.id)).code == "shutting_down"
