"""`board …`: copies of the board and the way back, and the board as a file that moves elsewhere."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from claudetask_core.clock import SystemClock
from claudetask_core.core import backups_of, open_board
from claudetask_core.db.engine import make_private_folder
from claudetask_core.errors import Conflict, Forbidden, Unavailable
from claudetask_core.printable import printable
from claudetask_core.services.board import check as board_check
from claudetask_core.services.board import transfer
from claudetask_core.services.board.backup import FOLDER, REPLACED, Backups
from claudetask_core.services.repository.locate import Places, refuse_links_out
from claudetask_core.services.tasks import waits as task_waits
from claudetask_core.services.tasks.warming import Warming
from claudetask_mcp.commands.asking import confirmed
from claudetask_mcp.entry import Entry
from claudetask_mcp.render.text import count, moment

if TYPE_CHECKING:
    from claudetask_core.db.engine import Database

STANDARD = "-"


class NoFile(Unavailable):
    code = "board_is_no_file"

    def __init__(self) -> None:
        super().__init__(
            "This board stands in a database server, and is copied with its own tools.",
            next_step="Use those (pg_dump), or claudetask-mcp board export.",
        )


class NotRestored(Forbidden):
    code = "not_restored"


class FileInTheWay(Conflict):
    code = "file_in_the_way"


class FileUnusable(Unavailable):
    code = "file_unusable"


@dataclass(frozen=True)
class Asked:
    """Whose board it is, and what to do with it."""

    entry: Entry
    places: Places
    backups: Backups | None
    arguments: argparse.Namespace

    @property
    def file(self) -> Backups:
        if self.backups is None:
            raise NoFile
        return self.backups

    @asynccontextmanager
    async def open(self) -> "AsyncGenerator[Database]":
        async with open_board(self.entry.settings, self.places, self.backups) as database:
            yield database


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    places = await entry.locate()
    await asyncio.to_thread(refuse_links_out, places.board)
    backups = backups_of(entry.settings, places, SystemClock())
    return await ACTIONS[arguments.action](Asked(entry, places, backups, arguments))


async def _backup(asked: Asked) -> int:
    if not await asyncio.to_thread(asked.file.file.exists):
        asked.file.refuse_loss()
        return _say(f"There is no board at {asked.file.file} yet.")
    made = await asyncio.to_thread(asked.file.make)
    return _say(f"Copied to {made}.")


async def _check(asked: Asked) -> int:
    backups = asked.file
    if not await asyncio.to_thread(backups.file.exists):
        backups.refuse_loss()
        return _say(f"There is no board at {backups.file} yet.")
    if asked.arguments.mend:
        async with asked.open() as database:
            await board_check.mend(database)
            await Warming(database, pauses=0).once()
    found = await asyncio.to_thread(board_check.look, backups)
    lines = [f"board     {backups.file}"]
    if found.facts is not None:
        lines.append(f"tasks     {found.facts.tasks}")
    lines += [f"wrong     {problem}" for problem in found.problems]
    if not found.problems:
        lines.append("sound     every page, row and index")
    lines += [f"stuck     {one}" for one in found.stuck]
    if found.stuck:
        lines.append("          Leave out one of these links, on the page or with update_task.")
    lines.append(f"copies    {len(found.copies)}")
    lines += [f"  {one.copy.path.name}  {moment(one.copy.at)}  {one.told}" for one in found.copies]
    if found.problems:
        lines.append(found.advice)
    _say("\n".join(lines))
    return 1 if found.problems else 0


async def _restore(asked: Asked) -> int:
    backups = asked.file
    source = await asyncio.to_thread(backups.find, asked.arguments.copy)
    question = f"Make the board what {source} holds? What it is now is kept. [y/N] "
    if not asked.arguments.yes and not await asyncio.to_thread(confirmed, printable(question)):
        raise NotRestored(
            f"Nothing was restored from {source.name}.", next_step="Answer y, or give --yes."
        )
    done = await asyncio.to_thread(backups.restore, source)
    said = f"Restored {count(done.facts.tasks, 'task')} from {done.source}."
    if done.replaced is not None:
        said += f" What the board was: {done.replaced}."
    return _say(said)


async def _export(asked: Asked) -> int:
    async with asked.open() as database:
        await _write_export(database, asked.arguments.file)
    if asked.arguments.file != STANDARD:
        return _say(f"Exported to {asked.arguments.file}.")
    return 0


async def _import(asked: Asked) -> int:
    async with asked.open() as database:
        with _there(asked.arguments.file) as lines:
            if asked.arguments.replace:
                _say(f"What the board was: {await _kept(asked, database)}.")
            rows = await transfer.imported(database, lines, replace=asked.arguments.replace)
        _say(f"Imported {count(rows, 'row')}.")
        for one in await task_waits.stuck(database):
            _say(f"All of it is there, but {one}. Leave out one of these links.")
        await Warming(database, pauses=0).once()
    return 0


async def _kept(asked: Asked, database: "Database") -> Path:
    """A copy of the board; of one in a server, an export."""
    if asked.backups is not None:
        return await asyncio.to_thread(asked.backups.make)
    folder = asked.places.board / FOLDER
    make_private_folder(folder)
    file = folder / f"{SystemClock().now():%Y%m%dT%H%M%S.%fZ}-{REPLACED}.jsonl"
    await _write_export(database, str(file))
    return file


async def _write_export(database: "Database", name: str) -> None:
    with _new(name) as out:
        async for line in transfer.exported(database):
            out.write(line)


@contextmanager
def _new(name: str) -> Generator[TextIO]:
    """A file that was not there, for its owner alone."""
    if name == STANDARD:
        yield sys.stdout
        return
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with (
            _gone_unless_whole(name),
            os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file,
        ):
            yield file
            file.flush()
            os.fsync(handle)
    except FileExistsError:
        raise FileInTheWay(
            f"{name} is there already, and is left as it is.", next_step="Name a new file."
        ) from None
    except OSError as error:
        raise _unusable(name, error) from error


@contextmanager
def _gone_unless_whole(name: str) -> Generator[None]:
    """Has a part of an export never stand where a whole one is looked for."""
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            with suppress(OSError):
                Path(name).unlink()


@contextmanager
def _there(name: str) -> Generator[TextIO]:
    if name == STANDARD:
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            yield file
    except OSError as error:
        raise _unusable(name, error) from error


def _unusable(name: str, error: OSError) -> FileUnusable:
    return FileUnusable(
        f"{name} cannot be used: {error.strerror}.",
        next_step="Name another file, or mend its permissions or the free space.",
    )


def _say(text: str) -> int:
    sys.stdout.write(printable(text) + "\n")
    return 0


ACTIONS: dict[str, Callable[[Asked], Awaitable[int]]] = {
    "backup": _backup,
    "check": _check,
    "restore": _restore,
    "export": _export,
    "import": _import,
}
