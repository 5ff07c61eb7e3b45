"""What git says of a task's branch, as parts of the task."""

from claudetask_core.schemas.branch import Branch, BranchState, Commit
from claudetask_mcp.render.text import clip, count

SUBJECT = 100
HASH = 9
PLACE = 300


def heading(branch: Branch) -> str:
    """Where the commits stand."""
    more = "+" if branch.more_commits else ""
    told = f"Commits of the branch ({len(branch.commits)}{more}"
    if branch.trunk is None:
        return f"{told}):"
    return f"{told}, {_standing(branch)} {branch.trunk}):"


def _standing(branch: Branch) -> str:
    return "merged into" if branch.state is BranchState.MERGED else "not in"


def commits(branch: Branch) -> tuple[str, ...]:
    return tuple(_line(commit) for commit in branch.commits)


def _line(commit: Commit) -> str:
    day = f" {commit.at.date()}" if commit.at else ""
    return f"{commit.hash[:HASH]}{day} {clip(commit.subject, SUBJECT)}"


def files_heading(branch: Branch) -> str:
    more = " and more" if branch.more_files else ""
    return f"Changed in them ({count(len(branch.files), 'file')}{more}):"


def place(branch: Branch | None) -> str:
    """What to say behind the branch's name: where it is checked out, or that it is not there."""
    if branch is None:
        return ""
    if branch.state is BranchState.MISSING:
        return "(git knows no such branch)"
    return clip(f"in {branch.worktree}", PLACE) if branch.worktree else ""
