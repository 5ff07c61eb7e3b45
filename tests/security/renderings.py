"""Each answer, with one text wherever others may have written it."""

from collections.abc import Callable

from claudetask_core.schemas.agent import Agent, AgentFix, Problem, Recommendation, Scope, Severity
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
from claudetask_core.schemas.search import IndexState, SearchHit, SearchResults
from claudetask_core.schemas.task import (
    Criterion,
    Deleted,
    NextTask,
    Note,
    Priority,
    SimilarTask,
    SimilarTasks,
    Status,
    Task,
    TaskDetails,
    TaskType,
    Written,
)
from claudetask_mcp.render import agents, claude_md, project, search, task_lists, tasks
from tests.support import START


def name_of(text: str) -> str:
    """The text as far as a title, a name or a branch may be it."""
    return "".join(c for c in text if c >= " " and c != "\x7f").strip()[:100]


def a_task(text: str) -> Task:
    name = name_of(text)
    return Task(
        id=7,
        title=name,
        description=text,
        type=TaskType.BUG,
        priority=Priority.HIGH,
        status=Status.IN_PROGRESS,
        analysis=text,
        git_branch=name,
        parent_id=1,
        depends_on=[2],
        acceptance_criteria=[
            Criterion(id=1, text=text, checked=True, evidence=text),
            Criterion(id=2, text=text, checked=False, evidence=None),
        ],
        notes_count=1,
        related_files=[name, f"src/{name}"],
        claimed_by=name,
        claim_expires_at=START,
        version=3,
        created_at=START,
        updated_at=START,
        completed_at=None,
    )


def a_branch(text: str) -> Branch:
    return Branch(
        name=name_of(text),
        state=BranchState.OPEN,
        trunk="main",
        worktree=text,
        commits=[Commit(hash="a" * 40, subject=text, author=text, at=START)],
        files=[text, f"b{text}"],
        more_commits=False,
        more_files=False,
    )


def a_similar(text: str) -> SimilarTask:
    return SimilarTask(
        id=3, title=name_of(text), status=Status.DONE, score=0.5, why=text, outcome=text
    )


def an_agent(text: str, *, loaded: bool = True) -> Agent:
    problem = Problem(
        severity=Severity.ERROR, rule="r", line=1, message=text, mend=text, fixable=True
    )
    return Agent(
        id="x",
        name=text,
        description=text,
        tools=[text],
        model=text,
        skills=[text],
        prompt=text,
        path=text,
        scope=Scope.PROJECT,
        hash="h",
        loaded=loaded,
        runs_with=None,
        problems=[problem],
    )


def a_file(text: str) -> ClaudeMd:
    return ClaudeMd(content=text, path=text, exists=True, hash="h", updated_at=START)


def a_job(text: str) -> Job:
    return Job(
        id="j",
        task_id=7,
        kind="analysis",
        status=JobStatus.FAILED,
        progress=0.5,
        message=text,
        error=text,
        provider="claude-code",
        cost_usd=None,
        turns=None,
        tokens=None,
        attempts=1,
        duration_seconds=1.0,
        created_at=START,
        started_at=None,
        finished_at=None,
    )


def a_status(text: str) -> ProjectStatus:
    return ProjectStatus(
        settings=ProjectSettings(
            id=1,
            project_path=text,
            github_repo=name_of(text),
            claude_config="",
            board_path=text,
            version=1,
        ),
        counts={Status.DONE: 1},
        index=IndexState(state="ready", complete=1.0, files=1, chunks=1, message=text),
        jobs=[a_job(text)],
    )


def found(text: str) -> SearchResults:
    hits = [
        SearchHit(
            path=path,
            start_line=1,
            end_line=9,
            symbol=text,
            language="python",
            kind="function",
            score=0.5,
            why=text,
            text=text,
            truncated=False,
        )
        for path in (text, f"b{text}")
    ]
    return SearchResults(query="q", complete=1.0, results=hits, weak=False, message=None)


def an_overview(text: str) -> ClaudeMdOverview:
    taken = ClaudeMdImport(
        written=text, file=text, line=1, path=text, depth=2, state=ImportState.LOADED, size=1
    )
    return ClaudeMdOverview(
        place=Place.PROJECT,
        path=text,
        exists=True,
        hash="h",
        size=1,
        outline=[text],
        imports=[taken],
        hints=[ClaudeMdHint(rule="long", line=1, message=text)],
    )


def an_other(text: str) -> ClaudeMdOther:
    return ClaudeMdOther(path=text, size=1, when=LoadedWhen.PATHS, folder=text, paths=[text])


RENDERINGS: dict[str, Callable[[str], str]] = {
    "get_task": lambda text: tasks.whole(
        TaskDetails(
            task=a_task(text),
            notes=[Note(id=1, text=text, author=name_of(text), created_at=START)],
            around=tasks.ALONE,
        ),
        Recommendation(name=name_of(text), reason=text),
        a_branch(text),
    ),
    "get_next_task": lambda text: tasks.next_task(
        NextTask(task=a_task(text), reason=name_of(text), claimed=True), name_of(text)
    ),
    "create_task": lambda text: tasks.created(a_task(text), [a_similar(text)]),
    "update_task": lambda text: tasks.updated(
        Written(task=a_task(text), since=1, others={"title": name_of(text)}), ["note"], merged=True
    ),
    "update_task_status": lambda text: tasks.moved(a_task(text), "me"),
    "delete_task": lambda text: tasks.deleted(Deleted(task=a_task(text), subtasks=[2], waited=[3])),
    "list_tasks": lambda text: task_lists.listed([a_task(text)] * 3, 9, "CURSOR"),
    "find_similar_tasks": lambda text: task_lists.similar(
        SimilarTasks(query="q", results=[a_similar(text)] * 2)
    ),
    "list_agents": lambda text: agents.listed([an_agent(text), an_agent(text, loaded=False)]),
    "list_agents with problems": lambda text: agents.checked([an_agent(text)]),
    "get_agent": lambda text: agents.whole(an_agent(text)),
    "save_agent": lambda text: agents.saved(an_agent(text), "Created"),
    "save_agent to show": lambda text: agents.fixed(
        AgentFix(agent=an_agent(text), fixed=["a"], diff=text, dry_run=True, kept_version=None)
    ),
    "delete_agent": agents.deleted,
    "read_claude_md": lambda text: claude_md.file(a_file(text), []),
    "read_claude_md of a section": lambda text: claude_md.section(
        ClaudeMdSection(section=text, content=text, path=text, hash="h")
    ),
    "read_claude_md of all": lambda text: claude_md.places(
        [an_overview(text)], ClaudeMdOthers(complete=True, files=[an_other(text)])
    ),
    "read_claude_md of another file": lambda text: claude_md.other(a_file(text)),
    "update_claude_md to show": lambda text: claude_md.changed(
        ClaudeMdChange(
            file=a_file(text), diff=text, changed=True, dry_run=True, kept_version=None, hints=[]
        ),
        "CLAUDE.md",
    ),
    "project_status": lambda text: project.status(a_status(text)),
    "analyze_task": lambda text: project.started(a_job(text)),
    "analyze_task that ended": lambda text: project.ended(a_job(text)),
    "search_codebase": lambda text: search.found(found(text), "concise"),
    "search_codebase in full": lambda text: search.found(found(text), "full"),
}
