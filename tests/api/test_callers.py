import pytest
from httpx2 import AsyncClient

from tests.api.support import MakeTask
from tests.support import HeldClock


async def actor_of_last_change(client: AsyncClient) -> str:
    actor: str = (await client.get("/api/tasks/1/history")).json()[-1]["actor"]
    return actor


async def test_the_actor_is_the_agent_else_the_header_else_rest(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    header = {"X-Agent": "header"}
    assert await actor_of_last_change(client) == "rest"
    await client.put("/api/tasks/1", json={"title": "y"}, headers=header)
    assert await actor_of_last_change(client) == "header"
    await client.put("/api/tasks/1", json={"title": "z", "agent": "body"}, headers=header)
    assert await actor_of_last_change(client) == "body"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
async def test_a_name_with_letters_of_its_own_is_the_same_in_header_and_body(
    client: AsyncClient, make_task: MakeTask, encoding: str
) -> None:
    await make_task("x")
    await client.post("/api/tasks/next", json={"claim": True, "agent": "Jörg"})
    header = {b"X-Agent": "Jörg".encode(encoding)}
    moved = await client.put("/api/tasks/1/status", json={"status": "Testing"}, headers=header)
    assert moved.status_code == 200, moved.text
    assert await actor_of_last_change(client) == "Jörg"


async def test_a_bad_name_in_the_header_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/api/tasks", json={"title": "x"}, headers={"X-Agent": "n" * 101})
    error = answer.json()["errors"][0]
    assert answer.status_code == 422
    assert (error["location"], error["field"]) == ("header", "x-agent")


async def test_next_shows_a_task_and_with_claim_takes_it(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("low", priority="Low")
    await make_task("high", priority="High")
    shown = await client.post("/api/tasks/next", json={})
    assert (await client.post("/api/tasks/next")).json() == shown.json()
    taken = await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    again = await client.post("/api/tasks/next", json={"claim": True}, headers={"X-Agent": "ann"})
    assert shown.json()["title"] == taken.json()["title"] == "high"
    assert shown.json()["claimed_by"] is None
    assert (taken.json()["claimed_by"], taken.json()["status"]) == ("ann", "In Progress")
    assert again.json()["id"] == taken.json()["id"]
    assert taken.headers["etag"] == f'"{taken.json()["version"]}"'


async def test_next_is_204_where_no_task_is_free(client: AsyncClient) -> None:
    answer = await client.post("/api/tasks/next", json={"claim": True})
    assert answer.status_code == 204
    assert answer.content == b""


async def test_anothers_claim_is_409_with_the_holder_and_a_reason_overrides_it(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    refused = await client.put("/api/tasks/1/status", json={"status": "Testing", "agent": "bob"})
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["claimed_by"]) == ("claimed", "ann")
    forced = {"status": "Testing", "agent": "bob", "force_reason": "ann is away"}
    assert (await client.put("/api/tasks/1/status", json=forced)).status_code == 200


@pytest.mark.parametrize("body", [None, {"agent": "ann"}])
async def test_the_holder_gives_a_claim_back(
    client: AsyncClient, make_task: MakeTask, body: object
) -> None:
    await make_task("x")
    await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    refused = await client.post("/api/tasks/1/release", json={"agent": "bob"})
    released = await client.post("/api/tasks/1/release", json=body, headers={"X-Agent": "ann"})
    assert refused.json()["code"] == "claimed"
    assert released.status_code == 200
    assert released.json()["claimed_by"] is None


async def test_the_holders_look_renews_the_claim_and_nobody_elses_does(
    client: AsyncClient, make_task: MakeTask, clock: HeldClock
) -> None:
    await make_task("x")
    taken = await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    clock.advance(60)
    bobs = await client.get("/api/tasks/1", headers={"X-Agent": "bob"})
    anns = await client.get("/api/tasks/1", headers={"X-Agent": "ann"})
    assert bobs.json()["claim_expires_at"] == taken.json()["claim_expires_at"]
    assert anns.json()["claim_expires_at"] > taken.json()["claim_expires_at"]
