"""The files that a CLAUDE.md takes in by `@path`, as Claude Code resolves them.

A mention counts in running text, not in code or HTML; its path starts from the folder of the file
that names it. Imports are followed four deep, each file once, and none that lies outside of the
project is opened: Claude Code asks a person before it does that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdImport, ImportState
from claudetask_core.services.claude_md.head import without_head
from claudetask_core.services.disk.files import OutsideProject, look

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_DEPTH = 4
MAX_IMPORTS = 200
_MENTION = re.compile(r"(?:^|\s)@((?:[^\s\\]|\\ )+)")
_PATH = re.compile(r"[A-Za-z0-9._/~-]")
_LOOKS_LIKE_A_FILE = re.compile(r"^[./~]|\.[A-Za-z0-9]{1,8}$")


class Mention(NamedTuple):
    path: str
    line: int


def mentions_of(text: str) -> list[Mention]:
    """The paths that a document mentions as imports, with their lines from 1."""
    found: list[Mention] = []
    for token in _parser().parse(without_head(text.removeprefix("\ufeff"))):
        line = token.map[0] + 1 if token.map else 1
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            elif child.type == "text":
                found += [Mention(path, line) for path in _paths(child.content)]
    return found


def _paths(text: str) -> Iterator[str]:
    for found in _MENTION.finditer(text):
        path = found[1].partition("#")[0].replace("\\ ", " ")
        if path and _PATH.match(path):
            yield path


def imports_of(base: Path, home: Path | None, path: Path, data: bytes) -> list[ClaudeMdImport]:
    """All imports of a file and of what it imports, in the order in which they are read.

    Args:
        base: The folder that imports may lie in: the project, or the user's `.claude`.
        home: What `~` stands for.
        path: The file.
        data: What it holds.
    """
    walk = _Walk(base, home)
    walk.enter(path, data, (path.resolve(),))
    return walk.found


@dataclass
class _Walk:
    base: Path
    home: Path | None
    found: list[ClaudeMdImport] = field(default_factory=list[ClaudeMdImport])
    seen: set[Path] = field(default_factory=set[Path])

    def enter(self, path: Path, data: bytes, above: tuple[Path, ...]) -> None:
        """Follows what `path` mentions; `above` are the files that led there, itself last."""
        for mention in mentions_of(data.decode("utf-8", "replace")):
            target = self._target(path, mention.path)
            state, content = self._state(target, above)
            if state is ImportState.MISSING and not _LOOKS_LIKE_A_FILE.search(mention.path):
                continue  # a name that someone is called by, or a package
            if len(self.found) >= MAX_IMPORTS:
                return
            self.found.append(
                ClaudeMdImport(
                    written=f"@{mention.path}",
                    file=str(path),
                    line=mention.line,
                    path=str(target),
                    depth=len(above),
                    state=state,
                    size=None if content is None else len(content),
                )
            )
            if content is not None:
                self.seen.add(target.resolve())
                self.enter(target, content, (*above, target.resolve()))

    def _target(self, path: Path, written: str) -> Path:
        if written.startswith("~/") and self.home is not None:
            return self.home / written[2:]
        return path.parent / written

    def _state(self, target: Path, above: tuple[Path, ...]) -> tuple[ImportState, bytes | None]:
        try:
            real = target.resolve()
            data = look(self.base, target).data
        except OutsideProject:
            return ImportState.OUTSIDE, None
        except (DomainError, OSError, RuntimeError, ValueError):
            return ImportState.UNREADABLE, None
        if real in above or real in self.seen:
            return ImportState.LOOP if real in above else ImportState.REPEATED, None
        if data is None or len(above) > MAX_DEPTH:
            return ImportState.MISSING if data is None else ImportState.TOO_DEEP, None
        return (ImportState.UNREADABLE, None) if b"\0" in data else (ImportState.LOADED, data)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 — a start that reads nothing skips it

    return MarkdownIt("commonmark")
