"""Which files of a tree are looked at: git's own list, else a walk that honours .gitignore."""

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from claudetask_core.errors import Invalid, Unavailable
from claudetask_core.git_answer import GitAnswer
from claudetask_core.search.tree.exclusions import FOLDERS, is_unwanted
from claudetask_core.search.tree.paths import parents
from claudetask_core.search.tree.reading import is_inside, read
from claudetask_core.stopping import Stop, Stopped

MOST_RULES: Final = 256 * 1024
LONGEST_RULE: Final = 1_000
STARS: Final = 3
DEEP_STARS: Final = 3
STAR: Final = re.compile(r"\*+")
GIT_SECONDS: Final = 30
MOST_BYTES: Final = 128 * 1024 * 1024
"""The paths of a tree of more than a million files; twice that in memory, for a moment."""
_DEEPEST: Final = 100
_MODULES: Final = b".gitmodules"
_MODULE_PATH: Final = re.compile(rb"^[ \t]*path[ \t]*=[ \t]*([^\r\n]*[^\s])", re.MULTILINE)
_MOST_MODULES: Final = 1_000_000
_MOST_NESTED: Final = 5
_NO_CACHE: Final = ("-c", "core.untrackedCache=false")
_LIST: Final = (
    "--literal-pathspecs",
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "-z",
)


class GlobInvalid(Invalid):
    code = "glob_invalid"
    field = "path"


class TreeTooWide(Unavailable):
    code = "tree_too_wide"

    def __init__(self, root: Path, most: int) -> None:
        super().__init__(
            f"{root} is no project's folder and holds more than {most:,} files, so none of it is "
            "indexed.",
            next_step="Start in a project's folder, or name one with --project or "
            "CLAUDETASK_PROJECT_PATH.",
        )


