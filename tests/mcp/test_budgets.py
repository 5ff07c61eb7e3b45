"""Every answer has a budget, whatever the board and the arguments are."""

import re
from datetime import timedelta

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.agent import Agent, AgentCreate, AgentFix, Problem, Scope, Severity
from claudetask_core.schemas.branch import Branch, BranchState, Commit
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdHint,
    ClaudeMdImport,
    ClaudeMdOther,
    ClaudeMdOthers,
    ClaudeMdOverview,
    ClaudeMdSection,
    ImportState,
    LoadedWhen,
    Place,
)
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.schemas.project import ProjectSettings, ProjectStatus
from claudetask_core.schemas.search import IndexState
from claudetask_core.schemas.task import (
    Around,
    Criterion,
    Deleted,
    NextTask,
    Note,
    Priority,
    SimilarTask,
    SimilarTasks,
    Status,
    Task,
    TaskCreate,
    TaskDetails,
    TaskType,
    Written,
)
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp.render import agents, claude_md, project, task_lists, tasks
from claudetask_mcp.render.text import clip, cut, fitting, length, shares
from tests.mcp.conftest import Connect
from tests.mcp.support import answer
from tests.support import START

WORD = "a rather long word of a title "
HUGE = 2**63 - 1


def big_task(task_id: int = HUGE) -> Task:
    return Task(
        id=task_id,
        title=(WORD * 10)[:200],
        description="d" * 65_536,
        type=TaskType.BUG,
        priority=Priority.MEDIUM,
        status=Status.IN_PROGRESS,
        analysis="line of analysis\n" * 15_000,
        git_branch="b" * 255,
        parent_id=HUGE,
        depends_on=list(range(HUGE - 200, HUGE)),
        acceptance_criteria=[
            Criterion(id=n, text="t" * 1000, checked=n % 2 == 0, evidence="e" * 4000)
            for n in range(1, 101)
        ],
        notes_count=500,
        related_files=["f" * 1000] * 200,
        claimed_by="c" * 100,
        claim_expires_at=START + timedelta(hours=1),
        version=HUGE,
        created_at=START,
        updated_at=START,
        completed_at=START,
    )


def notes(count: int) -> list[Note]:
    return [
        Note(id=n, text=f"note {n} " + "n" * 900, author="a" * 100, created_at=START)
        for n in range(count)
    ]


def details(task: Task, noted: list[Note], around: Around = tasks.ALONE) -> TaskDetails:
    return TaskDetails(task=task, notes=noted, around=around)


async def test_fifty_tasks_fit_whatever_their_titles(
    connect: Connect, core: Core, alice: Caller
) -> None:
    for number in range(60):
        await core.tasks.create(
            TaskCreate(title=f"{number} {WORD * 6}"[:200], type=TaskType.BUG), alice
        )
    async with connect() as client:
        said = await answer(client, "list_tasks")
    assert len(said) <= 3200
    assert said.count("\n#") == 49
    assert "\n50 of 60 tasks.\nnext cursor: " in said


@pytest.mark.parametrize("count", [1, 50, 51, 200])
def test_a_list_fits_with_the_longest_numbers_and_titles(count: int) -> None:
    shown = task_lists.listed([big_task()] * count, HUGE, "c" * 20)
    assert len(shown) <= max(3200, 64 * count)
    assert shown.endswith("next cursor: " + "c" * 20)


BUSY = Around(
    subtasks=[HUGE] * 999, waits_for=dict.fromkeys(range(HUGE - 999, HUGE), "Code Review")
)


def test_a_whole_task_fits_and_says_what_was_left_out() -> None:
    shown = tasks.whole(details(big_task(12), notes(500), BUSY))
    assert 4000 < len(shown) <= 6000
    assert "(65,536 characters in all; claudetask://tasks/12 has it whole)" in shown
    assert "older; claudetask://tasks/12 has it whole" in shown
    assert "Acceptance criteria (50 of 100 met):" in shown
    assert "\n… and 9" in shown
    assert "note 499 nnn" in shown


def big_branch() -> Branch:
    commit = Commit(hash="c" * 40, subject="s" * 900, author="a" * 300, at=START)
    return Branch(
        name="b" * 255,
        state=BranchState.OPEN,
        trunk="t" * 255,
        worktree="w" * 4000,
        commits=[commit] * 100,
        files=["f" * 1000] * 200,
        more_commits=True,
        more_files=True,
    )


def test_a_whole_task_fits_with_its_branchs_commits() -> None:
    shown = tasks.whole(details(big_task(12), notes(500)), branch=big_branch())
    assert 4000 < len(shown) <= 6000
    assert "Commits of the branch (100+, not in ttt" in shown
    assert "more; claudetask://tasks/12 has it whole" in shown


