"""`init` and `uninstall`: what is added to a project's files, and all of it gone again.

Both first make a plan, which is shown, and then carry out that very plan: a file that changed in
between is refused. Only additions are made, so what was there stays to the byte; each is recorded
with its text, and `uninstall` cuts out that text. Where somebody has since reformatted the file,
our parts are found by what they are.
"""

import dataclasses
import errno
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from claudetask_core.schemas.claude_md import Place
from claudetask_core.services.agents.scan import AGENTS, scan
from claudetask_core.services.agents.templates import template
from claudetask_core.services.claude_md.agents_md import (
    all_hidden_by_a_first,
    block_beside,
    takes_the_place,
)
from claudetask_core.services.claude_md.block import has_block, with_block, without_block
from claudetask_core.services.claude_md.file import path_in, places_in
from claudetask_core.services.claude_md.others import NAMES, OtherFiles
from claudetask_core.services.disk.files import OutsideProject, Snapshot, digest, inside, look
from claudetask_core.services.disk.json_edit import Insertion, NotJson, parse
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk.replace import (
    NotWritable,
    diff_of,
    make_folder,
    remove,
    replace,
    sweep,
)
from claudetask_core.services.setup.exclude import (
    EXCLUDE,
    exclude_of,
    with_exclusion,
    without_exclusion,
)
from claudetask_core.services.setup.ground import SERVER, Ground, Launch
from claudetask_core.services.setup.parts import (
    Added,
    server_of,
    starts_us,
    with_approval,
    with_hooks,
    with_server,
    without_approval,
    without_empty,
    without_hooks,
    without_server,
)
from claudetask_core.services.setup.record import SetupRecord, Written, WrittenFile, recorded
from claudetask_core.services.setup.settings import MAX_BYTES

LEFT_SECONDS = 0.0
"""Who writes holds the lock, so what lies beside a file under it is nobody's any more."""
CLAUDE_MD_PLACES = (Place.PROJECT, Place.DOT_CLAUDE, Place.LOCAL)


@dataclass(frozen=True)
class Wanted:
    """What a person wants to be set up, beside the server itself."""

    launch: Launch
    hooks: bool = False
    approve: bool = False
    exclude: bool = False
    """Whether git has to be told to leave the approval alone."""
    agents: tuple[str, ...] = ()
    block: bool = False


@dataclass(frozen=True)
class Change:
    """One file before and after; `after` is None where it goes, and then there is no `record`."""

    name: str
    before: Snapshot
    after: bytes | None
    record: WrittenFile | None = None

    @property
    def diff(self) -> str:
        old = "/dev/null" if self.before.data is None else f"a/{self.name}"
        new = "/dev/null" if self.after is None else f"b/{self.name}"
        return diff_of(self.before.data, self.after, old, new)


@dataclass
class Plan:
    """What would change, and what is left alone and why."""

    changes: list[Change] = field(default_factory=list[Change])
    remarks: list[str] = field(default_factory=list[str])


