"""What git knows of a task's branch; it is only ever asked.

A branch's name is a task's text, so it may be anything. It reaches git within a full name of a
reference, or as a text to look for, never where an option could stand, and what git answers is
compared with it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from claudetask_core.errors import writable
from claudetask_core.places import git_folders
from claudetask_core.schemas.branch import Branch, BranchState, Commit
from claudetask_core.services.repository.git import SECONDS, git

COMMITS: Final = 100
FILES: Final = 200
MERGES: Final = 1000
HEADS: Final = "refs/heads/"
REMOTE: Final = "refs/remotes/origin/"
REMOTE_HEAD: Final = f"{REMOTE}HEAD"
TRUNKS: Final = ("main", "master", "trunk", "develop")
REF: Final = "%(objectname)%00%(refname)%00%(symref)%00%(worktreepath)"
SEPARATORS: Final = REF.count("%00")
FIELDS: Final = "%H%x00%an%x00%at%x00%s"


@dataclass(frozen=True)
class Standing:
    """The branch that a worktree is on, and the repository's trunk."""

    branch: str | None = None
    trunk: str | None = None


NOWHERE: Final = Standing()


@dataclass(frozen=True)
class _Refs:
    """The references that matter: the commit each stands at, and where it is checked out."""

    commits: dict[str, str]
    worktrees: dict[str, str]
    trunk: str | None

    def of(self, branch: str) -> list[str]:
        """The references of a branch, the local one before that of the remote."""
        return [name for name in (HEADS + branch, REMOTE + branch) if name in self.commits]

    @property
    def trunks(self) -> list[str]:
        """The same of the trunk."""
        if self.trunk is None:
            return []
        return self.of(self.trunk) or [REMOTE_HEAD]


@dataclass(frozen=True)
class _Span:
    """A branch's own commits, as the ends that git is given; none where they cannot be told."""

    state: BranchState
    ends: tuple[str, ...]


class BranchService:
    """Answers for the folder that the project's settings name."""

    def __init__(self, root: Callable[[], Awaitable[Path]]) -> None:
        self._root = root

    async def standing(self, worktree: str | None) -> Standing:
        """The branch that is checked out in a caller's worktree."""
        if worktree is None:
            return NOWHERE
        top, _ = await asyncio.to_thread(git_folders, worktree)
        if top is None:
            return NOWHERE
        said = await git(Path(top), "rev-parse", "--symbolic-full-name", "HEAD")
        if said is None or not said.startswith(HEADS):
            return NOWHERE
        branch = writable(said.strip().removeprefix(HEADS))
        refs = await _refs(Path(top), branch)
        return Standing(branch, refs.trunk if refs else None)

    async def find(self, name: str | None) -> Branch:
        """The branch's commits and files, and where it is checked out, within a few seconds."""
        if name is None:
            return _answer(name, BranchState.NONE)
        try:
            async with asyncio.timeout(SECONDS):
                return await _found(await self._root(), name)
        except TimeoutError:
            return _answer(name, BranchState.UNKNOWN)

    async def files(self, name: str | None) -> list[str]:
        """The files that the branch's commits touched; none where git does not say."""
        return (await self.find(name)).files


async def _found(folder: Path, name: str) -> Branch:
    refs = await _refs(folder, name)
    if refs is None:
        return _answer(name, BranchState.UNKNOWN)
    worktree = refs.worktrees.get(HEADS + name) or None
    if name == refs.trunk:
        return _answer(name, BranchState.TRUNK, refs.trunk, worktree)
    span = await _span(folder, name, refs)
    answer = _answer(name, span.state, refs.trunk, worktree)
    if not span.ends:
        return answer
    commits, files = await asyncio.gather(_commits(folder, span), _files(folder, span))
    found = {
        "commits": commits[:COMMITS],
        "more_commits": len(commits) > COMMITS,
        "files": files[:FILES],
        "more_files": len(files) > FILES,
    }
    return answer.model_copy(update=found)


