from claudetask_core.core import Core
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.job import JobStatus
from tests.core.analysis.support import ALICE, FakeClaude, job_when, new_task, turn


async def test_how_far_a_job_is_is_told_as_an_event(core: Core, fake: FakeClaude) -> None:
    fake.script(hang=True, lines=[turn(1, "Grep", pattern="login")])
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await job_when(core, job, lambda now: now.turns == 1)
    told = [e.action for e in await core.events.since(0) if e.type is EventType.JOB]
    assert told[:3] == ["queued", "running", "progress"]


async def test_a_job_is_followed_to_its_end(core: Core) -> None:
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    seen = [present.status async for present in core.analysis.follow(job.id)]
    assert seen[-1] is JobStatus.SUCCEEDED
    assert seen.count(JobStatus.SUCCEEDED) == 1
