"""The board from the command line."""

import json

import pytest

from claudetask_core.schemas.task import Priority, TaskType
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_mcp import task_grammar
from tests.mcp.support import Run


def test_the_board_is_worked_from_the_command_line(run: Run) -> None:
    made = run("task", "add", "Parse dates", "--criterion", "zones are kept", "--type", "Bug")
    assert made == (0, "Created #1 Parse dates (Bug, Medium, Backlog, version 1).\n", "")
    made = run(
        "task", "add", "After it", "--depends-on", "#1", "--parent", "1", "--priority", "High"
    )
    assert made[1] == (
        "Created #2 After it (Feature, High, Backlog, version 1). It can never be Done: #2 depends "
        "on #1, #1 has the subtask #2. Leave one of these links out.\n"
    )
    assert run("task", "list")[1] == (
        "#1 Backlog Medium Bug: Parse dates\n#2 Backlog High: After it\n2 tasks.\n"
    )
    assert "more with --after 1" in run("task", "list", "--limit", "1")[1]
    assert run("task", "list", "--limit", "1", "--after", "1")[1].startswith("#2 ")
    assert "No task is free" in run("task", "next")[1]
    run("task", "move", "2", "Done", "--force-reason", "not needed")
    taken = run("task", "next", "--claim", "--agent", "ann")
    assert "Claimed for ann until" in taken[1]
    code, _, err = run("task", "move", "1", "Testing")
    assert code == 1
    assert "claimed by ann" in err
    assert run("task", "note", "1", "half way", "--agent", "ann")[1] == "Noted on #1 (note 1).\n"
    run("task", "check", "1", "1", "pytest -q: exit 0", "--agent", "ann")
    assert "[x] 1: zones are kept (pytest -q: exit 0)" in run("task", "show", "1")[1]
    moved = run("task", "move", "1", "Testing", "--agent", "ann", "--comment", "look")
    assert "Claimed by you" in moved[1]
    assert run("task", "release", "1", "--agent", "ann")[1] == (
        "Released #1; it stays in Testing.\n"
    )
    assert run("task", "similar", "dates", "--top-k", "1")[1].startswith("#1 Parse dates (Testing)")
    assert run("task", "similar", "dates", "--top-k", "100")[0] == 0


def test_a_move_names_the_command_that_shows_the_criteria_it_leaves_out(run: Run) -> None:
    run("task", "add", "Many", *(["--criterion", "works"] * 21))
    moved = run("task", "move", "1", "Ready")[1]
    assert moved.endswith(" 20 and 1 more; claudetask-mcp task show 1 has them.\n")


def test_the_next_step_is_what_a_person_at_a_shell_does(run: Run) -> None:
    assert "create a task with claudetask-mcp task add" in run("task", "next")[1]
    run("task", "add", "Say get_next_task(claim=true)")
    assert run("task", "next")[1].endswith(
        "\nclaudetask-mcp task show 1 shows all of it.\n"
        "Take it with claudetask-mcp task next --claim.\n"
    )
    assert "#1 Say get_next_task(claim=true)\n" in run("task", "next")[1]
    assert "(claudetask-mcp task list)" in run("task", "show", "99")[2]
    assert "ids that claudetask-mcp task list shows" in run("task", "add", "x", "--parent", "9")[2]
    assert "give --force-reason to override" in run("task", "move", "1", "Done")[2]
    run("task", "next", "--claim", "--agent", "ann")
    held = run("task", "move", "1", "Testing")[2]
    assert "Take another with claudetask-mcp task next, or give --force-reason" in held
    late = run("task", "move", "1", "Testing", "--agent", "ann", "--if-version", "1")[2]
    assert "(claudetask-mcp task show); repeat what still holds with --if-version" in late


def test_the_board_answers_the_same_as_json(run: Run) -> None:
    made = json.loads(run("task", "add", "one", "--json")[1])
    assert (made["id"], made["status"]) == (1, "Backlog")
    assert [task["id"] for task in json.loads(run("task", "list", "--json")[1])] == [1]
    assert json.loads(run("task", "show", "1", "--json")[1])["title"] == "one"
    assert json.loads(run("task", "note", "1", "n", "--json")[1])["author"] == "cli"
    found = json.loads(run("task", "next", "--claim", "--json")[1])
    assert (found["task"]["claimed_by"], found["claimed"]) == ("cli", True)
    assert json.loads(run("task", "similar", "one", "--json")[1])["results"][0]["id"] == 1


def test_the_session_whose_shell_it_is_is_the_caller(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "s1")
    run("task", "add", "one")
    assert "Claimed for claude-code:s1" in run("task", "next", "--claim")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("move", "1", "Dne"), "Did you mean 'Done'? Statuses: " + ", ".join(DEFAULT.statuses)),
        (("list", "--status", "x"), "Statuses: " + ", ".join(DEFAULT.statuses)),
        (("similar", "a", "--status", "x"), "Statuses: "),
        (("similar", "a", "--top-k", "101"), "less than or equal to 100"),
        (("show", "99"), "There is no task #99"),
        (("add", " "), "title"),
        (("add", "a", "--agent", "a\nb"), "task add"),
        (("check", "1", "7", "seen"), "no criterion 7"),
    ],
)
def test_a_wrong_use_of_the_board_is_refused_in_words(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    run("task", "add", "one")
    code, out, err = run("task", *arguments)
    assert (code, out) == (1, "")
    assert said in err


def test_the_grammar_offers_exactly_the_cores_names() -> None:
    assert list(task_grammar.TYPES) == list(TaskType)
    assert list(task_grammar.PRIORITIES) == list(Priority)


@pytest.mark.parametrize("text", ["0", "-1", "x", "9" * 30])
def test_what_is_no_number_is_a_wrong_use(run: Run, text: str) -> None:
    assert run("task", "show", "--", text)[0] == 2
