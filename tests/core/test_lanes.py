"""What hangs holds up nothing but its own kind."""

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest

from claudetask_core.clock import SystemClock
from claudetask_core.core import DATABASE, Core
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.services import disk_watch
from claudetask_core.services.board.backup import Backups
from claudetask_core.services.disk.lanes import Lane
from claudetask_core.services.disk_watch import DiskWatch
from tests.support import eventually

THREADS = 6
"""As many as asyncio has on a machine of two cores."""
SECONDS = 5


class Hanging:
    """Work that hangs until it is let go, and how often it was begun."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.begun = 0

    def instead(self, work: Callable[..., object]) -> Callable[..., object]:
        def hang(*given: object) -> object:
            self.begun += 1
            assert self.let_go.wait(3 * SECONDS)
            return work(*given)

        return hang


@pytest.fixture
def hanging() -> Generator[Hanging]:
    made = Hanging()
    yield made
    made.let_go.set()


def have_threads(count: int) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(count))


async def others_go_on() -> bool:
    return await asyncio.wait_for(asyncio.to_thread(lambda: True), SECONDS)


async def test_questions_to_code_that_hang_leave_other_calls_their_threads(
    core: Core, monkeypatch: pytest.MonkeyPatch, hanging: Hanging
) -> None:
    have_threads(THREADS)
    await core.search.wait()
    monkeypatch.setattr(CodeIndex, "ask", hanging.instead(CodeIndex.ask))
    asked = [
        asyncio.create_task(core.search.search(SearchQuery(query="x"))) for _ in range(2 * THREADS)
    ]
    await eventually(lambda: hanging.begun > 1)
    assert await others_go_on()
    assert await asyncio.wait_for(core.agents.find(), SECONDS) == []
    hanging.let_go.set()
    await asyncio.wait_for(asyncio.gather(*asked), SECONDS)


async def test_a_tree_that_hangs_leaves_questions_and_other_calls_their_threads(
    core: Core, monkeypatch: pytest.MonkeyPatch, hanging: Hanging
) -> None:
    have_threads(1)
    monkeypatch.setattr(CodeIndex, "refresh", hanging.instead(CodeIndex.refresh))
    await core.search.start()
    await eventually(lambda: hanging.begun)
    assert await others_go_on()
    assert (await asyncio.wait_for(core.search.state(), SECONDS)).state == "building"
    hanging.let_go.set()
    await asyncio.wait_for(core.search.wait(), SECONDS)


async def test_a_look_at_the_disk_and_a_daily_copy_that_hang_leave_calls_their_threads(
    core: Core, monkeypatch: pytest.MonkeyPatch, hanging: Hanging
) -> None:
    async def root() -> Path:
        return core.places.root

    monkeypatch.setattr(disk_watch, "scan", hanging.instead(disk_watch.scan))
    monkeypatch.setattr(Backups, "daily", hanging.instead(Backups.daily))
    have_threads(2)
    watch = DiskWatch(root, core.events, SystemClock())
    board = core.places.board
    copying = Backups(board / DATABASE, board / "backups", SystemClock(), keep=1)
    looking = asyncio.create_task(watch.look())
    copying.start()
    await eventually(lambda: hanging.begun >= 2)
    assert await others_go_on()
    hanging.let_go.set()
    await asyncio.wait_for(looking, SECONDS)
    await copying.close()


async def test_a_lane_has_so_many_threads_also_where_callers_gave_up(hanging: Hanging) -> None:
    lane = Lane("test", 2)
    work = hanging.instead(lambda: None)
    asked = [asyncio.create_task(lane.run(work)) for _ in range(5)]
    await eventually(lambda: hanging.begun == 2)
    for one in asked:
        one.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    last = asyncio.create_task(lane.run(lambda: "done"))
    await asyncio.sleep(0)
    assert not last.done()
    hanging.let_go.set()
    assert await asyncio.wait_for(last, SECONDS) == "done"
    assert hanging.begun == 2


async def test_work_in_a_lane_knows_whose_request_it_is_for() -> None:
    whose = ContextVar("whose", default="nobody's")
    whose.set("mine")
    assert await Lane("test").run(whose.get) == "mine"
