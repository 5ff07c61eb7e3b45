"""Whole tasks sent back: what else may have changed since they were read."""

import pytest
from httpx2 import AsyncClient

from tests.api.support import Json, MakeTask
from tests.support import HeldClock


async def test_a_whole_task_with_a_stale_tag_is_refused_by_the_tag(
    client: AsyncClient, make_task: MakeTask
) -> None:
    """A condition goes before the body, whose `version` is stale too and would be 422."""
    await make_task("x")
    first = await client.get("/api/tasks/1")
    await client.put("/api/tasks/1", json={"title": "y"})
    answer = await client.put(
        "/api/tasks/1",
        json={**first.json(), "title": "z"},
        headers={"If-Match": first.headers["etag"]},
    )
    assert (answer.status_code, answer.json()["code"]) == (412, "version_stale")
    assert (await client.get("/api/tasks/1")).json()["title"] == "y"


async def test_a_whole_task_can_be_sent_back_though_its_holder_renewed_the_claim(
    client: AsyncClient, make_task: MakeTask, clock: HeldClock
) -> None:
    await make_task("x")
    await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    task = (await client.get("/api/tasks/1")).json()
    clock.advance(5)
    renewed = (await client.get("/api/tasks/1", headers={"X-Agent": "ann"})).json()
    assert renewed["claim_expires_at"] > task["claim_expires_at"]
    assert renewed["version"] == task["version"]

    answer = await client.put("/api/tasks/1", json={**task, "title": "y"})
    assert answer.status_code == 200
    assert answer.json()["claim_expires_at"] == renewed["claim_expires_at"]


@pytest.mark.parametrize("whole", [True, False])
async def test_an_end_that_a_claim_never_had_is_refused(
    client: AsyncClient, make_task: MakeTask, whole: bool
) -> None:
    await make_task("x")
    await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    task: Json = (await client.get("/api/tasks/1")).json() if whole else {}
    later = {"claim_expires_at": "2100-01-01T00:00:00Z"}
    answer = await client.put("/api/tasks/1", json={**task, **later})
    assert (answer.status_code, answer.json()["code"]) == (422, "read_only_field")
