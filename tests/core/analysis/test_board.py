from pathlib import Path
from typing import Any

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.job import JobStatus
from claudetask_core.schemas.task import Status, StatusChange, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from tests.core.analysis.support import (
    ALICE,
    ANSWER,
    FakeClaude,
    analysed,
    finished,
    inside,
    new_task,
    result,
)
from tests.support import eventually

BOB = Caller("bob")
BROKEN = result(subtype="error_max_turns", is_error=True)


def answered(fake: FakeClaude, **changes: Any) -> None:
    fake.script(lines=[result(structured_output={**ANSWER, **changes})])


async def test_the_answer_is_stored_as_readable_markdown(core: Core) -> None:
    (core.places.root / "src").mkdir()
    (core.places.root / "src" / "login.py").write_text("\n" * 12)
    task = await new_task(core)
    await analysed(core, task)
    assert (await core.tasks.get(task.id)).analysis == (
        "## Summary\n\nLogins fail after midnight.\n\n**Size:** S\n\n"
        "## Approach\n\n1. Write a test that fails\n2. Compare in UTC\n   and say why\n\n"
        "## Files\n\n- `src/login.py:12` — compares local times\n\n"
        "## Risks\n\n- Stored times may be local\n\n"
        "## Acceptance criteria\n\n- A login at 00:30 works\n"
    )


async def test_a_file_that_is_not_there_is_said_and_a_line_it_has_not_is_left_out(
    core: Core, fake: FakeClaude
) -> None:
    (core.places.root / "short.py").write_text("one\n")
    files = [
        {"path": "./short.py", "line": 7, "why": "too far"},
        {"path": "new.py", "line": 1, "why": "to be made"},
        {"path": "/etc/passwd", "line": 1, "why": "elsewhere"},
        {"path": "long" * 100, "line": 1, "why": "no file can be called so"},
    ]
    answered(fake, files=files)
    task = await new_task(core)
    assert (await analysed(core, task)).status is JobStatus.SUCCEEDED
    analysis = (await core.tasks.get(task.id)).analysis or ""
    assert "- `short.py` — too far\n- `new.py` (not there yet) — to be made\n" in analysis
    assert "passwd" not in analysis


@pytest.mark.parametrize("before", [Status.BACKLOG, Status.READY])
async def test_an_analysed_task_goes_through_analysis_to_ready(core: Core, before: Status) -> None:
    task = await new_task(core, status=before)
    await analysed(core, task)
    moves = [e for e in await core.tasks.history(task.id) if e.action == "moved"][-2:]
    assert [(e.actor, e.old, e.new) for e in moves] == [
        ("analysis", before, Status.ANALYSIS),
        ("analysis", Status.ANALYSIS, Status.READY),
    ]


@pytest.mark.parametrize("before", [Status.BACKLOG, Status.READY])
async def test_a_failed_analysis_puts_the_task_back_and_notes_why(
    core: Core, fake: FakeClaude, before: Status
) -> None:
    fake.script(lines=[BROKEN], exit=1)
    task = await new_task(core, status=before)
    assert (await analysed(core, task)).status is JobStatus.FAILED
    assert (await core.tasks.get(task.id)).status is before
    (note,) = await core.notes.find(task.id)
    assert note.author == "analysis"
    assert note.text.startswith("The analysis did not finish. Claude had not finished after")


async def test_a_task_that_others_moved_meanwhile_stays_there(core: Core, fake: FakeClaude) -> None:
    fake.script(hang=True)
    task = await new_task(core)
    job = await core.analysis.start(task.id, ALICE)
    await fake.called()
    await core.tasks.move(task.id, StatusChange(status=Status.READY), BOB)
    await core.tasks.move(task.id, StatusChange(status=Status.IN_PROGRESS), BOB)
    await core.analysis.cancel(job.id, ALICE)
    assert (await core.tasks.get(task.id)).status is Status.IN_PROGRESS
    assert len(await core.notes.find(task.id)) == 1


async def test_a_claimed_task_takes_the_text_and_keeps_what_the_claim_guards(
    core: Core, fake: FakeClaude
) -> None:
    task = await new_task(core)
    await core.tasks.move(task.id, StatusChange(status=Status.IN_PROGRESS), BOB)
    assert (await analysed(core, task)).status is JobStatus.SUCCEEDED
    after = await core.tasks.get(task.id)
    assert after.analysis is not None
    assert (after.status, after.claimed_by) == (Status.IN_PROGRESS, "bob")
    assert after.acceptance_criteria == []


