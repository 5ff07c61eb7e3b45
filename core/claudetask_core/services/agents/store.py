"""Writing agent files, under the board's lock and with a kept copy first."""

import os
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path

from claudetask_core.errors import Conflict, DomainError, Forbidden, NotFound
from claudetask_core.home import Home
from claudetask_core.schemas.agent import (
    Agent,
    AgentCreate,
    AgentFix,
    AgentUpdate,
    FileVersion,
    Scope,
)
from claudetask_core.services.agents.file import edited, new_file, parse
from claudetask_core.services.agents.rule import Surroundings
from claudetask_core.services.agents.rules import fixed
from claudetask_core.services.agents.scan import (
    AGENTS,
    MAX_FILE_BYTES,
    Content,
    Found,
    as_agent,
    load,
    scan,
    scan_project,
    subject_of,
    surroundings,
)
from claudetask_core.services.agents.templates import template
from claudetask_core.services.agents.yaml_edit import Value
from claudetask_core.services.disk.files import FileTooLarge, Snapshot, look
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk.replace import (
    NotWritable,
    diff_of,
    make_folder,
    move,
    refuse_stale,
    remove,
    replace,
)
from claudetask_core.services.wording import listed

_KEYS = ("name", "description", "tools", "model", "skills")


class AgentNotFound(NotFound):
    code = "agent_not_found"

    def __init__(self, agent_id: str, known: list[str]) -> None:
        others = f"There are: {listed(known)}." if known else "There are none yet."
        choice = "Name one of these, or create it" if known else "Create it"
        super().__init__(
            f"There is no agent {agent_id[:100]!r}. {others}",
            next_step=f"{choice} with a description and a prompt.",
        )


class AgentExists(Conflict):
    code = "agent_exists"

    def __init__(self, agent_id: str, path: Path) -> None:
        super().__init__(
            f"The agent {agent_id!r} cannot be put there: {path} exists.",
            next_step="Update that agent, or choose another name.",
        )


class UserScopeReadOnly(Forbidden):
    code = "user_scope_read_only"

    def __init__(self, agent_id: str) -> None:
        super().__init__(
            f"{agent_id!r} is one of the user's own agents, for all projects; it is read only.",
            next_step="Create a project agent of the same name: it takes the other's place here.",
        )


class ParentScopeReadOnly(Forbidden):
    code = "parent_scope_read_only"

    def __init__(self, agent_id: str, folder: Path) -> None:
        super().__init__(
            f"{agent_id!r} belongs to {folder}, above this project; it is read only here.",
            next_step="Create a project agent of the same name: it takes the other's place here.",
        )


