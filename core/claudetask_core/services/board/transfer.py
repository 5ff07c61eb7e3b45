"""The whole board as JSON Lines and back; nothing is lost.

The first line says what it is: `{"claudetask_board": 1, "schema": "0003", "numbers": {…}}`, with
the last number that each table gave out, since those of deleted tasks are not used again. Then one
line a row, `{"table": "tasks", "row": {…}}`, in an order in which each names only rows before it,
but for a task's parent. The last line, `{"end": 1234}`, says how many rows there were, so that a
file that was cut off is told. Times are RFC 3339 in UTC.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from claudetask_core.db.backend import Backend
from claudetask_core.db.engine import Database, ReadSession, WriteSession
from claudetask_core.db.models import Base
from claudetask_core.db.revision import HEAD
from claudetask_core.errors import Conflict, Invalid
from claudetask_core.services.board.transfer_values import value_for
from claudetask_core.services.similar import similar
from claudetask_core.services.tasks.history import as_json

FORMAT: Final = 1
BATCH: Final = 500
LONGEST: Final = 8 * 1024 * 1024
"""No row is longer; what is, is no export."""
MADE_AT_START: Final = frozenset({"statuses", "callers", "project_settings", "events"})
"""What a board holds before anybody has written to it."""
APART: Final = frozenset({"tokens"})
"""Who may use this board is no part of what stands on it, and stays as it is."""
TABLES: Final = {t.name: t for t in Base.metadata.sorted_tables if t.name not in APART}
SELF: Final = {"tasks": "parent_id"}
"""The column that may name a row that comes later."""


class BoardNotEmpty(Conflict):
    code = "board_not_empty"

    def __init__(self, tasks: int) -> None:
        super().__init__(
            f"This board is not empty ({tasks} tasks and their history); nothing was imported.",
            next_step="Import into a new project, or give --replace to put the file's contents "
            "in the place of this board's.",
        )


class ImportRefused(Invalid):
    code = "import_refused"

    def __init__(self, line: int, why: str) -> None:
        super().__init__(
            f"Line {line} cannot be imported: {why[:200]}. Nothing was changed.",
            next_step="Use a whole file that claudetask-mcp board export wrote.",
        )


async def exported(database: Database) -> AsyncIterator[str]:
    """The lines of an export: one state of the board, whatever is written meanwhile."""
    async with database.read() as session:
        numbers = await _numbers(database.backend, session)
        yield _line({"claudetask_board": FORMAT, "schema": HEAD, "numbers": numbers})
        count = 0
        for table in TABLES.values():
            rows = await session.stream(
                select(table).order_by(*table.primary_key.columns),
                execution_options={"yield_per": BATCH},
            )
            async for row in rows.mappings():
                count += 1
                yield _line({"table": table.name, "row": _plain(table, row)})
        yield _line({"end": count})


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        column.name: as_json(value) if isinstance(value := row[column], datetime) else value
        for column in table.columns
    }


async def _numbers(backend: Backend, session: ReadSession) -> dict[str, int]:
    """The last number that each table gave out, also where its row is gone."""
    last = {
        table.name: await backend.last_number(session, table, column)
        for table, column in _numbered()
    }
    return {name: number for name, number in sorted(last.items()) if number}


def _numbered() -> Iterator[tuple[Table, Column[Any]]]:
    """The tables that number their rows themselves."""
    for table in TABLES.values():
        if table.dialect_options["sqlite"]["autoincrement"]:
            yield table, next(iter(table.primary_key.columns))


async def imported(database: Database, lines: Iterable[str], *, replace: bool) -> int:
    """Makes the board what an export says, all or nothing.

    Args:
        database: At head.
        lines: The file.
        replace: Whether what is on the board may be put aside.

    Returns:
        How many rows there are now.

    Raises:
        BoardNotEmpty: There is something on the board, and `replace` was not given.
        ImportRefused: The file is no whole export of a board that this program understands.
    """
    reading = _Reading(iter(lines))
    numbers = reading.head()
    async with database.write() as session:
        await _make_room(session, replace=replace)
        later: list[dict[str, Any]] = []
        for table, rows in reading.batches():
            try:
                await session.execute(insert(table), [_alone(table, row, later) for row in rows])
            except DBAPIError as error:
                if not isinstance(error, IntegrityError):
                    raise  # a full disk, a lock
                raise ImportRefused(reading.line, f"up to here, {error.orig}") from None
        for row in later:
            await _name_parent(session, row, reading.line)
        await similar.index_anew(session)
        await _number_on(database.backend, session, numbers)
    return reading.rows


async def _make_room(session: WriteSession, *, replace: bool) -> None:
    tasks = await session.scalar(select(func.count()).select_from(TABLES["tasks"])) or 0
    for name in TABLES.keys() - MADE_AT_START:
        if not replace and await session.scalar(select(1).select_from(TABLES[name]).limit(1)):
            raise BoardNotEmpty(tasks)
    for table in reversed(TABLES.values()):
        await session.execute(delete(table))


def _alone(table: Table, row: dict[str, Any], later: list[dict[str, Any]]) -> dict[str, Any]:
    """The row without what it says of rows to come, which is kept for later."""
    column = SELF.get(table.name)
    if column is None or row.get(column) is None:
        return row
    later.append(row)
    return {**row, column: None}


async def _name_parent(session: WriteSession, row: dict[str, Any], line: int) -> None:
    tasks = TABLES["tasks"]
    try:
        await session.execute(
            tasks.update().where(tasks.c.id == row["id"]).values(parent_id=row["parent_id"])
        )
    except IntegrityError as error:
        raise ImportRefused(line, f"the parent of task {row['id']}: {error.orig}") from None


async def _number_on(backend: Backend, session: WriteSession, numbers: Mapping[str, int]) -> None:
    """Goes on counting where the exported board stopped."""
    for table, column in _numbered():
        highest = await session.scalar(select(func.max(column))) or 0
        last = max(highest, numbers.get(table.name, 0))
        await backend.number_on(session, table, column, last)


def _belongs(found: tuple[Table, dict[str, Any]], table: Table, rows: list[dict[str, Any]]) -> bool:
    """Whether a row can be inserted in one statement with those before it."""
    same = found[0] is table and (not rows or found[1].keys() == rows[0].keys())
    return same and len(rows) < BATCH


class _Reading:
    """The lines of a file, checked one by one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.line = 0
        self.rows = 0

    def head(self) -> dict[str, int]:
        head = self._next()
        if head is None or head.get("claudetask_board") != FORMAT:
            raise ImportRefused(1, "it does not begin as an export of a board does")
        if str(head.get("schema")) > HEAD:
            raise ImportRefused(1, "a newer claudetask-mcp wrote it; upgrade this one")
        numbers = head.get("numbers")
        if not isinstance(numbers, dict):
            raise ImportRefused(1, "it does not say which numbers were given out")
        given: dict[Any, Any] = numbers  # pyright: ignore[reportUnknownVariableType] — JSON
        return {str(key): value for key, value in given.items() if isinstance(value, int)}

    def batches(self) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        """The rows by table, some at a time."""
        table: Table | None = None
        rows: list[dict[str, Any]] = []
        while (found := self._row()) is not None:
            if table is not None and not _belongs(found, table, rows):
                yield table, rows
                rows = []
            table = found[0]
            rows.append(found[1])
        if table is not None:
            yield table, rows
        if self._next() is not None:
            raise ImportRefused(self.line, "something follows the end")

    def _row(self) -> tuple[Table, dict[str, Any]] | None:
        value = self._next()
        if value is None:
            raise ImportRefused(self.line + 1, "the file ends here, before its last line")
        if "end" in value:
            if value["end"] != self.rows:
                raise ImportRefused(self.line, f"{self.rows} rows came of {value['end']}")
            return None
        table = TABLES.get(str(value.get("table")))
        row = value.get("row")
        if table is None or not isinstance(row, dict):
            raise ImportRefused(self.line, "it holds no row of a known table")
        self.rows += 1
        return table, self._checked(table, row)  # pyright: ignore[reportUnknownArgumentType] — JSON

    def _checked(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        unknown = row.keys() - table.columns.keys()
        if unknown:
            raise ImportRefused(self.line, f"{table.name} has no {min(unknown)}")
        checked: dict[str, Any] = {}
        for column in table.columns:
            if column.name in row:
                try:
                    checked[column.name] = value_for(column, row[column.name])
                except ValueError:
                    shown = f"{column.name} is {row[column.name]!r:.60}"
                    raise ImportRefused(self.line, shown) from None
            elif not column.nullable and column.server_default is None:
                raise ImportRefused(self.line, f"{table.name} needs {column.name}")
        return checked

    def _next(self) -> dict[str, Any] | None:
        line = next(self._lines, "")
        if not line:
            return None
        self.line += 1
        try:
            value = json.loads(line) if len(line) <= LONGEST else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ImportRefused(self.line, "it is no JSON object")
        return value  # pyright: ignore[reportUnknownVariableType] — JSON