def glob(patterns: Sequence[str]) -> GitIgnoreSpec:
    """Patterns with the meaning they have in .gitignore.

    Raises:
        GlobInvalid: A pattern cannot be read, or not in good time.
    """
    if not all(map(is_modest, patterns)):
        raise GlobInvalid(
            f"The path pattern is too long or has too many stars ({STARS} in a name at most, "
            f"{DEEP_STARS} times **).",
            next_step="Use a glob such as src/**/*.py or *.md.",
        )
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise GlobInvalid(
            f"The path pattern cannot be read: {error}.",
            next_step="Use a glob such as src/**/*.py or *.md.",
        ) from error


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a tree that may be indexed, and the folders where more may come.

    Paths are project-relative, with `/`; an empty one is that of the tree itself.
    """

    paths: list[str]
    folders: set[str]
    by_git: bool


def is_modest(pattern: str) -> bool:
    """Whether a pattern can be matched in good time.

    It becomes a regular expression that tries all ways to share a name among its stars, so that a
    few hundred of them would take longer than the world lasts.
    """
    segments = pattern.split("/")
    deep = sum("**" in segment for segment in segments)
    stars = max(len(STAR.findall(segment)) for segment in segments)
    modest = len(pattern) <= LONGEST_RULE and "\0" not in pattern
    return modest and deep <= DEEP_STARS and stars <= STARS


def list_files(root: Path, exclude: GitIgnoreSpec, stop: Stop) -> list[str]:
    """The paths of the files that may be indexed, as `list_tree` has them."""
    return list_tree(root, exclude, stop).paths


def list_tree(root: Path, exclude: GitIgnoreSpec, stop: Stop, most: int | None = None) -> Listing:
    """What there is to index, the paths sorted.

    Args:
        root: The tree.
        exclude: What is left out besides.
        stop: Asked often.
        most: So many files and folders make it a tree that nobody wants indexed, if any do.

    Raises:
        Stopped: `stop` said so meanwhile.
        TreeTooWide: There are more than `most`; no more of them were looked at.
    """
    names = _no_more(_git_tree(root, stop, _MOST_NESTED), root, most)
    if names:
        listed = [path for path in map(_text, names) if path is not None]
        folders = parents(listed)
    else:
        found = _no_more(_walk(root, stop), root, most)
        walked = [path for path in map(_text, found) if path is not None]
        listed = [path for path in walked if not path.endswith("/")]
        folders = {"", *(path[:-1] for path in walked if path.endswith("/"))}
    paths = sorted(_wanted(listed, exclude), key=lambda path: (path.count("/"), path))
    return Listing(paths, folders, bool(names))


def _no_more(names: Iterable[bytes], root: Path, most: int | None) -> list[bytes]:
    taken = list(islice(names, None if most is None else most + 1))
    if most is not None and len(taken) > most:
        raise TreeTooWide(root, most)
    return taken


def _wanted(paths: Iterable[str], exclude: GitIgnoreSpec) -> set[str]:
    return {
        path
        for path in paths
        if not is_unwanted(path) and not (exclude.patterns and exclude.match_file(path))
    }


def list_some(root: Path, exclude: GitIgnoreSpec, paths: Collection[str], stop: Stop) -> set[str]:
    """Which of some files of a git work tree may be indexed, as `list_tree` would say."""
    wanted = _wanted(paths, exclude)
    if not wanted:
        return wanted
    names = _git_files(root, stop, *wanted)
    return wanted & {path for path in map(_text, names) if path is not None}


def unlisted_folders(root: Path, listing: Listing, within: Iterable[str], stop: Stop) -> set[str]:
    """Folders of which git lists nothing yet, though it would list what comes to stand there.

    Args:
        root: The tree.
        listing: What git lists.
        within: The folders to look in.
        stop: As for `list_tree`.
    """
    found: set[str] = set()
    layer = set(within) if listing.by_git else set[str]()
    while layer:
        below = {folder for outer in layer for folder in _subfolders(root, outer)}
        layer = _not_ignored(root, below - listing.folders - found, stop)
        found |= layer
    return found


def _subfolders(root: Path, folder: str) -> Iterator[str]:
    """The folders right below one, but for those that are other repositories."""
    try:
        entries = list(os.scandir(root / folder))
    except OSError:
        return
    for entry in entries:
        path = _text(os.fsencode(entry.name))
        if path is None or path in FOLDERS or not entry.is_dir(follow_symlinks=False):
            continue
        if not os.path.lexists(os.path.join(entry.path, ".git")):  # noqa: PTH118 — many
            yield f"{folder}/{path}" if folder else path


def _not_ignored(root: Path, folders: set[str], stop: Stop) -> set[str]:
    if not folders:
        return folders
    asked = "\0".join(folders).encode()
    output = asked_git(root, stop, ("check-ignore", "-z", "--stdin"), asked)
    return folders - {path for path in map(_text, output.split(b"\0")) if path is not None}


def _text(name: bytes) -> str | None:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _git_tree(root: Path, stop: Stop, nested: int) -> list[bytes]:
    """What git lists below `root`, and in the submodules that are checked out there."""
    names = _git_files(root, stop)
    if _MODULES not in names or not nested:
        return names
    listed = set(names)
    for name in _submodules(root) & listed:
        path = os.fsdecode(name)
        folder = root / path
        if is_inside(root, f"{path}/.git") and (folder / ".git").exists():
            inside = _git_tree(folder, stop, nested - 1)
            names.extend(name + b"/" + one for one in inside)
    return names


def _submodules(root: Path) -> set[bytes]:
    """The folders that `.gitmodules` names."""
    content = read(root, os.fsdecode(_MODULES), _MOST_MODULES)
    found = _MODULE_PATH.finditer(content.data) if content is not None else ()
    return {one[1].strip(b'"') for one in found}


def _git_files(root: Path, stop: Stop, *only: str) -> list[bytes]:
    """What git lists below `root`; empty where git is missing, refuses or takes too long."""
    return asked_git(root, stop, (*_LIST, "--", *only)).split(b"\0")[:-1]


def asked_git(root: Path, stop: Stop, command: Sequence[str], asked: bytes = b"") -> bytes:
    """What git answers; nothing where it is missing, refuses, takes too long or says too much.

    Raises:
        Stopped: `stop` said so meanwhile.
    """
    answer = GitAnswer(root, (*_NO_CACHE, *command), stop, GIT_SECONDS, MOST_BYTES, asked)
    said = b"".join(answer)
    return said if answer.ended_well else b""


def _walk(root: Path, stop: Stop) -> Iterator[bytes]:
    yield from _folder(os.fsencode(root), b"", [], stop)


def _folder(
    root: bytes, below: bytes, rules: list[tuple[int, GitIgnoreSpec]], stop: Stop
) -> Iterator[bytes]:
    """Files and folders (which end with `/`) below one folder.

    `rules` are the .gitignore files above, each with its depth.
    """
    if stop():
        raise Stopped
    if below.count(b"/") > _DEEPEST:
        return
    own = _gitignore(root + b"/" + below + b".gitignore")
    if own is not None:
        rules = [*rules, (len(below), own)]
    try:
        entries = sorted(os.scandir(root + b"/" + below), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = below + entry.name
        if entry.is_dir(follow_symlinks=False):
            if os.fsdecode(entry.name) not in FOLDERS and not _ignored(path + b"/", rules):
                yield path + b"/"
                yield from _folder(root, path + b"/", rules, stop)
        elif entry.is_file(follow_symlinks=False) and not _ignored(path, rules):
            yield path


def _ignored(path: bytes, rules: list[tuple[int, GitIgnoreSpec]]) -> bool:
    """The deepest .gitignore that says anything about the path decides."""
    for depth, spec in reversed(rules):
        verdict = spec.check_file(os.fsdecode(path[depth:])).include
        if verdict is not None:
            return verdict
    return False


def _gitignore(path: bytes) -> GitIgnoreSpec | None:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):  # a pipe would never end
            return None
        with open(path, "rb") as file:  # noqa: PTH123 — the name may not be UTF-8
            lines = file.read(MOST_RULES).decode("utf-8", "replace").splitlines()
        return GitIgnoreSpec.from_lines([line for line in lines if is_modest(line)])
    except (OSError, ValueError):
        return None
