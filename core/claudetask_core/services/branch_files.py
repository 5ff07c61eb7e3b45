"""The files that a branch's own commits touched, as git tells."""

from pathlib import Path
from typing import Final

from claudetask_core.errors import writable
from claudetask_core.services.git import git

COMMITS: Final = 100
FORM: Final = ("--format=", "--no-color", "--name-only", "--no-renames", "-z")


async def branch_files(root: Path, branch: str) -> list[str]:
    """The files of the newest commits that no other branch has; none where git does not say.

    A branch's name is a task's text: it stands within words where no option can.
    """
    name = f"refs/heads/{branch}"
    others = ("--not", f"--exclude={branch}", "--branches")
    said = await git(root, "log", f"--max-count={COMMITS}", *FORM, name, *others, "--")
    return sorted({writable(path) for path in (said or "").split("\0") if path.strip()})
