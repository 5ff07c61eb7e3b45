"""Where a folder's repository and its board are, as the disk shows; asks no git and loads nothing.

What git would say is followed as gitrepository-layout(5) has it: a linked worktree's `.git` is a
file that leads to its own part of the main one's, which says where the whole is.
"""

import os
import sys

BOARD = ".claudetask"
LINK = ".git"
WORKTREES = "worktrees"
MAX_LINK = 8192
IN_ANALYSIS = "CLAUDETASK_IN_ANALYSIS"
"""Set where a hook runs for an analysis, which is no session that goes on with anything."""


def user_config(config: str | None, home: str | None) -> str:
    """The user's own file of settings.

    Args:
        config: What `XDG_CONFIG_HOME` names.
        home: The user's home folder.
    """
    folder = config or os.path.join(home or "", ".config")
    if sys.platform == "darwin":
        folder = os.path.join(home or "", "Library", "Application Support")
    return os.path.join(folder, "claudetask", "config.toml")


def board_on_disk(start: str, *, exact: bool, named: str | None = None) -> str:
    """The board's folder for a project.

    Args:
        start: The folder to look from.
        exact: Whether that is itself the project.
        named: The board's folder, where a setting names it; relative to the project.
    """
    start = os.path.realpath(os.path.expanduser(start))
    top, common = git_folders(start)
    root = start if exact or top is None else top
    if named is not None:
        return os.path.realpath(os.path.join(root, os.path.expanduser(named)))
    return os.path.join(board_home(root, top, common), BOARD)


def root_on_disk(start: str, *, exact: bool) -> str:
    """The project's own folder: the worktree one stands in, or the very folder."""
    start = os.path.realpath(os.path.expanduser(start))
    top, _ = git_folders(start)
    return start if exact or top is None else top


def git_folders(start: str) -> tuple[str | None, str | None]:
    """The top level of the repository around a folder, and git's common folder."""
    folder = start
    while True:
        link = os.path.join(folder, LINK)
        if os.path.isfile(link) or os.path.exists(os.path.join(link, "HEAD")):
            return folder, _common(folder, link)
        above = os.path.dirname(folder)
        if above == folder:
            return None, None
        folder = above


def client_key(root: str) -> str:
    """The folder under which Claude Code keeps what is for a project: the main worktree's."""
    top, common = git_folders(root)
    if common is not None and os.path.basename(common) == LINK:
        return os.path.dirname(common)
    return top or root


def _common(folder: str, link: str) -> str:
    try:
        if os.path.isdir(link):
            return link
        own = os.path.join(folder, _line(link).removeprefix("gitdir: "))
        common = os.path.join(own, "commondir")
        found = os.path.join(own, _line(common)) if os.path.isfile(common) else own
        return os.path.realpath(found)
    except (OSError, ValueError):
        return link


def is_own_worktree(top: str) -> bool:
    """Whether a top level is the main worktree, or one that its repository knows of as well."""
    link = os.path.join(top, LINK)
    try:
        if os.path.isdir(link):
            return True
        own = os.path.join(top, _line(link).removeprefix("gitdir: "))
        return os.path.samefile(os.path.join(own, _line(os.path.join(own, "gitdir"))), link)
    except (OSError, ValueError):
        return False


def missing_main(start: str) -> str | None:
    """The repository that the worktree around a folder is linked to, where it is not there."""
    top, common = git_folders(start)
    if top is None or common is None:
        return None
    home, kind = os.path.split(os.path.dirname(common))
    if kind != WORKTREES or os.path.exists(common):
        return None
    return os.path.dirname(home) if os.path.basename(home) == LINK else home


def _line(file: str) -> str:
    with open(file, encoding="utf-8", errors="surrogateescape") as lines:
        return lines.read(MAX_LINK).removesuffix("\n")


def board_home(root: str, top: str | None, common: str | None) -> str:
    """The folder that the board stands in: one for all worktrees of a repository."""
    if top is None or common is None:
        return root
    if os.path.basename(common) == LINK:
        return os.path.dirname(common)
    if LINK in common.split(os.sep):  # a submodule keeps its data in the outer repository
        return top
    return common  # a bare repository: its worktrees share what lies in it
