"""A board behind PgBouncer: with sessions of its own it works, without it is refused at once."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.db.engine import Database
from claudetask_core.db.refusals import AddressInvalid
from claudetask_core.schemas.event import Event
from claudetask_core.schemas.task import StatusChange, TaskCreate
from claudetask_core.schemas.workflow import Status
from claudetask_core.services.tasks.claims import Caller
from tests.postgresql.pooler import pooled, program
from tests.support import eventually

pytestmark = pytest.mark.skipif(
    program() is None, reason="NO PGBOUNCER: install Debian's package pgbouncer"
)
WAIT = 20


@pytest.fixture
def folder() -> Generator[Path]:
    """One that a user without rights can reach."""
    made = Path(tempfile.mkdtemp(prefix="claudetask-pooler-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


async def refused(url: str) -> AddressInvalid:
    """What the first question to a board there is refused with, however often it is asked."""
    database = Database(url)
    said: list[AddressInvalid] = []
    for _ in range(2):
        with pytest.raises(AddressInvalid) as refusal:
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        said.append(refusal.value)
    await database.close()
    return said[-1]


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_a_pooler_that_shares_sessions_is_refused_at_the_start_with_the_remedy(
    database_url: str, folder: Path, mode: str
) -> None:
    async with pooled(database_url, mode, folder) as url:
        refusal = await refused(url)
    assert "another session" in refusal.message
    assert "pool_mode = session" in str(refusal.next_step)
    assert len(str(refusal)) <= 400


async def test_a_pooler_that_shares_sessions_is_told_apart_while_others_use_it(
    database_url: str, folder: Path
) -> None:
    async with pooled(database_url, "transaction", folder) as url:
        plain = url.replace("+asyncpg", "")
        others: list[Any] = [await asyncpg.connect(plain, statement_cache_size=0) for _ in range(6)]
        busy = [asyncio.create_task(one.execute("SELECT pg_sleep(1)")) for one in others]
        await refused(url)
        await asyncio.gather(*busy)
        for one in others:
            await one.close()


async def test_with_sessions_of_its_own_a_board_works_and_hears_others(
    database_url: str, folder: Path, tmp_path: Path, alice: Caller
) -> None:
    heard: list[Event] = []

    async def follow(core: Core) -> None:
        async for event in core.events.watch(0):
            heard.append(event)  # noqa: PERF401 — there is no end to them

    async with pooled(database_url, "session", folder) as url:
        settings = Settings(database_url=url, analysis_provider="none", index_watch=False)
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        async with (
            open_core(settings, start=tmp_path / "one", home=None) as one,
            open_core(settings, start=tmp_path / "two", home=None) as two,
        ):
            following = asyncio.create_task(follow(two))
            await eventually(lambda: two.events.hears, WAIT)
            made = await asyncio.gather(
                *(
                    core.tasks.create(TaskCreate(title=f"of {n}"), alice)
                    for n, core in enumerate((one, two) * 5)
                )
            )
            change = StatusChange(status=Status("Ready"))
            await two.tasks.move(made[0].task.id, change, alice)
            await eventually(lambda: len(heard) == 11, WAIT)
            following.cancel()
            assert (await one.tasks.get(made[0].task.id)).status == "Ready"
