"""What the board does, seen through every door."""

import pytest

from tests.faces.conftest import Door, RefusedError

PLAIN: dict[str, object] = {
    "description": "",
    "type": "Feature",
    "priority": "Medium",
    "status": "Backlog",
    "analysis": None,
    "git_branch": None,
    "parent_id": None,
    "depends_on": [],
    "acceptance_criteria": [],
    "notes_count": 0,
    "related_files": [],
    "claimed_by": None,
    "claim_expires_at": None,
    "version": 1,
    "completed_at": None,
}


async def test_a_title_alone_makes_a_task_with_the_defaults(door: Door) -> None:
    task = await door.create("alice", title="  A title ")
    assert task.items() >= {**PLAIN, "id": 1, "title": "A title"}.items()
    assert task["created_at"] == task["updated_at"] == "2026-01-05T09:00:00Z"


async def test_all_that_is_given_is_kept(door: Door) -> None:
    given = {
        "title": "t",
        "description": "line one\nline two — ünï 🙂",
        "type": "Bug",
        "priority": "High",
        "acceptance_criteria": ["one", "two"],
    }
    task = await door.create("alice", **given)
    criteria = [
        {"id": n, "text": text, "checked": False, "evidence": None}
        for n, text in ((1, "one"), (2, "two"))
    ]
    assert task.items() >= {**given, "acceptance_criteria": criteria}.items()


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "x" * 2_000_000},
        {"title": "ok", "priority": "Urgent"},
        {"title": "ok", "colour": "blue"},
        {"title": "ok", "description": "x" * 65_537},
        {},
    ],
    ids=["empty", "long", "2 MB", "no such priority", "unknown field", "description", "none"],
)
async def test_bad_input_is_refused_and_nothing_is_made(
    door: Door, fields: dict[str, object]
) -> None:
    with pytest.raises(RefusedError):
        await door.create("alice", **fields)
    assert await door.find() == []


async def test_a_missing_task_is_named(door: Door) -> None:
    for call in (
        door.get(7),
        door.update("alice", 7, title="x"),
        door.move("alice", 7, "Ready"),
        door.delete(7),
    ):
        with pytest.raises(RefusedError, match="no task #7"):
            await call


async def test_absent_fields_stay_as_they_are(door: Door) -> None:
    before = await door.create("alice", title="a", description="d", priority="Low")
    after = await door.update(
        "alice", 1, git_branch="b", analysis="because", related_files=["f.py"]
    )
    changed = {"git_branch": "b", "analysis": "because", "related_files": ["f.py"], "version": 2}
    assert {k: v for k, v in after.items() if k != "updated_at"} == {
        k: v for k, v in {**before, **changed}.items() if k != "updated_at"
    }


async def test_a_stale_version_is_refused(door: Door) -> None:
    await door.create("alice", title="a")
    await door.update("bob", 1, title="b", version=1)
    with pytest.raises(RefusedError, match="version 2"):
        await door.update("alice", 1, title="c", version=1)
    assert (await door.get(1))["title"] == "b"


async def test_the_workflow_is_followed_and_a_refusal_names_what_is_allowed(door: Door) -> None:
    await door.create("alice", title="a")
    with pytest.raises(RefusedError, match="Analysis, Ready, In Progress"):
        await door.move("alice", 1, "Done")
    for status in ("Ready", "In Progress", "Testing", "Code Review", "Done"):
        task = await door.move("alice", 1, status)
        assert task["status"] == status
    assert task["completed_at"] is not None
    assert (await door.move("alice", 1, "Backlog"))["completed_at"] is None


async def test_a_force_reason_overrides(door: Door) -> None:
    await door.create("alice", title="a")
    assert (await door.move("alice", 1, "Done", force_reason="shipped"))["status"] == "Done"


async def test_a_comment_becomes_a_note(door: Door) -> None:
    await door.create("alice", title="a")
    assert (await door.move("alice", 1, "Ready", comment="checked"))["notes_count"] == 1


async def test_criteria_are_checked_with_evidence(door: Door) -> None:
    await door.create("alice", title="a", acceptance_criteria=["works", "tested"])
    task = await door.update("alice", 1, check={2: "pytest: 3 passed"})
    assert task["acceptance_criteria"][1] == {
        "id": 2,
        "text": "tested",
        "checked": True,
        "evidence": "pytest: 3 passed",
    }


async def test_a_dependency_cycle_is_refused_and_the_next_call_answered(door: Door) -> None:
    """Elsewhere a cycle ended the server."""
    await door.create("alice", title="a")
    await door.create("alice", title="b", depends_on=[1])
    with pytest.raises(RefusedError, match="#1 → #2 → #1"):
        await door.update("alice", 1, depends_on=[2])
    assert await door.find() == [1, 2]


async def test_each_caller_claims_a_task_of_its_own(door: Door) -> None:
    """Elsewhere three of three agents were given the same task."""
    for title in ("a", "b"):
        await door.create("x", title=title)
    first = await door.claim_next("alice")
    second = await door.claim_next("bob")
    again = await door.claim_next("alice")
    assert first is not None
    assert second is not None
    assert again is not None
    assert (first["id"], first["claimed_by"], first["status"]) == (1, "alice", "In Progress")
    assert (second["id"], again["id"]) == (2, 1)
    assert await door.claim_next("carol") is None
    with pytest.raises(RefusedError, match="claimed by alice"):
        await door.move("bob", 1, "Testing")


async def test_the_most_urgent_comes_first_whatever_its_age(door: Door) -> None:
    """Elsewhere the sort put High last."""
    for priority in ("Low", "Medium", "High"):
        await door.create("x", title=priority, priority=priority)
    found = await door.claim_next("alice")
    assert found is not None
    assert found["title"] == "High"


async def test_tasks_are_filtered(door: Door) -> None:
    await door.create("x", title="Fix the login", type="Bug", priority="High")
    await door.create("x", title="Add a page", description="after login")
    await door.create("x", title="Other")
    assert await door.find(type="Bug") == [1]
    assert await door.find(priority="Medium") == [2, 3]
    assert await door.find(status="Backlog") == [1, 2, 3]
    assert await door.find(status="Done") == []
    assert await door.find(q="LOGIN") == [1, 2]
    assert await door.find(q="100%_") == []


async def test_similar_tasks_are_found_by_their_words(door: Door) -> None:
    await door.create("x", title="Refresh login tokens")
    await door.create("x", title="Export invoices")
    assert (await door.similar("login token expired"))[0] == 1


async def test_a_deleted_task_is_gone(door: Door) -> None:
    await door.create("x", title="a")
    await door.delete(1)
    assert await door.find() == []
    assert (await door.create("x", title="b"))["id"] == 2


async def test_fifty_notes_are_fifty_notes(door: Door) -> None:
    """Elsewhere only the first of many appends to a list was ever saved."""
    await door.create("x", title="a")
    for number in range(50):
        await door.update("x", 1, note=f"note {number}")
    assert (await door.get(1))["notes_count"] == 50
