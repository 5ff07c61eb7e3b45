"""The files besides the four CLAUDE.md that Claude Code loads: rules, and those of sub-folders.

And every AGENTS.md, as 2.1.332 reads them in a project whose own CLAUDE.md says nothing.

As 2.1.197 and 2.1.332 do it: every `*.md` under `.claude/rules` is loaded at the start, or, where
its frontmatter has `paths`, with the first file that matches; what stands in a sub-folder with the
first file that is read there. They are only read here, and no link is followed out of the project.
"""

import os
import re
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from claudetask_core.errors import DomainError, Invalid, NotFound, writable
from claudetask_core.home import Home
from claudetask_core.schemas.claude_md import ClaudeMdOther, ClaudeMdOthers, LoadedWhen
from claudetask_core.search.tree.listing import TreeTooWide, glob, list_tree
from claudetask_core.services.agents.file import parse
from claudetask_core.services.agents.yaml_keys import Entry
from claudetask_core.services.claude_md.agents_md import AGENTS_MD, takes_the_place
from claudetask_core.services.disk.files import OutsideProject, Snapshot, look
from claudetask_core.stopping import Stopped

RULES: Final = PurePosixPath(".claude/rules")
NAMES: Final = ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md")
INSTEAD: Final = (AGENTS_MD, f".claude/{AGENTS_MD}")
SECONDS: Final = 2.0
"""How long sub-folders are looked for."""
MOST_FILES: Final = 50_000
MOST: Final = 500
"""How many are named at most."""
_MOST_ENTRIES: Final = 5000
_DEEPEST: Final = 20
_SHOWN: Final = 120
_ALWAYS: Final = "**"
_COMMA: Final = re.compile(r",(?![^{}]*\})")
_IN_FOLDERS: Final = frozenset({"CLAUDE.md", "CLAUDE.local.md", AGENTS_MD})


class NoSuchFile(NotFound):
    code = "claude_file_not_found"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no {path[:_SHOWN]}.",
            next_step="read_claude_md(section='*') names the files that there are.",
        )


class NotLoaded(Invalid):
    code = "not_loaded"
    field = "path"

    def __init__(self, path: str, rules: str) -> None:
        super().__init__(
            f"{path[:_SHOWN]} is no file that Claude Code loads by itself.",
            next_step="Name a CLAUDE.md, CLAUDE.local.md, AGENTS.md or .claude/rules/*.md, "
            f"relative to the project, or one of your own below {rules}.",
        )


