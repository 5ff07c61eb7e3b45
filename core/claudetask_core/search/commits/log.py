"""Reads what a repository's commits say and which files they changed: newest first, in bounds.

Only subjects are read. A file that a commit moved is known by its content or, where the move
changed that too, by its name: contents themselves are never read, as a partial clone may lack
them. The repository may be hostile: count, bytes and time are bounded; what came by then counts.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from claudetask_core.git_answer import GitAnswer
from claudetask_core.search.text.credentials import secret_lines
from claudetask_core.stopping import Stop

MOST_COMMITS: Final = 10_000
MOST_FILES: Final = 20
"""A commit over more files is a sweep, which tells nothing of any of them."""
SECONDS: Final = 20.0
MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_CHANGES: Final = 20_000
_LONGEST_TOKEN: Final = 256 * 1024
_COLUMNS: Final = 400
"""A longer subject is none, and a credential that it holds may be cut."""
_SHOWN: Final = 200
_LOG: Final = (
    "-c", "diff.ignoreSubmodules=all", "log", "-z", "--raw", "--no-abbrev", "--no-merges",
    "--no-renames", "--relative", "--no-ext-diff", "--no-textconv", "--no-color", "--no-notes",
    "--no-decorate", "--no-mailmap", "-O/dev/null", "--encoding=UTF-8",
    f"--format=%H %ct %p%n%<({_COLUMNS},trunc)%s",
)  # fmt: skip
_POSITION: Final = re.compile(rb"(true|false)\n([0-9a-f]{40,64})\n")
_REVISION: Final = re.compile(r"[0-9a-f]{40,64}")
_HEAD: Final = re.compile(rb"([0-9a-f]{40,64}) (\d{1,12}) ([0-9a-f ]*)\n(.*)", re.DOTALL)
_FILE: Final = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*")
_SUBMODULE: Final = b"160000"


class Commit(NamedTuple):
    """One commit: `paths` it changed or added, `changed` counts those it deleted too.

    `renamed` are (old, new) paths. Paths are relative to the tree that was asked about.
    """

    revision: str
    seconds: int
    subject: str
    paths: list[str]
    changed: int
    renamed: list[tuple[str, str]]


class Position(NamedTuple):
    """Where a history ends and whether it lacks its older part."""

    revision: str
    shallow: bool

    @property
    def reach(self) -> str:
        return "shallow" if self.shallow else "whole"

    @property
    def key(self) -> str:
        return f"{self.revision} {self.reach}"


class _Change(NamedTuple):
    kind: str
    old: bytes
    new: bytes
    path: str


def position(root: Path, stop: Stop) -> Position | None:
    """Where the history of the work tree around `root` ends; None where there is none."""
    command = ("rev-parse", "--is-shallow-repository", "HEAD^{commit}")
    said = _POSITION.fullmatch(b"".join(GitAnswer(root, command, stop, SECONDS, _LONGEST_TOKEN)))
    return Position(said[2].decode(), said[1] == b"true") if said else None


def read_all(root: Path, revision: str, stop: Stop) -> list[Commit]:
    """The newest commits up to `revision`, as many as are read in good time."""
    return _sorted(commits_in(_log(root, [revision], stop)))


def read_on(root: Path, known: Sequence[Commit], old: str, new: str, stop: Stop) -> list[Commit]:
    """What `read_all` would give for `new`, made of what it gave for `old`.

    Raises:
        LookupError: The commits between them cannot be told; `read_all` can.
    """
    if not _REVISION.fullmatch(old):
        raise LookupError(old)
    answer = _log(root, [new, f"^{old}"], stop)
    fresh = list(commits_in(answer))
    command = ("rev-list", f"--max-count={MOST_COMMITS}", old, f"^{new}")
    left = GitAnswer(root, command, stop, SECONDS, MOST_BYTES)
    gone = set(b"".join(left).decode("ascii").split()) if answer.ended_well else set[str]()
    if not left.ended_well:
        raise LookupError(old)
    return _sorted([*fresh, *(commit for commit in known if commit.revision not in gone)])


def _log(root: Path, what: list[str], stop: Stop) -> GitAnswer:
    command = (*_LOG, f"--max-count={MOST_COMMITS}", *what, "--")
    return GitAnswer(root, command, stop, SECONDS, MOST_BYTES)


def _sorted(commits: Iterable[Commit]) -> list[Commit]:
    return sorted(commits, key=lambda commit: -commit.seconds)[:MOST_COMMITS]


def commits_in(parts: Iterable[bytes]) -> Iterator[Commit]:
    """The commits in what `git log` says, without those that say or change nothing of use."""
    head: re.Match[bytes] | None = None
    changes: list[_Change] = []
    tokens = _tokens(parts)
    for token in tokens:
        told = token.lstrip(b"\n")
        entry = _FILE.fullmatch(told)
        if entry is not None:
            path = next(tokens, b"")
            if _SUBMODULE not in entry.group(1, 2) and len(changes) < _MOST_CHANGES:
                changes.append(_Change(entry[5].decode(), entry[3], entry[4], os.fsdecode(path)))
            continue
        if head is not None:
            yield from _commit(head, changes)
        head, changes = _HEAD.fullmatch(told), []
    if head is not None:
        yield from _commit(head, changes)


def _tokens(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What stands before each NUL; ends early where that is longer than anything of use."""
    left = b""
    for part in parts:
        *whole, left = (left + part).split(b"\0")
        yield from whole
        if len(left) > _LONGEST_TOKEN:
            return


def _commit(head: re.Match[bytes], changes: list[_Change]) -> Iterator[Commit]:
    """The commit, unless it is a first one, which brings all files, or of no use."""
    if not head[3].strip() or not changes:
        return
    subject = _subject(head[4])
    sweeps = len(changes) > MOST_FILES or not subject
    renamed = list(_renames(changes))
    paths = [] if sweeps else [change.path for change in changes if change.kind != "D"]
    if paths or renamed:
        revision, seconds = head[1].decode(), int(head[2])
        yield Commit(revision, seconds, subject, paths, len(changes), renamed)


def _subject(data: bytes) -> str:
    """The subject in one safe line; empty where it is none or holds a credential."""
    text = data.decode("utf-8", "replace").strip()
    if len(text) >= _COLUMNS - 1 or secret_lines([text]):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:_SHOWN]


def _renames(changes: list[_Change]) -> Iterator[tuple[str, str]]:
    """(old, new) where a deleted file came again with its content or, alone, with its name."""
    by_content: dict[bytes, list[str]] = defaultdict(list)
    by_name: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.kind == "D":
            by_content[change.old].append(change.path)
            by_name[_name(change.path)].append(change.path)
    taken: set[str] = set()
    for change in changes:
        if change.kind != "A" or not by_content:
            continue
        named = by_name.get(_name(change.path), [])
        same = by_content.get(change.new, [])
        found = [path for path in same if path in named] if len(same) > 1 else same or named
        if len(found) == 1 and found[0] not in taken:
            taken.add(found[0])
            yield found[0], change.path


def _name(path: str) -> str:
    return path.rpartition("/")[2]
