"""The REST face over a real core, spoken to in-process."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from claudetask_api.app import create_app
from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter
from tests.api.support import BASE, Json, MakeTask


@pytest.fixture
def settings() -> Settings:
    """As for all tests, and no watcher of the tree, which no test here needs."""
    return Settings(rate_limit_enabled=False, analysis_provider="none", index_watch=False)


@pytest.fixture
def app(core: Core) -> FastAPI:
    return create_app(core, limiter=RateLimiter(core.settings), port=8765)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app=app), base_url=BASE) as opened:
        yield opened


@pytest.fixture
def make_task(client: AsyncClient) -> MakeTask:
    """Creates a task over the API and answers it."""

    async def make(title: str = "a task", **fields: Any) -> Json:
        answer = await client.post("/api/tasks", json={"title": title, **fields})
        assert answer.status_code == 201, answer.text
        task: Json = answer.json()
        return task

    return make
