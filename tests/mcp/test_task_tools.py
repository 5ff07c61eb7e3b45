import json
import re

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import (
    CriterionWrite,
    Status,
    StatusChange,
    TaskCreate,
    TaskUpdate,
)
from claudetask_core.services.tasks.claims import Caller
from tests.mcp.conftest import Connect
from tests.mcp.support import PROCESS, answer, read, refusal


async def test_a_created_task_is_named_by_its_number(connect: Connect) -> None:
    async with connect() as client:
        said = await answer(client, "create_task", title="Add a login", priority="High")
    assert said == "Created #1 Add a login (Feature, High, Backlog, version 1)."


async def test_links_that_can_never_be_met_are_told_of(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Whole")
        made = await answer(client, "create_task", title="Part", parent_id=1, depends_on=[1])
        other = await answer(client, "update_task", task_id=2, depends_on=[])
        again = await answer(client, "update_task", task_id=2, depends_on=[1])
    circle = " It can never be Done: #2 depends on #1, #1 has the subtask #2. Leave one of these "
    assert circle in made
    assert "never" not in other
    assert circle in again


async def test_creating_the_like_again_names_the_possible_duplicate(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Export invoices as PDF")
        said = await answer(client, "create_task", title="Export invoices as PDF")
        refused = await refusal(
            client, "create_task", {"title": "Export invoices as PDF", "on_duplicate": "refuse"}
        )
    assert "Possible duplicates: #1 Export invoices as PDF (Backlog, 1.00: shares " in said
    assert "A task much like this exists: #1" in refused or "#2" in refused


async def test_a_title_that_is_there_already_is_told_whatever_else_the_tasks_say(
    connect: Connect,
) -> None:
    async with connect() as client:
        for number in range(6):
            about = f"Customers of tier {number} see a wrong total. See src/cart.py, load_cart()."
            title = f"{'Fix' if number else 'Speed up'} part {number} of the cart"
            await answer(client, "create_task", title=title, description=about)
        said = await answer(client, "create_task", title="fix part 2 of  the cart")
        again = {"title": "Fix part 2 of the cart", "on_duplicate": "refuse"}
        refused = await refusal(client, "create_task", again)
    assert "Possible duplicates: #3 Fix part 2 of the cart (Backlog, 1.00: " in said
    assert refused.startswith("A task much like this exists: #")


async def test_a_task_shows_criteria_with_their_evidence(connect: Connect, core: Core) -> None:
    async with connect() as client:
        await answer(
            client,
            "create_task",
            title="Parse dates",
            description="ISO 8601 only.",
            acceptance_criteria=["Accepts Z", "Rejects 31 June"],
        )
        await answer(client, "update_task", task_id=1, check={"1": "test_zulu passes"})
        said = await answer(client, "get_task", task_id=1)
    assert "Acceptance criteria (1 of 2 met):" in said
    assert "[x] 1: Accepts Z (test_zulu passes)" in said
    assert "[ ] 2: Rejects 31 June" in said
    assert "ISO 8601 only." in said
    assert "version 2" in said


async def test_a_task_shows_its_links_notes_files_and_analysis(
    connect: Connect, core: Core, alice: Caller
) -> None:
    for title in ("First", "Second", "Third"):
        await core.tasks.create(TaskCreate(title=title), alice)
    data = TaskUpdate(
        depends_on=[1],
        parent_id=2,
        git_branch="fix/third",
        related_files=["src/a.py"],
        analysis="It is simple.",
        note="Looked at it.",
    )
    await core.tasks.update(3, data, alice)
    async with connect() as client:
        said = await answer(client, "get_task", task_id=3)
    for part in (
        "branch fix/third · parent #2 · depends on #1",
        "Related files:\n- src/a.py",
        "Analysis:\n```\nIt is simple.\n```",
        "- 2026-01-05T09:00Z alice: Looked at it.",
    ):
        assert part in said


async def test_moving_to_in_progress_claims_the_task_for_the_caller(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", acceptance_criteria=["Works"])
        said = await answer(client, "update_task_status", task_id=1, status="In Progress")
        shown = await answer(client, "get_task", task_id=1)
    assert said == (
        "#1 Work is in In Progress (version 2). Claimed by you until 2026-01-05T09:30Z. "
        "Criteria still open: 1."
    )
    assert f"claimed by {PROCESS} until 2026-01-05T09:30Z" in shown


async def test_a_move_says_how_many_criteria_it_leaves_out_and_which_call_has_them(
    connect: Connect,
) -> None:
    """It ended in the middle of a number."""
    async with connect() as client:
        await answer(client, "create_task", title="Work", acceptance_criteria=["Works"] * 100)
        said = await answer(client, "update_task_status", task_id=1, status="In Progress")
    assert said.endswith(" 18, 19, 20 and 80 more; get_task(1) has them.")


async def test_a_criterion_checked_without_evidence_is_still_open(
    connect: Connect, core: Core, alice: Caller
) -> None:
    """A move said that nothing was open, and Done was refused."""
    checked = [CriterionWrite(text="Works", checked=True)]
    await core.tasks.create(TaskCreate(title="Work", acceptance_criteria=checked), alice)
    async with connect() as client:
        said = await answer(client, "update_task_status", task_id=1, status="In Progress")
    assert said.endswith(" Criteria still open: 1.")


async def test_a_refused_done_ends_no_word_in_the_middle(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", acceptance_criteria=["Works"] * 100)
        await answer(client, "update_task_status", task_id=1, status="In Progress")
        await answer(client, "update_task_status", task_id=1, status="Code Review")
        said = await refusal(client, "update_task_status", {"task_id": 1, "status": "Done"})
    assert "; criterion 5 is not checked; and 95 more. Check each" in said


async def test_a_task_and_its_move_tell_what_it_waits_for_until_that_is_done(
    connect: Connect, core: Core, alice: Caller
) -> None:
    for title in ("First", "Second"):
        await core.tasks.create(TaskCreate(title=title), alice)
    await core.tasks.create(TaskCreate(title="Third", depends_on=[1, 2]), alice)
    await core.tasks.move(1, StatusChange(status=Status.DONE, force_reason="x"), alice)
    async with connect() as client:
        shown = await answer(client, "get_task", task_id=3)
        moved = await answer(client, "update_task_status", task_id=3, status="In Progress")
        await core.tasks.move(2, StatusChange(status=Status.DONE, force_reason="x"), alice)
        later = await answer(client, "update_task_status", task_id=3, status="Code Review")
    assert "depends on #1, #2 · waits for #2 (Backlog)\n" in shown
    assert moved.endswith(" It waits for #2 (Backlog).")
    assert "waits for" not in later


async def test_a_task_and_its_move_tell_of_its_subtasks(
    connect: Connect, core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="Whole"), alice)
    for title in ("First part", "Second part"):
        await core.tasks.create(TaskCreate(title=title, parent_id=1), alice)
    await core.tasks.move(2, StatusChange(status=Status.DONE, force_reason="x"), alice)
    async with connect() as client:
        shown = await answer(client, "get_task", task_id=1)
        moved = await answer(client, "update_task_status", task_id=1, status="In Progress")
        _, text = await read(client, "claudetask://tasks/1")
    assert "\nsubtasks #2, #3 · waits for #3 (Backlog)\n" in shown
    assert moved.endswith(" It waits for #3 (Backlog).")
    task = json.loads(text)
    assert (task["subtasks"], task["waits_for"]) == ([2, 3], {"3": "Backlog"})


async def test_many_links_are_cut_between_two_and_say_which_call_has_the_rest(
    connect: Connect, core: Core, alice: Caller
) -> None:
    for number in range(1, 61):
        await core.tasks.create(TaskCreate(title=f"Part {number}"), alice)
    await core.tasks.create(TaskCreate(title="Last", depends_on=list(range(1, 61))), alice)
    async with connect() as client:
        shown = await answer(client, "get_task", task_id=61)
        moved = await answer(client, "update_task_status", task_id=61, status="In Progress")
    rest = r"claudetask://tasks/61 has it whole"
    assert re.search(rf"\ndepends on (#\d+, )+#\d+ and \d+ more; {rest} · ", shown)
    assert re.search(rf" · waits for (#\d+ \(Backlog\),? )+and \d+ more; {rest}\n", shown)
    assert re.search(
        r" It waits for (#\d+ \(Backlog\),? )+and \d+ more; get_task\(61\) has them\.$", moved
    )


async def test_the_agent_argument_is_the_caller(connect: Connect, core: Core) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        await answer(
            client, "update_task_status", task_id=1, status="In Progress", agent="reviewer"
        )
    assert (await core.tasks.get(1)).claimed_by == "reviewer"


async def test_a_refused_move_lists_the_allowed_ones(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await refusal(client, "update_task_status", {"task_id": 1, "status": "Done"})
    assert "Analysis" in said
    assert "Ready" in said
    assert "In Progress" in said


async def test_a_forced_move_and_a_comment_are_recorded(connect: Connect, core: Core) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        await answer(
            client,
            "update_task_status",
            task_id=1,
            status="Done",
            comment="was done long ago",
            force_reason="imported",
        )
    entries = await core.tasks.history(1)
    assert any(entry.action == "forced" and entry.reason == "imported" for entry in entries)
    (note,) = await core.notes.find(1)
    assert note.text == "was done long ago"


async def test_a_task_held_by_another_is_refused_with_the_holders_name(
    connect: Connect, core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="Work"), alice)
    await core.tasks.move(1, StatusChange.model_validate({"status": "In Progress"}), alice)
    async with connect() as client:
        said = await refusal(client, "update_task_status", {"task_id": 1, "status": "Testing"})
    assert "claimed by alice" in said


async def test_the_next_task_says_why_and_can_be_taken(connect: Connect, core: Core) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Later", priority="Low")
        await answer(
            client,
            "create_task",
            title="Now",
            type="Bug",
            priority="High",
            description="It burns.",
            acceptance_criteria=["No fire"],
        )
        looked = await answer(client, "get_next_task")
        taken = await answer(client, "get_next_task", claim=True)
        again = await answer(client, "get_next_task", claim=True)
    assert looked.startswith("#2 Now\nHigh priority, Bug, Backlog, version 1\nWhy: High priority")
    assert "Take it with get_next_task(claim=true)." in looked
    assert f"Claimed for {PROCESS} until" in taken
    assert "It burns." in taken
    assert "[ ] 1: No fire" in taken
    assert "you hold it already" in again
    assert "If it was not you who took it, call again with an agent name of your own." in again
    assert (await core.tasks.get(2)).claimed_by == PROCESS


async def test_an_empty_board_says_that_no_task_is_free(connect: Connect) -> None:
    async with connect() as client:
        said = await answer(client, "get_next_task")
    assert said.startswith("No task is free")


async def test_a_stale_version_is_refused_and_names_the_current_one(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        await answer(client, "update_task", task_id=1, title="Work harder")
        said = await refusal(client, "update_task", {"task_id": 1, "title": "X", "version": 1})
    assert "version 2, not 1" in said


async def test_an_update_says_what_it_changed(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await answer(client, "update_task", task_id=1, note="Began.", priority="Low")
    assert said == "Updated #1 Work: priority, note. Backlog, version 2. Merged by field."


async def test_an_update_without_a_change_is_refused(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await refusal(client, "update_task", {"task_id": 1})
    assert said.startswith("update_task was given nothing to change.")


async def test_empty_texts_and_zero_remove_what_can_be_removed(
    connect: Connect, core: Core, alice: Caller
) -> None:
    for title in ("One", "Two"):
        await core.tasks.create(TaskCreate(title=title), alice)
    data = TaskUpdate(parent_id=1, git_branch="b", analysis="a", description="d")
    await core.tasks.update(2, data, alice)
    async with connect() as client:
        await answer(
            client,
            "update_task",
            task_id=2,
            parent_id=0,
            git_branch="",
            analysis="",
            description="",
        )
    task = await core.tasks.get(2)
    assert (task.parent_id, task.git_branch, task.analysis, task.description) == (
        None,
        None,
        None,
        "",
    )


async def test_a_null_is_as_good_as_absent(connect: Connect, core: Core) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", description=None, parent_id=None)
        await answer(client, "update_task", task_id=1, note="n", analysis=None, depends_on=None)
        listed = await answer(client, "list_tasks", status=None, cursor=None, query=None)
    assert listed == "#1 Backlog Medium: Work\n1 task."


async def test_texts_that_look_like_json_arrive_as_they_were_written(
    connect: Connect, core: Core
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="[1, 2]", description='{"a": [1]}')
        await answer(client, "update_task", task_id=1, note='["n"]', analysis="null")
    task = await core.tasks.get(1)
    assert (task.title, task.description, task.analysis) == ("[1, 2]", '{"a": [1]}', "null")
    assert [note.text for note in await core.notes.find(1)] == ['["n"]']


async def test_criteria_keep_their_number_when_the_list_is_replaced(
    connect: Connect, core: Core
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", acceptance_criteria=["a", "b"])
        await answer(
            client,
            "update_task",
            task_id=1,
            acceptance_criteria=[{"id": 2, "text": "b, better"}, "c"],
        )
    task = await core.tasks.get(1)
    assert [(c.id, c.text) for c in task.acceptance_criteria] == [(2, "b, better"), (3, "c")]


async def test_a_task_may_be_asked_for_as_it_is_named(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        assert (await answer(client, "get_task", task_id="#1")).startswith("#1 Work")
        assert (await answer(client, "get_task", task_id="1")).startswith("#1 Work")


async def test_a_deleted_task_is_gone(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await answer(client, "delete_task", task_id=1)
        missing = await refusal(client, "get_task", {"task_id": 1})
    assert said == "Deleted #1 Work. Its history is kept."
    assert missing.startswith("There is no task #1.")


@pytest.mark.parametrize("text", ["Ship it \U0001f680", "\U0001f680" * 40, "\u4e2d\u6587"])
async def test_a_short_text_is_shown_whole_whatever_its_characters(
    connect: Connect, text: str
) -> None:
    async with connect() as client:
        given = {"title": "Launch", "description": text, "acceptance_criteria": [text]}
        await answer(client, "create_task", **given)
        await answer(client, "update_task", task_id=1, analysis=text, note=text)
        said = await answer(client, "get_task", task_id=1)
    assert said.count(text) == 4
    assert "\u2026" not in said


async def test_who_deletes_a_task_is_told_what_becomes_of_those_that_named_it(
    connect: Connect,
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        for number in range(22):
            await answer(client, "create_task", title=f"Part {number}", parent_id=1)
        await answer(client, "create_task", title="After it", depends_on=[1])
        said = await answer(client, "delete_task", task_id=1)
        part = await answer(client, "get_task", task_id=2)
    assert said == (
        "Deleted #1 Work. Its history is kept. Its subtasks stay, without a parent: "
        "#2, #3, #4, #5, #6, #7, #8, #9, #10, #11, #12, #13, #14, #15, #16, #17, #18, #19, #20, "
        "#21 and 2 more. No longer waiting for it: #24."
    )
    assert "parent" not in part


async def test_similar_tasks_come_with_what_became_of_them(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Export invoices as PDF")
        await answer(client, "create_task", title="Rename the login button")
        said = await answer(client, "find_similar_tasks", query="PDF export of invoices")
        none = await answer(client, "find_similar_tasks", query="zebra")
    assert said.startswith("#1 Export invoices as PDF (Backlog) ")
    assert "Rename" not in said
    assert none == "No task is like that."


async def test_an_analysis_that_cannot_run_is_refused_with_the_remedy(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await refusal(client, "analyze_task", {"task_id": 1})
    assert "analysis" in said.lower()


async def test_the_criteria_of_anothers_task_can_be_forced_as_the_refusal_says(
    connect: Connect,
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="a", acceptance_criteria=["b"])
        await answer(client, "update_task_status", task_id=1, status="In Progress", agent="alice")
        seen = {"task_id": 1, "check": {"1": "seen"}, "agent": "bob"}
        assert "give force_reason to override" in await refusal(client, "update_task", seen)
        assert "check" in await answer(client, "update_task", **seen, force_reason="alice left")
        assert "[x] 1: b (seen)" in await answer(client, "get_task", task_id=1)
        lone = {"task_id": 1, "force_reason": "nothing else"}
        assert "nothing to change" in await refusal(client, "update_task", lone)


async def test_a_task_goes_from_builder_to_tester_to_reviewer_and_back_as_our_agents_say(
    connect: Connect,
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="a", acceptance_criteria=["b"])
        for status in ("In Progress", "Testing"):
            move = {"task_id": 1, "status": status, "agent": "builder-1"}
            await answer(client, "update_task_status", **move)
        seen = {"task_id": 1, "check": {"1": "test_b passes"}, "agent": "tester"}
        await answer(client, "update_task", **seen, force_reason="tested")
        await answer(client, "update_task", task_id=1, note="a bug", agent="tester")
        assert "claimed by builder-1" in await answer(client, "get_task", task_id=1)
        for status in ("In Progress", "Code Review"):
            move = {"task_id": 1, "status": status, "agent": "builder-1"}
            await answer(client, "update_task_status", **move)
        for status in ("In Progress", "Ready"):
            move = {"task_id": 1, "status": status, "agent": "reviewer"}
            await answer(client, "update_task_status", **move)
        given = await answer(client, "get_next_task", claim=True, agent="builder-2")
    assert given.startswith("#1 a\n")
    assert "Claimed for builder-2 until" in given
