"""The board as a screen needs it."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from claudetask_api.limits import ASKS
from claudetask_core.core import Core
from claudetask_core.db.models import JobRow
from claudetask_core.schemas.workflow import DEFAULT
from tests.api.support import MakeTask
from tests.support import HeldClock


async def test_the_workflow_names_every_status_with_the_moves_that_are_allowed(
    client: AsyncClient,
) -> None:
    workflow = (await client.get("/api/workflow")).json()
    assert [one["name"] for one in workflow["statuses"]] == [
        column.name for column in DEFAULT.status
    ]
    assert {one["name"]: one["moves"] for one in workflow["statuses"]} == {
        column.name: list(column.moves) for column in DEFAULT.status
    }
    held = [one["name"] for one in workflow["statuses"] if one["holds_claim"]]
    assert held == ["In Progress", "Testing"]
    assert workflow["priorities"] == ["High", "Medium", "Low"]
    assert workflow["types"] == ["Feature", "Bug"]


async def test_a_card_says_all_but_the_texts(client: AsyncClient, make_task: MakeTask) -> None:
    first = await make_task("first", type="Bug")
    await make_task(
        "second",
        description="long",
        depends_on=[first["id"]],
        parent_id=first["id"],
        acceptance_criteria=["a", "b"],
        git_branch="fix/x",
    )
    await client.put("/api/tasks/2", json={"check": {"1": "seen"}, "note": "n"})
    await client.put("/api/tasks/2/status", json={"status": "In Progress", "agent": "ann"})
    board = (await client.get("/api/board")).json()
    card = board["cards"][1]
    task = (await client.get("/api/tasks/2")).json()
    assert card == {
        **{name: task[name] for name in card if name in task},
        "criteria": 2,
        "criteria_checked": 1,
    }
    assert (card["depends_on"], card["parent_id"], card["claimed_by"]) == ([1], 1, "ann")
    assert not {"description", "analysis", "acceptance_criteria"} & set(card)


async def test_the_board_says_which_event_it_shows_already(
    client: AsyncClient, core: Core, make_task: MakeTask
) -> None:
    assert (await client.get("/api/board")).json() == {"event": 0, "cards": []}
    await make_task("x")
    board = (await client.get("/api/board")).json()
    assert board["event"] == await core.events.latest()
    await make_task("y")
    assert [event.id for event in await core.events.since(board["event"])] == ["2"]


async def test_cards_are_filtered_like_tasks_and_by_their_numbers(
    client: AsyncClient, make_task: MakeTask
) -> None:
    for title in ("a", "b", "c"):
        await make_task(title, description=f"about {title}", priority="High")

    async def ids(query: str) -> list[int]:
        answer = await client.get(f"/api/board?{query}")
        return [card["id"] for card in answer.json()["cards"]]

    assert await ids("q=about+b") == [2]
    assert await ids("ids=3,1,99") == [1, 3]
    assert await ids("ids=3,1&q=about+c") == [3]
    assert await ids("status=Done") == []
    assert await ids("priority=High&type=Feature") == [1, 2, 3]


@pytest.mark.parametrize("ids", ["", "x", "0", "1,,2", "1, 2", "9" * 19, ",".join(["1"] * 201)])
async def test_numbers_that_are_none_are_refused(client: AsyncClient, ids: str) -> None:
    answer = await client.get("/api/board", params={"ids": ids})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "ids"


async def test_activity_is_newest_first_and_goes_on_where_a_page_ended(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x", description="d" * 500)
    await client.put("/api/tasks/1", json={"description": "e" * 500, "agent": "ann"})
    await client.put("/api/tasks/1/status", json={"status": "Ready", "comment": "why"})
    page = (await client.get("/api/activity?limit=2")).json()
    assert [(one["action"], one["field"]) for one in page] == [
        ("noted", "notes"),
        ("moved", "status"),
    ]
    assert (page[1]["old"], page[1]["new"], page[1]["reason"]) == ("Backlog", "Ready", "why")
    rest = (await client.get(f"/api/activity?before={page[-1]['id']}")).json()
    assert [(one["actor"], one["action"]) for one in rest] == [
        ("ann", "updated"),
        ("rest", "created"),
    ]
    assert rest[0]["new"] == "e" * 200 + "…"
    assert rest[1]["new"] is None
    assert {one["title"] for one in page + rest} == {"x"}


async def test_activity_remembers_the_title_of_a_deleted_task(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("gone")
    await make_task("here")
    await client.delete("/api/tasks/1")
    deleted, created = (await client.get("/api/activity?task_id=1")).json()
    assert (deleted["action"], deleted["title"]) == ("deleted", "gone")
    assert (created["action"], created["title"]) == ("created", None)


async def test_flow_counts_days_and_stays(
    client: AsyncClient, clock: HeldClock, make_task: MakeTask
) -> None:
    await make_task("x")
    clock.advance(3600)
    await client.put("/api/tasks/1/status", json={"status": "Ready"})
    clock.advance(24 * 3600)
    flow = (await client.get("/api/flow?days=2")).json()
    first = clock.now().date() - timedelta(days=1)
    assert [(one["date"], one["counts"]["Ready"]) for one in flow["days"]] == [
        (str(first), 1),
        (str(clock.now().date()), 1),
    ]
    backlog = flow["stays"][0]
    assert (backlog["status"], backlog["stays"], backlog["median_seconds"]) == ("Backlog", 1, 3600)
    assert (await client.get("/api/flow?days=0")).status_code == 422


async def test_jobs_are_listed_newest_first_on_the_board_and_of_a_task(
    client: AsyncClient, core: Core, clock: HeldClock, make_task: MakeTask
) -> None:
    await make_task("x")
    await make_task("y")
    async with core.database.write() as session:
        for number, task_id in enumerate((1, 2, 1)):
            session.add(
                JobRow(
                    id=f"j{number}",
                    task_id=task_id,
                    kind="analysis",
                    status="succeeded",
                    progress=1.0,
                    message="done",
                    provider="claude-code",
                    actor="ann",
                    owner="",
                    cancel_requested=False,
                    created_at=clock.now() + timedelta(minutes=number),
                )
            )

    async def ids(query: str) -> list[str]:
        return [job["id"] for job in (await client.get(f"/api/jobs{query}")).json()]

    assert await ids("") == ["j2", "j1", "j0"]
    assert await ids("?limit=1") == ["j2"]
    assert await ids("?task_id=1") == ["j2", "j0"]


async def test_a_preview_shows_the_change_and_writes_nothing(
    client: AsyncClient, core: Core
) -> None:
    file = core.places.root / "CLAUDE.md"
    file.write_text("# A\n")
    change = (await client.post("/api/claude/config/preview", json={"content": "# B\n"})).json()
    assert "-# A\n+# B\n" in change["diff"]
    assert (change["dry_run"], change["changed"], change["file"]["content"]) == (
        True,
        True,
        "# A\n",
    )
    assert file.read_text() == "# A\n"
    assert (await client.get("/api/claude/config/versions")).json() == []


async def test_the_status_of_the_project_names_counts_index_and_jobs(client: AsyncClient) -> None:
    status = (await client.get("/api/project/status")).json()
    assert status["counts"]["Backlog"] == 0
    assert status["index"]["state"] in {"idle", "building", "ready"}
    assert status["jobs"] == []


def test_what_only_asks_counts_as_a_read(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {path for path in ASKS if set(paths[path]) == {"post"}} == ASKS