class OtherFiles:
    """Those of one project and its user; every method blocks."""

    def __init__(self, root: Path, home: Home | None) -> None:
        self._root = root
        self._users = None if home is None else _UsersRules(home)

    def find(self) -> ClaudeMdOthers:
        """All of them: the project's own, what its sub-folders hold, the user's rules."""
        folders, complete = self._folders()
        found: list[ClaudeMdOther] = []
        for path in self._paths(folders):
            if len(found) == MOST:
                return ClaudeMdOthers(complete=False, files=found)
            found.append(self._described(path))
        return ClaudeMdOthers(complete=complete, files=found)

    def snapshot(self, path: str) -> Snapshot:
        """One of them as it stands.

        Raises:
            NotLoaded: The path is none that Claude Code would load.
            NoSuchFile: Nothing stands there.
            OutsideProject: It leads out.
        """
        named = PurePosixPath(path)
        if not self._is_loaded(named):
            raise NotLoaded(path, self._users.shown if self._users else f"~/{RULES}")
        now = self._look(str(named))
        if now is None or now.data is None:
            raise NoSuchFile(path)
        return now

    def _is_loaded(self, named: PurePosixPath) -> bool:
        if ".." in named.parts:
            return False
        is_text = named.name.endswith(".md")
        if self._of_the_user(str(named)):
            return is_text
        if named.is_absolute() or (self._users is not None and named.parts[:1] == ("~",)):
            return False
        is_rule = is_text and RULES.parts in list(pairwise(named.parts[:-1]))
        return is_rule or named.name in _IN_FOLDERS

    def _of_the_user(self, path: str) -> bool:
        return self._users is not None and PurePosixPath(path).is_relative_to(self._users.shown)

    def _look(self, path: str) -> Snapshot | None:
        if self._users is not None and self._of_the_user(path):
            return self._users.look(path)
        return look(self._root, self._root / path)

    def _folders(self) -> tuple[list[str], bool]:
        """The sub-folders with files that git does not ignore, and whether these are all."""
        until = time.monotonic() + SECONDS
        try:
            listing = list_tree(self._root, glob(()), lambda: time.monotonic() > until, MOST_FILES)
        except (Stopped, TreeTooWide):
            return [], False
        return sorted(listing.folders - {""}), True

    def _paths(self, folders: list[str]) -> Iterator[str]:
        seen: set[str] = set()
        if takes_the_place(self._root, "", NAMES):
            yield from self._there("", INSTEAD)
        yield from _rules(self._root, RULES, seen)
        for folder in folders:
            if ".claude" not in PurePosixPath(folder).parts:
                yield from self._in_folder(folder, seen)
        if self._users is not None:
            yield from self._users.paths()

    def _in_folder(self, folder: str, seen: set[str]) -> Iterator[str]:
        yield from self._there(folder, NAMES)
        yield from self._instead(folder)
        yield from _rules(self._root, PurePosixPath(folder) / RULES, seen)

    def _instead(self, folder: str) -> list[str]:
        """Each AGENTS.md of a sub-folder that has no CLAUDE.md which says anything."""
        found = list(self._there(folder, INSTEAD))
        return found if found and takes_the_place(self._root, folder, NAMES) else []

    def hidden_by_a_first(self) -> list[str]:
        """Each AGENTS.md that is read until the project's CLAUDE.md says something."""
        folders, _ = self._folders()
        return [path for folder in folders for path in self._instead(folder)]

    def _there(self, folder: str, names: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            path = f"{folder}/{name}" if folder else name
            if os.path.lexists(os.path.join(self._root, path)):  # noqa: PTH118 — many
                yield path

    def _described(self, path: str) -> ClaudeMdOther:
        folder = "" if self._of_the_user(path) else _folder_of(path)
        when, size, patterns = self._loaded(path, folder)
        return ClaudeMdOther(path=path, size=size, when=when, folder=folder, paths=patterns)

    def _loaded(self, path: str, folder: str) -> tuple[LoadedWhen, int | None, list[str]]:
        try:
            now = self._look(path)
        except OutsideProject:
            return LoadedWhen.OUTSIDE, None, []
        except DomainError:
            now = None
        if now is None or now.data is None:
            return LoadedWhen.UNREADABLE, None, []
        patterns = _conditions(now.data) if self._of_the_user(path) or _is_rule(path) else []
        instead = folder and PurePosixPath(path).name == AGENTS_MD
        if instead and not takes_the_place(self._root, "", NAMES):
            return LoadedWhen.HIDDEN, len(now.data), []
        otherwise = LoadedWhen.FOLDER if folder else LoadedWhen.START
        return LoadedWhen.PATHS if patterns else otherwise, len(now.data), patterns


class _UsersRules:
    """The rules of one's own, for all projects, in Claude Code's own folder."""

    def __init__(self, home: Home) -> None:
        self._base = home.base
        self._folder = PurePosixPath(home.client.relative_to(home.base).as_posix()) / RULES.name
        self.shown = f"{home.shown(home.client)}/{RULES.name}"

    def paths(self) -> Iterator[str]:
        """Each as the user writes it."""
        for path in _rules(self._base, self._folder, set()):
            yield f"{self.shown}{path.removeprefix(self._folder.as_posix())}"

    def look(self, path: str) -> Snapshot:
        below = PurePosixPath(path).relative_to(self.shown)
        return look(self._base, self._base / self._folder / below)


def _rules(
    base: Path, folder: PurePosixPath, seen: set[str], depth: int = _DEEPEST
) -> Iterator[str]:
    """The rules below a folder, each folder once; a link is followed where it stays in `base`.

    A folder that is elsewhere is named itself, and not what stands there.
    """
    try:
        real = os.path.realpath(base / folder)
        if not Path(real).is_relative_to(os.path.realpath(base)):
            yield folder.as_posix()
            return
        entries = list(islice(os.scandir(base / folder), _MOST_ENTRIES))
    except OSError:
        return
    if real in seen or len(seen) >= _MOST_ENTRIES:
        return
    seen.add(real)
    for entry in sorted(entries, key=lambda entry: entry.name):
        path = folder / entry.name
        if _leads_to_a_folder(base, entry):
            if depth:
                yield from _rules(base, path, seen, depth - 1)
        elif entry.name.endswith(".md") and (entry.is_symlink() or entry.is_file()):
            yield path.as_posix()


def _leads_to_a_folder(base: Path, entry: "os.DirEntry[str]") -> bool:
    try:
        if not entry.is_symlink():
            return entry.is_dir()
        real = Path(entry.path).resolve()
        return real.is_relative_to(base.resolve()) and real.is_dir()
    except (OSError, RuntimeError):
        return False


def _is_rule(path: str) -> bool:
    return f"/{RULES}/" in f"/{path}"


def _folder_of(path: str) -> str:
    """The sub-folder whose files a file is for; empty for the whole project."""
    plain = f"/{path}"
    if _is_rule(plain):
        return plain.partition(f"/{RULES}/")[0].removeprefix("/")
    return plain.rpartition("/")[0].removesuffix("/.claude").removeprefix("/")


def _conditions(data: bytes) -> list[str]:
    """The patterns of a rule's `paths`; none where it is loaded whatever is read."""
    try:
        entry = parse(data).keys.get("paths")
    except (DomainError, ValueError, RecursionError):
        return []
    patterns = [pattern for pattern in _patterns(entry) if pattern]
    return [] if all(pattern == _ALWAYS for pattern in patterns) else patterns


def _patterns(entry: Entry | None) -> Iterator[str]:
    if entry is None or entry.kind not in {"text", "list"}:
        return
    texts = [item.text for item in entry.items] if entry.kind == "list" else [entry.text]
    for text in texts:
        yield from (writable(part).strip() for part in _COMMA.split(text))