class AgentStore:
    """The agents of one project folder and of its user; every method blocks on the disk."""

    def __init__(self, root: Path, home: Home | None, kept: KeptCopies) -> None:
        self._root = root
        self._home = home
        self._kept = kept

    def find(self) -> list[Agent]:
        return [self._shown(found) for found in scan(self._root, self._home)]

    def get(self, agent_id: str) -> Agent:
        found, _ = self._one(agent_id)
        return self._shown(found)

    def create(self, data: AgentCreate) -> Agent:
        values: dict[str, Value] = {key: getattr(data, key) for key in _KEYS}
        return self._new(data.name, new_file(values, data.prompt))

    def install(self, name: str) -> Agent:
        return self._new(name, template(name))

    def fix(self, agent_id: str, expected_hash: str | None, *, dry_run: bool) -> AgentFix:
        with nullcontext() if dry_run else self._kept.lock():
            found, content = self._writable(agent_id, expected_hash)
            data, rules = fixed(subject_of(found, content, self._around))
            path = self._readable_path(found.path)
            if path != found.path:
                rules = ["extension_case", *rules]
            self._refuse_taken(_said_id(data, path), path, but=found.path)
            difference = _difference(content, data, path)
            if dry_run or not rules:
                return _fix(self._shown(found), rules, difference, dry_run=dry_run)
            version = self._keep(agent_id, content.snapshot)
            if data != content.snapshot.data:
                _put(content.snapshot, data)
            if path != found.path:
                self._move(content.snapshot, path)
            after = self._present(path)
            if after.id != agent_id:  # so that it can be undone under either name
                self._keep(after.id, content.snapshot)
            return _fix(after, rules, difference, dry_run=False, kept_version=version)

    def update(
        self, agent_id: str, data: AgentUpdate, expected_hash: str | None
    ) -> tuple[Agent, bool]:
        """The agent as it is after, and whether anything was written."""
        with self._kept.lock():
            found, content = self._writable(agent_id, expected_hash)
            new_id = data.name or agent_id
            path = _path_after(found.path, agent_id, new_id)
            if new_id != agent_id:
                self._refuse_taken(new_id, path, but=found.path)
            text = edited(content.file, _changes(data, agent_id), data.prompt)
            if text == content.snapshot.data:
                return self._shown(found), False
            for name in dict.fromkeys((agent_id, new_id)):
                self._keep(name, content.snapshot)
            _put(content.snapshot, text)
            if path != found.path:
                self._move(content.snapshot, path)
            return self._present(path), True

    def delete(self, agent_id: str, expected_hash: str | None) -> None:
        with self._kept.lock():
            _, content = self._writable(agent_id, expected_hash)
            self._keep(agent_id, content.snapshot)
            remove(content.snapshot)

    def versions(self, agent_id: str) -> list[FileVersion]:
        versions = self._kept.versions(self._root, _label(agent_id))
        if not versions:
            self._one(agent_id)
        return versions

    def restore(self, agent_id: str, version: str) -> tuple[Agent, bool]:
        """The agent as it is after, and whether anything was written."""
        with self._kept.lock():
            here = next((one for one in scan_project(self._root) if one.id == agent_id), None)
            now = None if here is None or isinstance(here.content, DomainError) else here.content
            present = now.snapshot.data if now else None
            copy = self._kept.get(self._root, _label(agent_id), version, present=present)
            path = here.path if here else self._root / copy.path
            self._refuse_taken(_said_id(copy.data, path), path, but=here.path if here else None)
            before = self._look(path)
            if before.data == copy.data:
                return self._present(path), False
            self._keep(agent_id, before)
            make_folder(self._root, path.parent)
            _put(before, copy.data)
            return self._present(path), True

    @cached_property
    def _around(self) -> Surroundings:
        return surroundings(self._root, self._home)

    def _shown(self, found: Found) -> Agent:
        return as_agent(found, self._around)

    def _one(self, agent_id: str) -> tuple[Found, Content]:
        everything = scan(self._root, self._home)
        found = next((one for one in everything if one.id == agent_id), None)
        if found is None:
            raise AgentNotFound(agent_id, [one.id for one in everything])
        if isinstance(found.content, DomainError):
            raise found.content
        return found, found.content

    def _writable(self, agent_id: str, expected_hash: str | None) -> tuple[Found, Content]:
        found, content = self._one(agent_id)
        if found.scope is Scope.USER:
            raise UserScopeReadOnly(agent_id)
        if found.scope is Scope.PARENT:
            raise ParentScopeReadOnly(agent_id, found.base)
        if expected_hash:
            known = self._kept.contents(self._root, _label(agent_id), expected_hash)
            refuse_stale(content.snapshot, expected_hash, known)
        return found, content

    def _refuse_taken(self, agent_id: str, path: Path, but: Path | None = None) -> None:
        for one in scan_project(self._root):
            if one.id == agent_id and one.path != but:
                raise AgentExists(agent_id, one.path)
        if path != but and os.path.lexists(path):
            raise AgentExists(agent_id, path)

    def _look(self, path: Path) -> Snapshot:
        return look(self._root, path, limit=MAX_FILE_BYTES)

    def _keep(self, agent_id: str, before: Snapshot) -> str | None:
        if before.data is None:
            return None
        return self._kept.keep(self._root, _label(agent_id), before.path, before.data)

    def _new(self, name: str, data: bytes) -> Agent:
        path = self._root / AGENTS / f"{name}.md"
        with self._kept.lock():
            make_folder(self._root, path.parent)
            self._refuse_taken(name, path)
            _put(self._look(path), data)
            return self._present(path)

    def _readable_path(self, path: Path) -> Path:
        """Where Claude Code would read the file, if nothing stands there."""
        wanted = path.with_suffix(".md")
        return path if os.path.lexists(wanted) else wanted

    def _move(self, before: Snapshot, path: Path) -> None:
        try:
            move(before, path.name)
        except NotWritable:
            if before.data is not None:
                replace(self._look(before.path), before.data)
            raise

    def _present(self, path: Path) -> Agent:
        found = next((one for one in scan_project(self._root) if one.path == path), None)
        return self._shown(found or load(Scope.PROJECT, self._root, path))


def _fix(
    agent: Agent, rules: list[str], diff: str, *, dry_run: bool, kept_version: str | None = None
) -> AgentFix:
    return AgentFix(agent=agent, fixed=rules, diff=diff, dry_run=dry_run, kept_version=kept_version)


def _difference(content: Content, data: bytes, path: Path) -> str:
    old = content.snapshot.path.name
    shown = diff_of(content.snapshot.data, data, f"a/{old}", f"b/{path.name}")
    moved = "" if path.name == old else f"rename from {old}\nrename to {path.name}\n"
    return moved + shown


def _said_id(data: bytes, path: Path) -> str:
    return (parse(data).text("name") or "").strip() or path.stem


def _label(agent_id: str) -> str:
    return f"agent {agent_id}"


def _changes(data: AgentUpdate, agent_id: str) -> dict[str, Value]:
    given = {key: getattr(data, key) for key in _KEYS if key in data.model_fields_set}
    if given.get("name") == agent_id:
        del given["name"]  # also where the file's stem alone is its name
    return given


def _path_after(path: Path, old_id: str, new_id: str) -> Path:
    return path.with_name(f"{new_id}{path.suffix}") if path.stem == old_id else path


def _put(before: Snapshot, data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:
        raise FileTooLarge(before.path, MAX_FILE_BYTES)
    replace(before, data)
