"""Which folder is the project, and where its board lives.

The board stands in the main worktree, so that linked worktrees share it; everything else (search,
branch, CLAUDE.md) belongs to the folder one stands in.
"""

from dataclasses import dataclass
from errno import ELOOP
from pathlib import Path

from claudetask_core.config import Settings
from claudetask_core.db.engine import make_private_file, make_private_folder
from claudetask_core.db.refusals import BoardUnwritable
from claudetask_core.errors import Forbidden, Invalid, Unavailable
from claudetask_core.places import BOARD, board_home, git_folders, missing_main
from claudetask_core.printable import printable
from claudetask_core.services.repository.git import git


class ProjectMissing(Invalid):
    code = "project_missing"


class FolderNotUtf8(Invalid):
    """No answer in JSON, and no address of a database, can name such a folder."""

    code = "folder_not_utf8"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The name of the folder {printable(str(folder))} is not UTF-8.",
            next_step="Rename it, or name another folder with --project or CLAUDETASK_DATA_DIR.",
        )


class MainWorktreeMissing(Unavailable):
    code = "main_worktree_missing"

    def __init__(self, root: Path, repository: str) -> None:
        super().__init__(
            f"{root} is a worktree of {repository}, where the board is, and that is not there.",
            next_step="If it was moved, run `git worktree repair` with this folder there; else "
            "mount it, or name a folder for another board with CLAUDETASK_DATA_DIR.",
        )


class NoProject(Invalid):
    """Where a desktop starts programs, there is no project; its board would be one for all."""

    code = "no_project"

    def __init__(self) -> None:
        super().__init__(
            "No project was named, and the server was started in the root folder.",
            next_step="Start it with --project DIR (among the server's args in Claude Desktop's "
            "settings), or set CLAUDETASK_PROJECT_PATH.",
        )


class BoardIsProject(Invalid):
    """Its `.gitignore` would hide all of the project from git and from the code index."""

    code = "board_is_project"

    def __init__(self, board: Path) -> None:
        super().__init__(
            f"CLAUDETASK_DATA_DIR names {board}, the project's own folder: no board begins there.",
            next_step=f"Name a folder for the board alone, such as {board / BOARD}.",
        )


class BoardLeadsOut(Forbidden):
    code = "board_leads_out"

    def __init__(self, link: Path) -> None:
        super().__init__(
            f"{link} is a link that leads out of its folder or in a circle, and is left alone.",
            next_step="Remove it, or name another folder with CLAUDETASK_DATA_DIR.",
        )


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
        FolderNotUtf8: The path of the project or of the board is not UTF-8.
    """
    start = start.expanduser().absolute()  # noqa: ASYNC240 — once, at start
    if not start.is_dir():
        raise ProjectMissing(
            f"The project folder {start} does not exist.",
            next_step="Name an existing folder with --project or CLAUDETASK_PROJECT_PATH.",
        )
    start = start.resolve()
    _refuse_no_utf8(start)
    top, common = await _git_folders(start)
    root = start if exact or top is None else top
    home = _board_home(root, top, common) / BOARD if board is None else _inside(root, board)
    _refuse_no_utf8(home)
    return Places(root, home, top is not None)


def _refuse_no_utf8(folder: Path) -> None:
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise FolderNotUtf8(folder) from None


def _inside(root: Path, board: Path) -> Path:
    return (root / board.expanduser()).resolve()


async def _git_folders(start: Path) -> tuple[Path | None, Path | None]:
    """The top level and git's common folder, as git says or, where it cannot, as the disk shows."""
    questions = ("--git-common-dir", "--show-toplevel")
    said = await git(start, "rev-parse", "--path-format=absolute", *questions)
    answers = said.removesuffix("\n").split("\n") if said else []
    if len(answers) > len(questions):  # a path holds a newline, so each is asked for alone
        alone = [await git(start, "rev-parse", "--path-format=absolute", q) for q in questions]
        answers = [answer.removesuffix("\n") for answer in alone if answer]
    if len(answers) == len(questions):
        return Path(answers[1]), Path(answers[0])
    top, common = git_folders(str(start))
    return (Path(top) if top else None), (Path(common) if common else None)


def _board_home(root: Path, top: Path | None, common: Path | None) -> Path:
    return Path(board_home(str(root), str(top) if top else None, str(common) if common else None))


def refuse_links_out(board: Path) -> None:
    """Raises BoardLeadsOut where a repository brought links that lead out of where they stand.

    Without this, a clone could have us write beside it, or migrate another program's database.
    """
    if not _stays_in(board, board.parent):
        raise BoardLeadsOut(board)
    for folder in (board, board / "index", board / "kept", board / "backups"):
        for entry in _entries(folder):
            if entry.is_symlink() and not _stays_in(entry, board):
                raise BoardLeadsOut(entry)


def refuse_misplaced(places: Places, board: Path, settings: Settings) -> None:
    """Raises MainWorktreeMissing where a worktree would begin a board beside its repository's own,
    NoProject where one would begin in the root of all, and BoardIsProject where one would begin
    in the project's own folder.

    Args:
        places: The project.
        board: The board's file; one that is there is gone on with.
        settings: A database that they name is taken at its word, and so is another folder.
    """
    if settings.database_url is not None:
        return
    if settings.data_dir is not None:
        if places.board == places.root and not board.exists():
            raise BoardIsProject(places.board)
        return
    at_root = places.root == places.root.parent and not places.git
    if at_root and settings.project_path is None and not board.exists():
        raise NoProject
    repository = missing_main(str(places.root))
    if repository is not None and not board.exists():
        raise MainWorktreeMissing(places.root, repository)


def _stays_in(path: Path, folder: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        if error.errno == ELOOP:  # links in a circle, which `resolve` passes over since Python 3.13
            return False
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except OSError:
        return False


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # not there yet, or not ours to look into: opening it says what is wrong
        return []


def prepare_board(places: Places) -> None:
    """Makes the board's folder and keeps its contents, but for config.toml, out of git.

    Raises:
        BoardUnwritable: The folder cannot be created or written to.
    """
    make_private_folder(places.board)
    ignore = places.board / ".gitignore"
    if ignore.exists():
        return
    make_private_file(ignore)
    try:
        ignore.write_text("*\n!config.toml\n", "utf-8")
    except OSError as error:
        ignore.unlink(missing_ok=True)  # an empty one would let git see the board
        raise BoardUnwritable(
            f"{ignore} cannot be written: {error.strerror}.",
            next_step="Free some disk space, or set CLAUDETASK_DATA_DIR to another folder.",
        ) from error
