import pytest
from httpx2 import AsyncClient

from tests.api.support import Json, MakeTask


async def test_a_new_task_answers_201_with_its_place_and_its_tag(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/tasks", json={"title": " Parse dates ", "acceptance_criteria": ["zones are kept"]}
    )
    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/tasks/{task['id']}"
    assert answer.headers["etag"] == '"1"'
    assert task["title"] == "Parse dates"
    assert task["acceptance_criteria"] == [
        {"id": 1, "text": "zones are kept", "checked": False, "evidence": None}
    ]
    assert task["created_at"].endswith("Z")
    assert (await client.get(answer.headers["location"])).json() == task


async def test_a_new_task_that_names_no_column_stands_in_the_first(client: AsyncClient) -> None:
    for said in ({}, {"status": None}):
        answer = await client.post("/api/tasks", json={"title": f"x {said}", **said})
        assert (answer.status_code, answer.json()["status"]) == (201, "Backlog")


SAID = {"title": "Export invoices as PDF", "description": "`render_pdf` in invoices/export.py"}


async def test_a_task_that_may_repeat_another_names_it_and_is_else_as_it_can_be_read(
    client: AsyncClient,
) -> None:
    first = (await client.post("/api/tasks", json=SAID)).json()
    answer = await client.post("/api/tasks", json=SAID)
    made = answer.json()
    named = made.pop("possible_duplicates")
    assert "possible_duplicates" not in first
    assert [(hit["id"], hit["title"], hit["status"]) for hit in named] == [
        (first["id"], SAID["title"], "Backlog")
    ]
    assert 0.6 < named[0]["score"] <= 1
    assert "render_pdf" in named[0]["why"]
    assert (await client.get(answer.headers["location"])).json() == made


async def test_where_duplicates_are_refused_nothing_is_made_and_the_like_is_named(
    client: AsyncClient,
) -> None:
    await client.post("/api/tasks", json={**SAID, "on_duplicate": "refuse"})
    answer = await client.post("/api/tasks", json={**SAID, "on_duplicate": "refuse"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "possible_duplicate")
    assert [hit["id"] for hit in problem["possible_duplicates"]] == [1]
    assert "on_duplicate=warn" in problem["detail"]
    assert len((await client.get("/api/tasks")).json()) == 1
    wrong = await client.post("/api/tasks", json={**SAID, "on_duplicate": "ask"})
    assert wrong.status_code == 422


async def test_the_answer_to_a_new_task_can_be_sent_back_whole(client: AsyncClient) -> None:
    await client.post("/api/tasks", json=SAID)
    made = (await client.post("/api/tasks", json=SAID)).json()
    answer = await client.put(f"/api/tasks/{made['id']}", json={**made, "priority": "High"})
    assert answer.status_code == 200
    assert answer.json()["priority"] == "High"
    assert "possible_duplicates" not in answer.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": None}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "description": "é" * 40_000}, "description"),
        ({"title": "x", "depends_on": ["1"]}, "depends_on.0"),
        ({"title": "x", "acceptance_criteria": [{"text": "y", "checked": "yes"}]}, "checked"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x\x00"}, "title"),
        ({"title": "x", "agent": ""}, "agent"),
    ],
)
async def test_a_wrong_field_is_refused_and_named(
    client: AsyncClient, body: Json, field: str
) -> None:
    answer = await client.post("/api/tasks", json=body)
    problem = answer.json()
    assert answer.status_code == 422
    assert problem["code"] == "validation_failed"
    assert problem["errors"][0]["location"] == "body"
    assert field in problem["errors"][0]["field"]
    assert field in problem["detail"]
    assert (await client.get("/api/tasks")).json() == []


async def test_a_whole_number_may_have_a_fraction_of_zero(
    client: AsyncClient, make_task: MakeTask
) -> None:
    """JSON Schema counts 1.0 among the integers, and so do some programs that write JSON."""
    await make_task("x")
    answer = await client.post("/api/tasks", json={"title": "y", "depends_on": [1.0]})
    assert answer.json()["depends_on"] == [1]


