"""Which folder is the project, and where its board lives.

The board stands in the main worktree, so that linked worktrees share it; everything else (search,
branch, CLAUDE.md) belongs to the folder one stands in.
"""

from dataclasses import dataclass
from pathlib import Path

from claudetask_core.db.engine import make_private_folder
from claudetask_core.errors import Invalid
from claudetask_core.services.git import git

BOARD = ".claudetask"


class ProjectMissing(Invalid):
    code = "project_missing"


@dataclass(frozen=True)
class Places:
    """Absolute folders: the project looked at, and the board's own."""

    root: Path
    board: Path
    git: bool


async def locate(start: Path, *, exact: bool, board: Path | None = None) -> Places:
    """Finds the project and its board; nothing is created.

    Args:
        start: The folder to begin at.
        exact: Whether `start` is itself the project; otherwise the enclosing git top level is,
            where there is one.
        board: The board's folder, where a setting names it; relative to the project.

    Raises:
        ProjectMissing: `start` is no folder.
    """
    start = start.expanduser().absolute()  # noqa: ASYNC240 — once, at start
    if not start.is_dir():
        raise ProjectMissing(
            f"The project folder {start} does not exist.",
            next_step="Name an existing folder with --project or CLAUDETASK_PROJECT_PATH.",
        )
    start = start.resolve()
    top, common = await _git_folders(start)
    root = start if exact or top is None else top
    if board is not None:
        return Places(root, _inside(root, board), top is not None)
    return Places(root, _board_home(root, top, common) / BOARD, top is not None)


def _inside(root: Path, board: Path) -> Path:
    return (root / board.expanduser()).resolve()


async def _git_folders(start: Path) -> tuple[Path | None, Path | None]:
    """The top level and git's common folder, as git says or, where it cannot, as the disk shows."""
    said = await git(
        start, "rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel"
    )
    lines = said.split("\n") if said else []
    if len(lines) >= 2 and lines[1]:  # noqa: PLR2004 — one line for each question
        return Path(lines[1]), Path(lines[0])
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder, folder / ".git"
    return None, None


def _board_home(root: Path, top: Path | None, common: Path | None) -> Path:
    if top is None or common is None:
        return root
    if common.name == ".git":
        return common.parent
    if "modules" in common.parts:  # a submodule keeps its data in the outer repository
        return top
    return common  # a bare repository: its worktrees share what lies in it


def prepare_board(places: Places) -> None:
    """Makes the board's folder and keeps its contents, but for config.toml, out of git.

    Raises:
        BoardUnwritable: The folder cannot be created.
    """
    make_private_folder(places.board)
    ignore = places.board / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n!config.toml\n", "utf-8")
        ignore.chmod(0o600)
