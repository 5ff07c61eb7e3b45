"""What git knows of a task's branch: recognised at a claim, told with the task, never changed."""

import subprocess
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.branch import BranchState
from claudetask_core.schemas.task import StatusChange, TaskCreate, TaskUpdate
from claudetask_core.schemas.workflow import Status
from claudetask_core.services.repository import branches, git
from claudetask_core.services.tasks.claims import Caller

MADE = {"GIT_AUTHOR_DATE": "1700000000 +0900", "GIT_COMMITTER_DATE": "1700000000 +0900"}
Git = Callable[..., str]


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Asks git, in the repository that the project is."""
    for name, value in MADE.items():
        monkeypatch.setenv(name, value)

    def asked(*arguments: str, folder: Path = project) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], check=True, capture_output=True, timeout=20
        )
        return done.stdout.decode()

    asked("init", "-q", "-b", "main")
    return asked


@pytest.fixture
def commit(run: Git, project: Path) -> Callable[..., None]:
    def made(subject: str, *files: str, folder: Path = project) -> None:
        for name in files:
            (folder / name).write_text(subject)
        run("add", "--", *files, folder=folder)
        run("commit", "-qm", subject, folder=folder)

    made("first", "a.txt")
    return made


@pytest.fixture
async def core(
    project: Path, settings: Settings, commit: Callable[..., None]
) -> AsyncGenerator[Core]:
    async with open_core(settings, start=project, home=None) as opened:
        yield opened


@pytest.fixture
def here(project: Path) -> Caller:
    return Caller("here", str(project))


async def claimed(core: Core, caller: Caller, **fields: object) -> str | None:
    """The branch of a new task, once the caller has claimed it."""
    made = await core.tasks.create(TaskCreate.model_validate({"title": "t", **fields}), caller)
    moving = StatusChange(status=Status.IN_PROGRESS)
    return (await core.tasks.move(made.task.id, moving, caller)).git_branch


async def test_a_claim_names_the_branch_that_is_checked_out(
    core: Core, here: Caller, run: Git
) -> None:
    run("checkout", "-qb", "fix/dates")
    assert await claimed(core, here) == "fix/dates"
    told = [e for e in await core.tasks.history(1) if e.field == "git_branch"]
    assert [(e.actor, e.old, e.new) for e in told] == [("here", None, "fix/dates")]
    await core.tasks.create(TaskCreate(title="next"), here)
    again = await core.queue.next(Caller("other", here.worktree), claim=True)
    assert again.task is not None
    assert again.task.git_branch == "fix/dates"
    made = TaskCreate(title="begun", status=Status.IN_PROGRESS)
    assert (await core.tasks.create(made, here)).task.git_branch == "fix/dates"


async def test_the_branch_of_a_linked_worktree_is_its_own(
    core: Core, run: Git, tmp_path: Path
) -> None:
    run("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    assert await claimed(core, Caller("there", str(tmp_path / "linked"))) == "linked"
    assert (await core.branches.find("linked")).worktree == str(tmp_path / "linked")


async def test_a_branch_that_the_task_names_stays(core: Core, here: Caller, run: Git) -> None:
    run("checkout", "-qb", "experiment")
    assert await claimed(core, here, git_branch="wanted") == "wanted"


async def test_a_branch_made_after_the_claim_takes_the_place_of_the_trunk(
    core: Core, here: Caller, run: Git, bob: Caller
) -> None:
    assert await claimed(core, here) == "main"
    run("checkout", "-qb", "later")
    update = TaskUpdate(status=Status.TESTING)
    assert (await core.tasks.update(1, update, here)).git_branch == "later"
    run("checkout", "-qb", "elsewhere")
    forced = StatusChange(status=Status.IN_PROGRESS, force_reason="mine now")
    assert (await core.tasks.move(1, forced, Caller("thief", bob.worktree))).git_branch == "later"


@pytest.mark.parametrize("why", ["detached", "no repository", "over HTTP"])
async def test_where_no_branch_can_be_known_none_is_named(
    core: Core, here: Caller, run: Git, tmp_path: Path, why: str
) -> None:
    if why == "detached":
        run("checkout", "-q", "--detach")
    worktree = {"no repository": str(tmp_path), "over HTTP": None}.get(why, here.worktree)
    assert await claimed(core, Caller("x", worktree)) is None


async def test_a_branchs_own_commits_and_their_files_are_told(
    core: Core, run: Git, commit: Callable[..., None], project: Path
) -> None:
    run("checkout", "-qb", "fix/dates")
    commit("Parse zones – é", "b é.txt", "c.txt")
    commit("Drop c", "c.txt")
    run("checkout", "-q", "main")
    commit("meanwhile", "d.txt")
    found = await core.branches.find("fix/dates")
    assert (found.state, found.trunk, found.worktree) == (BranchState.OPEN, "main", None)
    assert [one.subject for one in found.commits] == ["Drop c", "Parse zones – é"]
    assert found.commits[0].author == "A"
    assert found.commits[0].model_dump(mode="json")["at"] == "2023-11-14T22:13:20Z"
    assert found.files == ["b é.txt", "c.txt"]
    assert (found.more_commits, found.more_files) == (False, False)
    assert await core.branches.files("fix/dates") == found.files
    on_trunk = await core.branches.find("main")
    assert (on_trunk.state, on_trunk.commits) == (BranchState.TRUNK, [])
    assert on_trunk.worktree == str(project)


@pytest.mark.parametrize("subject", ["Merge branch 'topic'", "Merge pull request #7 from me/topic"])
async def test_a_merged_branchs_commits_are_told_also_when_it_is_gone(
    core: Core, run: Git, commit: Callable[..., None], subject: str
) -> None:
    run("checkout", "-qb", "topic")
    commit("work", "b.txt")
    run("checkout", "-q", "main")
    commit("meanwhile", "d.txt")
    run("merge", "-q", "--no-ff", "topic", "-m", subject)
    commit("afterwards", "e.txt")
    alive = await core.branches.find("topic")
    run("branch", "-qD", "topic")
    gone = await core.branches.find("topic")
    assert alive == gone
    assert gone.state == BranchState.MERGED
    assert [one.subject for one in gone.commits] == ["work"]
    assert gone.files == ["b.txt"]
    assert (await core.branches.find("opic")).state == BranchState.MISSING


async def test_a_new_branch_and_one_merged_without_a_trace_have_no_commits_of_their_own(
    core: Core, run: Git, commit: Callable[..., None]
) -> None:
    run("branch", "new")
    run("checkout", "-qb", "forwarded")
    commit("work", "b.txt")
    run("checkout", "-q", "main")
    run("merge", "-q", "--ff-only", "forwarded")
    for name in ("new", "forwarded"):
        found = await core.branches.find(name)
        assert (found.state, found.commits, found.files) == (BranchState.OPEN, [], [])


async def test_a_remotes_branches_and_its_trunk_count_where_there_are_no_local_ones(
    core: Core, run: Git, commit: Callable[..., None], tmp_path: Path
) -> None:
    run("branch", "-m", "main", "production")
    run("checkout", "-qb", "topic")
    commit("work", "b.txt")
    run("checkout", "-q", "production")
    run("clone", "-q", str(core.places.root), str(tmp_path / "clone"), folder=tmp_path)
    run("checkout", "-q", "--detach", folder=tmp_path / "clone")
    run("branch", "-qD", "production", folder=tmp_path / "clone")
    settings = Settings(rate_limit_enabled=False, analysis_provider="none")
    async with open_core(settings, start=tmp_path / "clone", home=None) as cloned:
        found = await cloned.branches.find("topic")
        assert (found.trunk, found.files) == ("production", ["b.txt"])


async def test_without_a_known_trunk_a_branch_is_told_whole(
    core: Core, run: Git, commit: Callable[..., None]
) -> None:
    run("branch", "-m", "main", "unusual")
    found = await core.branches.find("unusual")
    assert (found.state, found.trunk, found.files) == (BranchState.OPEN, None, ["a.txt"])
    assert (await core.branches.find("other")).state == BranchState.MISSING


@pytest.mark.parametrize(
    "name",
    ["--output=stolen", "-x", "*", "../main", "a\nb", "fix/", "HEAD", "@{-1}", "main~1", "\udcff"],
)
async def test_a_name_that_is_no_branch_is_missing_and_does_nothing(
    core: Core, project: Path, name: str
) -> None:
    before = sorted(project.iterdir())
    found = await core.branches.find(name)
    assert (found.state, found.commits) == (BranchState.MISSING, [])
    assert sorted(project.iterdir()) == before


async def test_a_task_without_a_branch_and_a_folder_without_git_say_so(
    make_project: Callable[[str], Path], settings: Settings
) -> None:
    async with open_core(settings, start=make_project("plain"), home=None) as core:
        assert (await core.branches.find(None)).state == BranchState.NONE
        assert (await core.branches.find("x")).state == BranchState.UNKNOWN


async def test_many_commits_and_files_are_cut_and_said_to_be(
    core: Core, run: Git, commit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "COMMITS", 2)
    monkeypatch.setattr(branches, "FILES", 3)
    run("checkout", "-qb", "long")
    for number in range(3):
        commit(f"step {number}", f"{number}.txt", f"{number}.md")
    found = await core.branches.find("long")
    assert [one.subject for one in found.commits] == ["step 2", "step 1"]
    assert (len(found.files), found.more_commits, found.more_files) == (3, True, True)


async def test_an_answer_of_git_is_read_up_to_its_bound_and_git_is_ended(
    run: Git, commit: Callable[..., None], project: Path
) -> None:
    for number in range(5):
        commit(f"step {number}", f"{number}.txt")
    assert await git.git(project, "log", "--format=%s", most=10) == "step 4\nste"
    assert await git.git(project, "log", "--format=%s", most=7) == "step 4\n"


async def test_a_git_that_hangs_is_given_up(
    core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nsleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    monkeypatch.setattr(branches, "SECONDS", 0.2)
    assert (await core.branches.find("main")).state == BranchState.UNKNOWN


async def test_a_repository_that_names_programs_has_none_of_them_run(
    core: Core, run: Git, commit: Callable[..., None], project: Path
) -> None:
    trap = project / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{project}/sprung'\nexit 1\n")
    trap.chmod(0o755)
    run("checkout", "-qb", "topic")
    commit("work", "b.txt")
    for key in ("gpg.program", "core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv"):
        run("config", key, str(trap))
    for key, value in (
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("remote.origin.url", "ext::" + str(trap).replace(" ", "% ")),
        ("core.repositoryFormatVersion", "1"),
        ("remote.origin.promisor", "true"),
        ("protocol.ext.allow", "always"),
        ("extensions.partialClone", "origin"),
    ):
        run("config", key, value)
    (project / ".git" / "info" / "attributes").write_text("* diff=x\n")
    tree = run("rev-parse", "topic^{tree}").strip()
    (project / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    found = await core.branches.find("topic")
    assert [one.subject for one in found.commits] == ["work"]
    assert not (project / "sprung").exists()


async def test_a_moment_that_no_calendar_has_is_left_out(
    core: Core, run: Git, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    run("checkout", "-qb", "odd")
    raw = run("cat-file", "commit", "HEAD").replace("1700000000", "99999999999999")
    (project / "raw").write_text(raw)
    made = run("hash-object", "-t", "commit", "-w", "--literally", "raw").strip()
    run("update-ref", "refs/heads/odd", made)
    run("update-ref", "-d", "refs/heads/main")
    (one,) = (await core.branches.find("odd")).commits
    assert one.at is None
