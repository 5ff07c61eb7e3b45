"""Finding the agent files that Claude Code reads in a project, whatever state they are in."""

import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from claudetask_core.errors import DomainError, NotFound, writable
from claudetask_core.home import Home
from claudetask_core.schemas.agent import Agent, Problem, Scope, Severity
from claudetask_core.services.agents.file import AgentFile, parse
from claudetask_core.services.agents.folders import above
from claudetask_core.services.agents.rule import Subject, Surroundings
from claudetask_core.services.agents.rules import is_loaded, problems_of
from claudetask_core.services.agents.rules_tools import runs_with
from claudetask_core.services.agents.surroundings import servers_of, skills_of
from claudetask_core.services.disk.files import (
    OutsideProject,
    Snapshot,
    inside,
    is_folder,
    is_there,
    look,
)

log = logging.getLogger(__name__)

IN_CLIENT = "agents"
AGENTS = Path(".claude") / IN_CLIENT
MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 1000
MAX_DEPTH = 8


class LinkBroken(NotFound):
    code = "link_broken"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link to nothing.", next_step="Remove the link or restore its target."
        )


@dataclass(frozen=True)
class Content:
    """What a file holds: its bytes, and the same taken apart."""

    snapshot: Snapshot
    file: AgentFile


@dataclass(frozen=True)
class Found:
    """An agent file: either what it holds, or why it cannot be read.

    `name` is what its frontmatter says, where it says a text; twins are the other files of the
    same scope that say the same.
    """

    scope: Scope
    base: Path
    path: Path
    content: Content | DomainError
    twins: tuple[Path, ...] = ()

    @property
    def name(self) -> str | None:
        return self._said if self.path.suffix == ".md" else None

    @property
    def id(self) -> str:
        return writable(self._said or self.path.stem)

    @property
    def _said(self) -> str | None:
        if isinstance(self.content, DomainError):
            return None
        return (self.content.file.text("name") or "").strip() or None


def scan(root: Path, home: Home | None) -> list[Found]:
    """All files of the project, then those of the folders above it and of the user, as far as none
    before replaces them.
    """
    found = scan_project(root)
    for more in (*_parents(root, home), _users(root, home)):
        taken = {one.id for one in found if one.name}
        found += [one for one in more if one.id not in taken]
    return found


def scan_project(root: Path) -> list[Found]:
    """All files of the project itself."""
    return _scope(Scope.PROJECT, root, root / AGENTS)


def load(scope: Scope, base: Path, path: Path) -> Found:
    """One file as it stands now."""
    try:
        snapshot = look(base, path, limit=MAX_FILE_BYTES)
        if snapshot.data is None:
            raise LinkBroken(path)
    except DomainError as error:
        return Found(scope, base, path, error)
    return Found(scope, base, path, Content(snapshot, parse(snapshot.data)))


def surroundings(root: Path, home: Home | None) -> Surroundings:
    """What stands around the agents of a project."""
    further = [*_users(root, home)]
    for folder in reversed(_parents(root, home)):
        further += folder
    return Surroundings(
        servers=servers_of(root, home),
        skills=skills_of(root, home),
        outer_agents={found.name: found.path for found in further if found.name},
    )


def subject_of(found: Found, content: Content, around: Surroundings) -> Subject:
    """A file as the rules look at it; only the project's own replace others."""
    if found.scope is not Scope.PROJECT:
        around = replace(around, outer_agents={})
    return Subject(found.path, content.file, found.twins, around)


def as_agent(found: Found, around: Surroundings) -> Agent:
    """What a caller sees of a file."""
    if isinstance(found.content, DomainError):
        return _unreadable(found, found.content)
    file = found.content.file
    subject = subject_of(found, found.content, around)
    return Agent(
        id=found.id,
        name=found.id,
        description=(file.text("description") or "").strip(),
        tools=file.words("tools"),
        model=file.text("model"),
        skills=file.words("skills") or [],
        prompt=file.prompt,
        path=str(found.path),
        scope=found.scope,
        hash=found.content.snapshot.hash or "",
        loaded=is_loaded(subject),
        runs_with=runs_with(file),
        problems=problems_of(subject),
    )


def _unreadable(found: Found, failure: DomainError) -> Agent:
    """A file that is not read here; Claude Code does read what a link that leads out leads to."""
    is_loaded = isinstance(failure, OutsideProject) and is_there(found.path, unknown=False)
    problem = Problem(
        severity=Severity.WARNING if is_loaded else Severity.ERROR,
        rule=failure.code,
        line=1,
        message=f"{failure.message} Claude Code follows it." if is_loaded else failure.message,
        mend=failure.next_step,
        fixable=False,
    )
    return Agent(
        id=found.id,
        name=found.id,
        description="",
        tools=None,
        model=None,
        skills=[],
        prompt="",
        path=str(found.path),
        scope=found.scope,
        hash="",
        loaded=is_loaded,
        runs_with=None,
        problems=[problem],
    )


def _scope(scope: Scope, base: Path, top: Path) -> list[Found]:
    loaded = (load(scope, base, path) for path in _files(base, top))
    found = [one for one in loaded if os.path.lexists(one.path)]
    named: defaultdict[str, list[Path]] = defaultdict(list)
    for one in found:
        if one.name:
            named[one.name].append(one.path)
    twinned = [_with_twins(one, named) for one in found]
    # Of several with one id, the first is the one that get() answers: a file that is an agent.
    return sorted(twinned, key=lambda one: (one.id.casefold(), one.name is None, str(one.path)))


def _parents(root: Path, home: Home | None) -> list[list[Found]]:
    """The files of each folder above the project, the nearest folder first."""
    return [_scope(Scope.PARENT, folder, folder / AGENTS) for folder in above(root, home)]


def _users(root: Path, home: Home | None) -> list[Found]:
    if home is None or _same(root / AGENTS, home.client / IN_CLIENT):
        return []
    return _scope(Scope.USER, home.base, home.client / IN_CLIENT)


def _with_twins(found: Found, named: dict[str, list[Path]]) -> Found:
    twins = tuple(p for p in named.get(found.name or "", []) if p != found.path)
    return replace(found, twins=twins)


def _files(base: Path, top: Path) -> list[Path]:
    """Agent files, and links that lead out: those are listed to be told of, never entered."""
    seen: set[str] = set()
    files: list[Path] = []
    waiting = [(top, 0)]
    while waiting and len(files) < MAX_FILES:
        folder, depth = waiting.pop()
        try:
            real = str(inside(base, folder))
        except DomainError:
            files.append(folder)
            continue
        if real in seen or depth > MAX_DEPTH:
            continue
        seen.add(real)
        for entry in _entries(folder):
            path = folder / entry.name
            if is_folder(path):
                waiting.append((path, depth + 1))
            elif path.suffix.lower() == ".md":
                files.append(path)
    if len(files) >= MAX_FILES:
        log.warning("%s holds more than %d agent files; the rest is not listed", top, MAX_FILES)
    return files[:MAX_FILES]


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