def test_a_small_task_is_not_cut() -> None:
    task = big_task(7).model_copy(
        update={
            "description": "All of it.",
            "acceptance_criteria": [],
            "related_files": [],
            "analysis": None,
            "depends_on": [],
        }
    )
    shown = tasks.whole(details(task, notes(2)))
    assert "…" not in shown.split("Notes, newest last:")[0]
    assert "Description:\n```\nAll of it.\n```" in shown


def test_the_next_task_is_short() -> None:
    answer = NextTask(task=big_task(), reason="r" * 200, claimed=True)
    assert len(tasks.next_task(answer, "c" * 100)) <= 1600


def test_every_acknowledgement_fits() -> None:
    task = big_task()
    like = [
        SimilarTask(id=HUGE, title=WORD * 6, status=Status.DONE, score=1, why="", outcome="")
    ] * 3
    job = Job(
        id="j" * 40,
        task_id=HUGE,
        kind="analysis",
        status=JobStatus.QUEUED,
        progress=0,
        message="",
        error=None,
        provider="claude-code",
        cost_usd=None,
        turns=None,
        tokens=None,
        attempts=1,
        duration_seconds=None,
        created_at=START,
        started_at=None,
        finished_at=None,
    )
    agent = big_agent("x" * 100)
    file = ClaudeMd(content="", path="p", exists=True, hash="h" * 64, updated_at=START)
    change = ClaudeMdChange(
        file=file, diff="", changed=True, dry_run=False, kept_version="v" * 99, hints=[]
    )
    others = dict.fromkeys(Task.model_fields, "a" * 100)
    written = Written(task=task, since=HUGE, others=others)
    open_task = task.model_copy(update={"completed_at": None})
    for said in (
        tasks.created(task, like),
        tasks.updated(written, list(Task.model_fields), merged=True),
        tasks.moved(open_task, "somebody", BUSY),
        tasks.deleted(Deleted(task=task, subtasks=[HUGE] * 999, waited=[HUGE] * 999)),
        project.started(job),
        agents.saved(agent, "Created"),
        agents.fixed(big_fix(dry_run=False)),
        agents.deleted(agent.name),
        claude_md.changed(change, "section " + "s" * 900),
    ):
        assert len(said) <= 400


def test_an_overview_of_huge_files_fits() -> None:
    taken = ClaudeMdImport(
        written="@" + "w" * 500,
        file="f" * 4000,
        line=1,
        path="p" * 4000,
        depth=2,
        state=ImportState.LOADED,
        size=1,
    )
    hint = ClaudeMdHint(rule="r", line=1, message="m" * 900)
    big = ClaudeMdOverview(
        place=Place.USER,
        path="p" * 4000,
        exists=True,
        hash="h" * 64,
        size=HUGE,
        outline=["o" * 1000] * 500,
        imports=[taken] * 200,
        hints=[hint] * 300,
    )
    other = ClaudeMdOther(
        path="p" * 4000,
        size=HUGE,
        when=LoadedWhen.PATHS,
        folder="f" * 4000,
        paths=["p" * 500] * 50,
    )
    others = ClaudeMdOthers(complete=False, files=[other] * 500)
    shown = claude_md.places([big] * 4, others)
    assert len(shown) <= 32_000
    assert re.search(
        r"\n… and \d+ more; claudetask's REST API has all of them\nThere may be", shown
    )
    whole = ClaudeMd(
        content="x" * 900_000, path="p" * 4000, exists=True, hash="h" * 64, updated_at=None
    )
    assert len(claude_md.other(whole)) <= 32_000


def test_similar_tasks_fit() -> None:
    like = SimilarTask(
        id=HUGE, title=WORD * 6, status=Status.DONE, score=1, why="w" * 999, outcome="o" * 999
    )
    shown = task_lists.similar(SimilarTasks(query="q", results=[like] * 100))
    assert len(shown) <= 8000
    assert "ask for fewer with top_k" in shown


def big_problem() -> Problem:
    text = "m" * 900
    return Problem(severity=Severity.ERROR, rule="r", line=1, message=text, mend=text, fixable=True)


def big_agent(name: str) -> Agent:
    return Agent(
        id=name,
        name=name,
        description="d" * 8000,
        tools=["Read"] * 200,
        model="m" * 100,
        skills=["s" * 100] * 100,
        prompt="p" * 250_000,
        path="a" * 4000,
        scope=Scope.USER,
        hash="h" * 64,
        loaded=True,
        runs_with=["Read"] * 200,
        problems=[
            Problem(
                severity=Severity.ERROR,
                rule="r",
                line=1,
                message="m" * 900,
                mend="m" * 900,
                fixable=True,
            )
        ]
        * 50,
    )


def big_fix(*, dry_run: bool) -> AgentFix:
    return AgentFix(
        agent=big_agent("x" * 100),
        fixed=["rule"] * 50,
        diff="+line\n" * 50_000,
        dry_run=dry_run,
        kept_version="v" * 99,
    )


