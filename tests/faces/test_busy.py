"""A board that another process keeps locked: waited for, then told in words, by every face."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from sqlalchemy import text

from claudetask_api.app import create_app
from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.db import engine
from claudetask_core.db.refusals import BoardBusy
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.schemas.task import Page, StatusChange, TaskCreate, TaskFilter, TaskUpdate
from claudetask_core.schemas.workflow import Status
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from tests.mcp.support import refusal, server_of

pytestmark = pytest.mark.embedded(reason="another process locks the file")

ORIGIN = "http://127.0.0.1:8765"
SHORT = 0.2


@pytest.fixture
async def core(
    project: Path, settings: Settings, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Core]:
    monkeypatch.setattr(engine, "BUSY_SECONDS", SHORT)
    async with open_core(settings, start=project, home=Home(own_home)) as opened:
        await opened.tasks.create(TaskCreate(title="there"), Caller("x"))
        yield opened


@pytest.fixture
def locked(core: Core) -> Generator[sqlite3.Connection]:
    """Another process in the middle of a write."""
    file = core.places.board / DATABASE
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def test_each_write_is_refused_as_busy_and_each_read_answered(
    core: Core, locked: sqlite3.Connection, alice: Caller
) -> None:
    for call in (
        core.tasks.create(TaskCreate(title="a"), alice),
        core.tasks.update(1, TaskUpdate(note="n"), alice),
        core.tasks.move(1, StatusChange(status=Status.READY), alice),
        core.queue.next(alice, claim=True),
        core.queue.release(1, alice),
        core.notes.create(1, "n", alice),
        core.tasks.delete(1, alice),
    ):
        with pytest.raises(DomainError) as refused:
            await call
        assert refused.value.code == "board_busy"
    assert (await core.tasks.find(TaskFilter(), Page())).total == 1
    locked.execute("ROLLBACK")
    assert (await core.tasks.update(1, TaskUpdate(note="n"), alice)).version == 2


async def test_what_a_reader_brings_along_to_be_written_keeps_nobody_from_reading(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder's look renews the claim, and whoever calls is marked as having been here."""
    monkeypatch.setattr(engine, "PATIENT_SECONDS", SHORT / 4)
    await core.queue.next(alice, claim=True)
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    with closing(sqlite3.connect(core.places.board / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            for path in ("", "/notes", "/history"):
                answer = await http.get(f"/api/tasks/1{path}", headers={"X-Agent": "alice"})
                assert answer.status_code == 200
        assert "You hold:\n#1 there" in await core.resume.text(alice)
        await core.resume.called(alice)
        other.execute("ROLLBACK")
    assert (await core.tasks.update(1, TaskUpdate(note="n"), alice)).version == 3


async def test_a_renewal_that_waits_is_made_once_the_board_is_free(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENT_SECONDS", SHORT / 4)
    until = (await core.queue.next(alice, claim=True)).task
    assert until is not None
    with closing(sqlite3.connect(core.places.board / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await core.tasks.get(1, alice)
        other.execute("ROLLBACK")
    await core.tasks.create(TaskCreate(title="waits for its turn"), alice)
    renewed = (await core.tasks.get(1)).claim_expires_at
    assert renewed is not None
    assert until.claim_expires_at is not None
    assert renewed > until.claim_expires_at


async def test_many_who_wait_are_not_made_to_wait_for_each_other(
    core: Core, locked: sqlite3.Connection, alice: Caller
) -> None:
    calls = [core.tasks.create(TaskCreate(title=f"{n}"), alice) for n in range(40)]
    async with asyncio.timeout(40 * SHORT / 2):
        refused = await asyncio.gather(*calls, return_exceptions=True)
    assert {getattr(one, "code", one) for one in refused} == {"board_busy"}
    assert locked.in_transaction


async def test_a_lock_that_ends_in_time_is_only_waited_for(
    core: Core, locked: sqlite3.Connection, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    creating = asyncio.create_task(core.tasks.create(TaskCreate(title="a"), alice))
    done, _ = await asyncio.wait({creating}, timeout=SHORT / 4)
    assert not done
    locked.execute("ROLLBACK")
    assert (await creating).task.id == 2


async def test_the_faces_say_it_in_words(core: Core, locked: sqlite3.Connection) -> None:
    async with Client(server_of(core)) as client:
        said = await refusal(client, "create_task", {"title": "a"})
    assert said.startswith("The board is busy: it has been kept locked for too long.")
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        answer = await http.post("/api/tasks", json={"title": "a"})
    assert (answer.status_code, answer.json()["code"]) == (503, "board_busy")
    assert "sqlite" not in (said + answer.text).lower()
    assert locked.in_transaction


async def test_a_board_that_is_locked_whole_is_busy_from_the_first_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", SHORT)
    file = tmp_path / "board.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (n INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        database = engine.Database(sqlite_url(file))
        with pytest.raises(BoardBusy):
            await _asked(database)
        await database.close()


async def _asked(database: engine.Database) -> None:
    async with database.read() as session:
        await session.execute(text("SELECT 1"))


def test_where_all_connections_are_taken_the_board_is_busy(tmp_path: Path) -> None:
    database = engine.Database(sqlite_url(tmp_path / "board.db"))
    with pytest.raises(BoardBusy), database.translated():
        raise engine.NoConnection("QueuePool limit of size 4 overflow 4 reached")
