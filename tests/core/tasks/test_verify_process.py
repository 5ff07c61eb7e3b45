import asyncio
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from claudetask_core.services.verify.process import run


async def test_a_run_that_is_given_up_while_it_starts_leaves_no_pipe_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting = asyncio.Event()

    async def never_started(*_: Any, **__: Any) -> NoReturn:
        starting.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(asyncio, "create_subprocess_exec", never_started)
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 — numbers, not paths
    running = asyncio.ensure_future(run([sys.executable, "-V"], tmp_path, 5))
    await asyncio.wait_for(starting.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208 — as above