async def test_the_list_is_an_array_that_filters_and_sorts(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("alpha", type="Bug", priority="Low")
    await make_task("beta", priority="High")
    await make_task("gamma 100%", type="Bug", priority="High")

    async def titles(query: str) -> list[str]:
        answer = await client.get(f"/api/tasks?{query}")
        assert answer.status_code == 200, answer.text
        return [task["title"] for task in answer.json()]

    assert await titles("") == ["alpha", "beta", "gamma 100%"]
    assert await titles("type=Bug&priority=High") == ["gamma 100%"]
    assert await titles("sort=-title&status=Backlog") == ["gamma 100%", "beta", "alpha"]
    assert await titles("q=00%25") == ["gamma 100%"]
    assert await titles("status=Done") == []


async def test_a_page_says_how_many_there_are_and_where_the_others_are(
    client: AsyncClient, make_task: MakeTask
) -> None:
    for number in range(5):
        await make_task(f"task {number}")
    answer = await client.get("/api/tasks?limit=2&offset=2&sort=-id")
    links = answer.links
    assert [task["id"] for task in answer.json()] == [3, 2]
    assert answer.headers["x-total-count"] == "5"
    assert set(links) == {"first", "prev", "next", "last"}
    following = await client.get(links["next"]["url"])
    assert [task["id"] for task in following.json()] == [1]
    assert "next" not in following.links
    assert following.links["prev"]["url"] == answer.links["first"]["url"].replace(
        "offset=0", "offset=2"
    )
    assert following.links["last"]["url"].endswith("offset=4")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=1_0", "offset=-1", "sort=age", "status=Open", "q=%00"]
)
async def test_a_wrong_parameter_is_refused_and_named(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/tasks?{query}")
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["location"], error["field"]) == ("query", query.partition("=")[0])