async def test_criteria_and_files_are_added_where_there_are_none(
    core: Core, fake: FakeClaude, tmp_path: Path
) -> None:
    root = core.places.root
    (root / "src").mkdir()
    (root / "src" / "login.py").write_text("")
    (tmp_path / "secret.txt").write_text("")
    (root / "out").symlink_to(tmp_path)
    listed = ["src/login.py", str(root / "src/login.py"), "gone.py", "../secret.txt", "src", "a\0"]
    paths = [{"path": path, "why": "x"} for path in [*listed, "out/secret.txt"]]
    answered(fake, files=paths, acceptance_criteria=["works", "works", " ", "x" * 1001])
    task = await new_task(core)
    await analysed(core, task)
    after = await core.tasks.get(task.id)
    assert after.related_files == ["src/login.py"]
    assert [(c.text, c.checked) for c in after.acceptance_criteria] == [("works", False)]


async def test_criteria_and_files_that_people_gave_are_kept(core: Core) -> None:
    (core.places.root / "src").mkdir()
    (core.places.root / "src" / "login.py").write_text("")
    task = await new_task(core, acceptance_criteria=["mine"], related_files=["mine.py"])
    await analysed(core, task)
    after = await core.tasks.get(task.id)
    assert [c.text for c in after.acceptance_criteria] == ["mine"]
    assert after.related_files == ["mine.py"]


async def test_only_an_agent_that_exists_is_suggested(core: Core, fake: FakeClaude) -> None:
    agents = core.places.root / ".claude" / "agents"
    agents.mkdir(parents=True)
    text = "---\nname: tester\ndescription: writes tests\n---\nTest.\n"
    (agents / "tester.md").write_text(text)
    said = {
        "tester": "**Suggested agent:** tester (knows tests)",
        "invented": "**Suggested agent:** tester (it is for tests",
    }
    for name, shown in said.items():
        task = await new_task(core, "Write tests for the login")
        answered(fake, suggested_agent=name, agent_reason="knows tests")
        await analysed(core, task)
        assert shown in ((await core.tasks.get(task.id)).analysis or "")
    answered(fake, suggested_agent="invented")
    task = await new_task(core, "Paint it blue")
    await analysed(core, task)
    assert "agent" not in ((await core.tasks.get(task.id)).analysis or "")


async def test_an_answer_too_long_for_a_task_is_cut(core: Core, fake: FakeClaude) -> None:
    answered(fake, summary="ä" * 150_000 + "\0")
    task = await new_task(core)
    assert (await analysed(core, task)).status is JobStatus.SUCCEEDED
    assert ((await core.tasks.get(task.id)).analysis or "").endswith("ä\n\n… (cut)\n")


async def test_a_change_by_others_in_the_last_moment_is_not_lost(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    get, changes = core.tasks.get, iter(["one", "two"])

    async def get_and_change(task_id: int, caller: Caller | None = None) -> Any:
        found = await get(task_id, caller)
        if found.status is Status.ANALYSIS and (title := next(changes, None)):
            await core.tasks.update(task_id, TaskUpdate(title=title), BOB)
        return found

    monkeypatch.setattr(core.tasks, "get", get_and_change)
    assert (await analysed(core, task)).status is JobStatus.SUCCEEDED
    after = await get(task.id)
    assert (after.title, after.status) == ("two", Status.READY)


async def test_a_task_that_never_stands_still_fails_the_analysis(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    get = core.tasks.get

    async def get_and_change(task_id: int, caller: Caller | None = None) -> Any:
        found = await get(task_id, caller)
        await core.tasks.update(task_id, TaskUpdate(title=f"v{found.version}"), BOB)
        return found

    monkeypatch.setattr(core.tasks, "get", get_and_change)
    job = await analysed(core, task)
    assert job.status is JobStatus.FAILED
    assert "is at version" in (job.error or "")


async def test_a_job_cancelled_while_its_task_moved_leaves_the_task_where_it_was(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    board = inside(core, "board")
    enter = board.enter

    async def cancelled_meanwhile(entering: Any) -> None:
        (job,) = await core.analysis.unfinished()
        await core.analysis.cancel(job.id, BOB)
        await enter(entering)

    monkeypatch.setattr(board, "enter", cancelled_meanwhile)
    job = await finished(core, await core.analysis.start(task.id, ALICE))
    assert job.status is JobStatus.CANCELLED
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG


async def test_a_board_that_refuses_a_note_does_not_break_the_job(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise DomainError("no")

    fake.script(lines=[BROKEN], exit=1)
    task = await new_task(core)
    for name in ("move", "update"):
        monkeypatch.setattr(core.tasks, name, refuse)
    assert (await analysed(core, task)).status is JobStatus.FAILED
    await inside(core, "board").put_back(task.id)
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG


async def test_a_task_deleted_at_once_takes_its_job_with_it(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await new_task(core)
    board = inside(core, "board")
    enter = board.enter

    async def deleted_meanwhile(entering: Any) -> None:
        await enter(entering)
        await core.tasks.delete(task.id, BOB)

    monkeypatch.setattr(board, "enter", deleted_meanwhile)
    await core.analysis.start(task.id, ALICE)
    await eventually(lambda: not inside(core, "background").living)
    assert await core.analysis.unfinished() == []
    assert fake.calls() == []