@pytest.mark.slow
def test_agents_fit_alone_and_in_a_list() -> None:
    one = agents.whole(big_agent("reviewer"))
    assert len(one) <= 32_000
    assert len(agents.fixed(big_fix(dry_run=True))) <= 32_000
    assert len(agents.checked([big_agent("reviewer")] * 50)) <= 32_000
    assert "claudetask://agents/reviewer has it whole" in one
    left = re.search(r"… and (\d+) more; list_agents\(problems=true\) has them", one)
    assert left
    assert one.count("- line 1, error") + int(left[1]) == 50
    many = agents.listed([big_agent("x" * 100)] * 500)
    assert len(many) <= 8100
    assert "of 500 agents; claudetask://agents has them all." in many


def test_claude_md_fits_and_names_its_sections_when_it_is_cut() -> None:
    file = ClaudeMd(content="c" * 900_000, path="p" * 4000, exists=True, hash="h", updated_at=None)
    shown = claude_md.file(file, [f"Chapter {n} {'x' * 300}" for n in range(500)])
    assert len(shown) <= 32_000
    assert "- Chapter 0 " in shown
    left = re.search(r"\n… and (\d+) more; read_claude_md\(section='\*'\) has more of them$", shown)
    assert left
    assert shown.count("- Chapter ") + int(left[1]) == 500
    part = ClaudeMdSection(section="s" * 1000, content="c" * 900_000, path="p" * 4000, hash="h")
    assert len(claude_md.section(part)) <= 32_000
    change = ClaudeMdChange(
        file=file, diff="+x\n" * 900_000, changed=True, dry_run=True, kept_version=None, hints=[]
    )
    assert len(claude_md.changed(change, "CLAUDE.md")) <= 32_000


@pytest.mark.parametrize("character", ["x", "\u4e2d", "\U0001f600"])
def test_no_text_is_longer_than_the_client_shows_as_it_counts(character: str) -> None:
    """It counts as JavaScript does: 32,000 emoji were 64,000, and saved to a file instead."""
    whole = character * 40_000
    file = ClaudeMd(content=whole, path="p", exists=True, hash="h", updated_at=None)
    shown = claude_md.file(file, ["Chapter"] * 500)
    assert 25_000 < length(shown) <= 32_000
    assert "(40,000 characters in all; " in shown
    nearly = cut(character * 300, 400, "get_task shows it")
    assert length(nearly) <= 400
    assert (nearly == character * 300) == (character != "\U0001f600")
    assert "\ufffd" not in shown + nearly


def test_the_project_fits_with_many_jobs() -> None:
    job = Job(
        id="j" * 40,
        task_id=1,
        kind="analysis",
        status=JobStatus.RUNNING,
        progress=0.5,
        message="m" * 900,
        error=None,
        provider="p",
        cost_usd=None,
        turns=None,
        tokens=None,
        attempts=1,
        duration_seconds=None,
        created_at=START,
        started_at=None,
        finished_at=None,
    )
    settings = ProjectSettings(
        id=1,
        project_path="p" * 4096,
        github_repo=None,
        claude_config="c" * 900_000,
        board_path="b" * 4096,
        version=1,
    )
    index = IndexState(state="failed", complete=0, files=0, chunks=0, message="m" * 9000)
    counts = dict.fromkeys(DEFAULT.statuses, HUGE)
    status = ProjectStatus(settings=settings, counts=counts, index=index, jobs=[job] * 300)
    shown = project.status(status)
    assert len(shown) <= 6000
    assert "more; claudetask://project has them all" in shown


async def test_many_agents_are_listed_within_the_budget(connect: Connect, core: Core) -> None:
    for number in range(3):
        data = AgentCreate(name=f"agent-{number}", description="d" * 4000, prompt="p")
        await core.agents.create(data, "test")
    async with connect() as client:
        said = await answer(client, "list_agents")
    assert len(said) < 1000
    assert "3 agents." in said


def test_shares_give_what_short_texts_leave_to_long_ones() -> None:
    assert shares([10, 1000, 1000], 210) == [10, 100, 100]
    assert shares([5, 5], 100) == [5, 5]
    assert shares([], 100) == []
    assert sum(shares([700, 20, 300, 9000], 1000)) == 1000


def test_texts_are_clipped_and_cut_to_their_limit() -> None:
    assert clip("a  b\nc", 10) == "a b c"
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcdef", 0) == "…"
    assert cut("short", 100, "rest") == "short"
    assert len(cut("x" * 1000, 200, "get_task shows it")) <= 200
    assert fitting(["aa", "bb"], 6) == ["aa", "bb"]
    assert fitting(["a" * 40] * 3, 110, 60) == ["a" * 40]