@pytest.mark.parametrize("task_id", ["0", "-1", "9223372036854775808", "abc", "1.0", "%C2%B2"])
async def test_an_impossible_id_is_refused(client: AsyncClient, task_id: str) -> None:
    answer = await client.get(f"/api/tasks/{task_id}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "task_id"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_task_that_does_not_exist_is_404(client: AsyncClient, method: str) -> None:
    """A public server answered an update of a missing task with an empty 500."""
    body = {"title": "x"} if method == "PUT" else None
    answer = await client.request(method, "/api/tasks/9", json=body)
    assert answer.status_code == 404
    assert answer.json()["code"] == "task_not_found"
    assert "#9" in answer.json()["detail"]


async def test_a_put_changes_what_it_names_and_nothing_else(
    client: AsyncClient, make_task: MakeTask
) -> None:
    task = await make_task("x", description="long", related_files=["a.py"], analysis="deep")
    answer = await client.put("/api/tasks/1", json={"priority": "High", "analysis": None})
    changed = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    differing = {name for name in task if task[name] != changed[name]}
    assert differing <= {"priority", "analysis", "version", "updated_at"}
    assert (changed["priority"], changed["analysis"]) == ("High", None)


async def test_a_whole_task_can_be_sent_back(client: AsyncClient, make_task: MakeTask) -> None:
    await make_task("x", acceptance_criteria=["a", "b"], depends_on=[])
    await client.put("/api/tasks/1", json={"check": {"1": "seen"}, "note": "a note"})
    task = (await client.get("/api/tasks/1")).json()
    answer = await client.put("/api/tasks/1", json=task)
    assert answer.status_code == 200
    assert answer.json() == task


async def test_a_whole_task_of_anothers_can_be_sent_back_with_a_new_title(
    client: AsyncClient, make_task: MakeTask
) -> None:
    """Its status and criteria stand in the body, but are no change that the claim guards."""
    await make_task("x", acceptance_criteria=["a"])
    await client.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
    task = (await client.get("/api/tasks/1")).json()
    answer = await client.put("/api/tasks/1", json={**task, "title": "y"})
    assert answer.status_code == 200
    assert answer.json()["claimed_by"] == "ann"


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 2), ("version", 7), ("claimed_by", "eve"), ("completed_at", "2026-01-01T00:00:00Z")],
)
async def test_a_read_only_field_that_is_not_as_it_is_is_refused(
    client: AsyncClient, make_task: MakeTask, field: str, value: object
) -> None:
    await make_task("x")
    answer = await client.put("/api/tasks/1", json={"title": "y", field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert (await client.get("/api/tasks/1")).json()["title"] == "x"


async def test_null_is_refused_where_empty_is_no_value(
    client: AsyncClient, make_task: MakeTask
) -> None:
    """A public server answered `title: null` with a 500."""
    await make_task("x")
    answer = await client.put("/api/tasks/1", json={"title": None})
    assert answer.status_code == 422
    assert "title must not be null" in answer.json()["detail"]


@pytest.mark.parametrize("tag", ['"2"', '"99999999999999999999999"', 'W/"1"', '"x"', "2", "x"])
async def test_a_write_with_another_tag_is_refused_and_changes_nothing(
    client: AsyncClient, make_task: MakeTask, tag: str
) -> None:
    await make_task("x")
    for method in ("PUT", "DELETE"):
        body = {"title": "y"} if method == "PUT" else None
        answer = await client.request(method, "/api/tasks/1", json=body, headers={"If-Match": tag})
        assert answer.status_code == 412
        assert answer.json()["code"] == "version_stale"
        assert answer.json()["version"] == 1
    assert (await client.get("/api/tasks/1")).json()["title"] == "x"


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"', 'W/"7","1"'])
async def test_a_write_with_the_present_tag_is_made(
    client: AsyncClient, make_task: MakeTask, tag: str
) -> None:
    await make_task("x")
    headers = {"If-Match": tag}
    answer = await client.put("/api/tasks/1/status", json={"status": "Ready"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "*", '"0", "1"'])
async def test_what_the_caller_has_is_not_sent_again(
    client: AsyncClient, make_task: MakeTask, tag: str
) -> None:
    await make_task("x")
    answer = await client.get("/api/tasks/1", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == '"1"'


async def test_a_deleted_task_is_gone_and_its_history_stays_out_of_reach(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    answer = await client.delete("/api/tasks/1", headers={"If-Match": '"1"'})
    assert answer.status_code == 204
    assert answer.content == b""
    assert "content-type" not in answer.headers
    assert (await client.get("/api/tasks/1")).status_code == 404


async def test_an_illegal_move_is_409_and_lists_what_is_allowed(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    answer = await client.put("/api/tasks/1/status", json={"status": "Done"})
    problem = answer.json()
    assert answer.status_code == 409
    assert problem["code"] == "illegal_move"
    assert problem["allowed"] == ["Analysis", "Ready", "In Progress"]


async def test_a_moves_comment_becomes_a_note_and_the_reason(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    body = {"status": "Ready", "comment": "planned", "agent": "ann"}
    assert (await client.put("/api/tasks/1/status", json=body)).status_code == 200
    notes = (await client.get("/api/tasks/1/notes")).json()
    history = (await client.get("/api/tasks/1/history")).json()
    moved = next(entry for entry in history if entry["field"] == "status")
    assert [(note["text"], note["author"]) for note in notes] == [("planned", "ann")]
    assert (moved["old"], moved["new"], moved["reason"]) == ("Backlog", "Ready", "planned")
    assert moved["actor"] == "ann"


async def test_fifty_notes_are_fifty_notes(client: AsyncClient, make_task: MakeTask) -> None:
    await make_task("x")
    for number in range(50):
        answer = await client.post("/api/tasks/1/notes", json={"text": f"note {number}"})
        assert answer.status_code == 201
    notes = (await client.get("/api/tasks/1/notes")).json()
    assert [note["text"] for note in notes] == [f"note {number}" for number in range(50)]
    assert (await client.get("/api/tasks/1")).json()["notes_count"] == 50