class Setup:
    """Adds us to the files of one scope, and takes us out again; every method blocks.

    Args:
        ground: Which files.
        store: Where the record and the kept copies lie; `apply` makes it.
        kept: The copies of what was there.
    """

    def __init__(self, ground: Ground, store: Path, kept: KeptCopies) -> None:
        self._ground = ground
        self._record = SetupRecord(store, ground.base)
        self._kept = kept

    def plan(self, wanted: Wanted) -> Plan:
        """What `wanted` needs; nothing is written.

        Raises:
            NotJson, WrongShape, OutsideProject: As their sentences say.
        """
        written, plan, ground = self._record.read(), Plan(), self._ground
        server = self._look(ground.servers)
        known = server_of(ground.servers, server.data or b"")
        if known is not None and known != wanted.launch.entry:
            plan.remarks.append(
                f"{ground.name(ground.servers)} has a server {SERVER} already; it is kept as it "
                "is. To have it made anew, run uninstall first."
            )
        added = with_server(ground.servers, server.data or b"", wanted.launch)
        plan.changes += self._change(server, added, written)
        if wanted.hooks:
            before = self._look(ground.settings)
            added = with_hooks(ground.settings, before.data or b"", wanted.launch)
            plan.changes += self._change(before, added, written)
        if wanted.approve and ground.approvals is not None:
            before = self._look(ground.approvals)
            added = with_approval(ground.approvals, before.data or b"")
            plan.changes += self._change(before, added, written)
        if wanted.exclude:
            plan.changes += self._exclusion(put=True)
        self._plan_agents(wanted.agents, plan, written)
        if wanted.block:
            before = self._look(path_in(ground.base, Place.PROJECT))
            others = [path for path in places_in(ground.base) if path != before.path]
            text = block_beside(ground.base, before.path, before.data, others)
            plan.changes += self._change(before, Added(with_block(before.data, text)), written)
            if takes_the_place(ground.base, "", NAMES):
                paths = OtherFiles(ground.base, None).hidden_by_a_first()
                plan.remarks += [all_hidden_by_a_first(paths)] if paths else []
        return plan

    def plan_removal(self) -> Plan:
        """What of ours is there; nothing is written.

        Raises:
            NotJson, WrongShape, OutsideProject, RecordBroken: As their sentences say.
        """
        written, plan = self._record.read(), Plan()
        for name in self._where(written):
            before = self._look(self._ground.base / name)
            if before.data is None:
                continue
            known = written.files.get(name)
            after = self._without(name, before.data, before.path, known)
            if after != before.data:
                plan.changes.append(Change(name, before, after))
            elif known is not None and Path(name).parent == AGENTS:
                plan.remarks.append(f"{name} was changed since it was installed; it is kept.")
            if known is None and self._is_anothers(before.path, before.data):
                plan.remarks.append(
                    f"The server {SERVER} in {name} was not written by init and starts something "
                    "else; it is kept."
                )
        if not self._approved_elsewhere():
            plan.changes += self._exclusion(put=False)
        return plan

    def apply(self, plan: Plan, *, new_board: bool = False) -> None:
        """Writes what the plan says, each file whole and with a copy of what was there.

        Raises:
            ChangedUnderneath: A file is no longer what the plan was made of.
            NotWritable, ClientBusy: As their sentences say.
        """
        for change in plan.changes:
            _refuse_blocked(change.before.path)
        self._ground.make()
        written = self._record.read()
        if new_board:
            written = written.model_copy(update={"board": True})
        with self._kept.lock():
            for change in plan.changes:
                written = self._noted(written, change)
                self._record.write(written)  # first: a text that is not there is not missed
                self._put(change, keep=True)

    def apply_removal(self, plan: Plan) -> Written:
        """Takes out what the plan says, and the folders that were made and are empty.

        Returns:
            What had been written.

        Raises:
            ChangedUnderneath, NotWritable, ClientBusy: As for `apply`.
        """
        written = self._record.read()
        with self._kept.lock():
            for change in plan.changes:
                ours = written.files.get(change.name)
                self._put(change, keep=ours is None or ours.hash != change.before.hash)
            for name in self._where(written):  # of an init that was killed
                sweep(self._look(self._ground.base / name).target, LEFT_SECONDS)
            if self._ground.git is not None:
                sweep(self._ground.git / EXCLUDE, LEFT_SECONDS)
            for name in sorted(written.folders, key=len, reverse=True):
                with suppress(OSError, OutsideProject):
                    inside(self._ground.within, self._ground.base / name).rmdir()
            self._record.write(Written())
        return written

    def _look(self, path: Path) -> Snapshot:
        return look(self._ground.within, path, limit=MAX_BYTES)

    def _change(self, before: Snapshot, added: Added, written: Written) -> Iterator[Change]:
        if added.data != (before.data or b""):
            name = self._ground.name(before.path)
            known = written.files.get(name) if self._holds_ours(name, before) else None
            record = recorded(known, before, added.data, added.parts, added.made)
            yield Change(name, before, added.data, record)

    def _exclusion(self, *, put: bool) -> Iterator[Change]:
        """Git's own list of what is left alone, with our line or without."""
        git = self._ground.git
        before = None if git is None else exclude_of(git, MAX_BYTES)
        if before is None or (before.data is None and not put):
            return
        after = with_exclusion(before.data) if put else without_exclusion(before.data or b"")
        if after != before.data:
            yield Change(self._ground.name(before.path), before, after)

    def _approved_elsewhere(self) -> bool:
        """Whether another worktree or package of the repository has an approval of ours."""
        approvals = self._ground.approvals
        return approvals is not None and any(
            self._ground.name(approvals) in other.files for other in self._record.others()
        )

    def _plan_agents(self, agents: Sequence[str], plan: Plan, written: Written) -> None:
        there = {one.id for one in scan(self._ground.base, None)} if agents else set[str]()
        for name in agents:
            data = template(name)
            before = self._look(self._ground.base / AGENTS / f"{name}.md")
            if name in there or before.data is not None:
                if before.data != data:
                    plan.remarks.append(f"There is an agent {name} already; it is kept as it is.")
                continue
            added = Added(data, (Insertion(0, data.decode()),))
            plan.changes += self._change(before, added, written)

    def _where(self, written: Written) -> list[str]:
        """Where something of ours may be: no record leads anywhere else, whoever wrote it."""
        agents = (name for name in written.files if Path(name).parent == AGENTS)
        return list(dict.fromkeys([*self._usual(), *agents]))

    def _usual(self) -> Iterator[str]:
        """Where something of ours may be without a record."""
        ground = self._ground
        yield ground.name(ground.servers)
        yield ground.name(ground.settings)
        if ground.approvals is not None:
            yield ground.name(ground.approvals)
            for place in CLAUDE_MD_PLACES:
                yield ground.name(path_in(ground.base, place))

    def _without(
        self, name: str, data: bytes, path: Path, known: WrittenFile | None
    ) -> bytes | None:
        """The contents without what is ours; None where the file was made for it alone."""
        if name.endswith(".md"):
            if has_block(data):
                return without_block(data)
            return None if known and known.hash == digest(data) else data
        undone = known.undone(data) if known else None
        if known is None and self._is_anothers(path, data):
            return data
        if known is None or undone is None or not _still_json(path, data, undone):
            undone = self._stripped(path, data)
            undone = without_empty(path, undone, known.made if known else ())
        return None if known and known.created and not parse(path, undone) else undone

    def _holds_ours(self, name: str, before: Snapshot) -> bool:
        """Whether what was recorded can stand there; a writer that was killed wrote none of it."""
        if before.data is None or name.endswith(".md"):
            return before.data is not None and has_block(before.data)
        return self._stripped(before.path, before.data) != before.data

    def _is_anothers(self, path: Path, data: bytes) -> bool:
        """Whether what has our name is another program's server, as far as can be seen."""
        if path != self._ground.servers:
            return False
        entry = server_of(path, data)
        return entry is not None and not starts_us(entry)

    def _stripped(self, path: Path, data: bytes) -> bytes:
        if path == self._ground.servers:
            return without_server(path, data)
        if path == self._ground.settings:
            return without_hooks(path, data)
        return without_approval(path, data)

    def _noted(self, written: Written, change: Change) -> Written:
        missing = [
            self._ground.name(folder)
            for folder in change.before.path.parents
            if folder != self._ground.base
            and folder.is_relative_to(self._ground.base)
            and not folder.exists()
        ]
        folders = tuple(dict.fromkeys([*written.folders, *missing]))
        written = written.model_copy(update={"folders": folders})
        return written if change.record is None else written.with_file(change.name, change.record)

    def _put(self, change: Change, *, keep: bool) -> None:
        before, base = change.before, change.before.base
        with self._ground.client_lock(before.path):
            if keep and before.data is not None and base == self._ground.within:
                self._kept.keep(self._ground.base, change.name, before.path, before.data)
            if change.after is None:
                remove(dataclasses.replace(before, path=before.target))  # a link to it stays
                return
            make_folder(base, before.path.parent)
            sweep(before.target, LEFT_SECONDS)
            replace(before, change.after)


def _refuse_blocked(path: Path) -> None:
    """Has a file in the place of a folder be told before any of the files is written.

    Raises:
        NotWritable: There is one.
    """
    there = next((folder for folder in path.parents if folder.exists()), path.parent)
    if not there.is_dir():
        raise NotWritable(path, NotADirectoryError(errno.ENOTDIR, f"{there} is no folder"))


def _still_json(path: Path, data: bytes, undone: bytes) -> bool:
    """Whether taking text out of JSON left JSON; else something else is to be taken out."""
    parse(path, data)
    with suppress(NotJson):
        parse(path, undone)
        return True
    return False