def _answer(
    name: str | None, state: BranchState, trunk: str | None = None, worktree: str | None = None
) -> Branch:
    return Branch(
        name=name,
        state=state,
        trunk=trunk,
        worktree=worktree,
        commits=[],
        files=[],
        more_commits=False,
        more_files=False,
    )


async def _refs(folder: Path, branch: str) -> _Refs | None:
    names = [REMOTE_HEAD, *(kind + name for kind in (HEADS, REMOTE) for name in (*TRUNKS, branch))]
    said = await git(folder, "for-each-ref", f"--format={REF}", *names)
    if said is None:
        return None
    lines = [line.split("\0") for line in _lines(said) if line.count("\0") == SEPARATORS]
    commits = {name: commit for commit, name, _, _ in lines if name in names}
    worktrees = {name: worktree for _, name, _, worktree in lines}
    named = next((leads for _, name, leads, _ in lines if name == REMOTE_HEAD), "")
    there = [t for t in TRUNKS if {HEADS + t, REMOTE + t} & commits.keys()]
    return _Refs(commits, worktrees, named.removeprefix(REMOTE) or next(iter(there), None))


async def _span(folder: Path, name: str, refs: _Refs) -> _Span:
    """From where to where the branch's own commits go, whether it lives, was merged or is gone."""
    known = next(iter(refs.of(name)), None)
    if known is None:
        ends = await _remembered(folder, name, refs.trunks)
        return _Span(BranchState.MERGED if ends else BranchState.MISSING, ends)
    tip = refs.commits[known]
    for trunk in refs.trunks:
        if await git(folder, "merge-base", "--is-ancestor", tip, trunk) is not None:
            ends = await _merged(folder, tip, trunk)
            return _Span(BranchState.MERGED if ends else BranchState.OPEN, ends)
    return _Span(BranchState.OPEN, (known, *(f"^{trunk}" for trunk in refs.trunks)))


async def _merged(folder: Path, tip: str, trunk: str) -> tuple[str, ...]:
    """What the merge of a branch's last commit brought; nothing where there was no such merge."""
    merges = ("--first-parent", "--merges", "--parents", f"--max-count={MERGES}")
    said = await git(folder, "rev-list", *merges, trunk, f"^{tip}")
    for line in _lines(said):
        _, before, *brought = line.split()
        if tip in brought:
            return (tip, f"^{before}")
    return ()


async def _remembered(folder: Path, name: str, trunks: list[str]) -> tuple[str, ...]:
    """What a merge brought whose message names a branch that is gone."""
    if not trunks:
        return ()
    merges = ("--first-parent", "--merges", f"--max-count={COMMITS}", "--fixed-strings")
    said = await git(folder, "log", *merges, "--format=%P%x00%s", f"--grep={name}", *trunks)
    for line in _lines(said):
        parents, _, subject = line.partition("\0")
        before, *brought = parents.split()
        if _names(subject, name):
            return (*brought, f"^{before}")
    return ()


def _names(subject: str, branch: str) -> bool:
    """Whether a merge's message is about this branch, as git and forges write it."""
    name = re.escape(branch)
    return bool(re.match(rf"Merge .*(?:'{name}'|from [^\s/]+/{name}(?:\s|$))", subject))


async def _commits(folder: Path, span: _Span) -> list[Commit]:
    said = await git(
        folder, "log", f"--max-count={COMMITS + 1}", f"--format={FIELDS}", *span.ends, "--"
    )
    found = [line.split("\0") for line in _lines(said)]
    return [
        Commit(hash=number, author=author, at=_moment(at), subject=subject)
        for number, author, at, subject in found
    ]


async def _files(folder: Path, span: _Span) -> list[str]:
    form = ("--format=", "--no-color", "--name-only", "--no-renames", "-z")
    said = await git(folder, "log", f"--max-count={COMMITS}", *form, *span.ends, "--")
    paths = (said or "").split("\0")[:-1]
    return sorted({writable(path) for path in paths if path.strip()})


def _lines(said: str | None) -> list[str]:
    """The lines that git finished; what it was cut off in is no answer."""
    return (said or "").split("\n")[:-1]


def _moment(seconds: str) -> datetime | None:
    """A commit's time, which its author could set to anything."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
