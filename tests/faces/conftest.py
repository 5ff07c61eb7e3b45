"""One board behind three doors: the services, REST, and MCP in both protocol eras."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx2
import pytest
from mcp import Client
from mcp.types import TextContent, TextResourceContents
from pydantic import ValidationError

from claudetask_api.app import create_app
from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.schemas.task import (
    Page,
    StatusChange,
    Task,
    TaskCreate,
    TaskFilter,
    TaskUpdate,
)
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.server import build_server
from tests.support import in_own_task

ORIGIN = "http://127.0.0.1:8765"
Json = dict[str, Any]


class RefusedError(Exception):
    """What a door answered instead of doing what was asked: its words."""


class Door(Protocol):
    """The board as a caller named `agent` sees it through one face."""

    async def create(self, agent: str, **fields: Any) -> Json: ...
    async def get(self, task_id: int) -> Json: ...
    async def update(self, agent: str, task_id: int, **fields: Any) -> Json: ...
    async def move(self, agent: str, task_id: int, status: str, **more: Any) -> Json: ...
    async def claim_next(self, agent: str) -> Json | None: ...
    async def find(self, **wanted: Any) -> list[int]: ...
    async def similar(self, query: str) -> list[int]: ...
    async def search(self, query: str, **filters: Any) -> tuple[list[str], str]: ...
    async def delete(self, task_id: int) -> None: ...


class ServiceDoor:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def _do(self, call: Any) -> Any:
        try:
            return await call
        except DomainError as error:
            raise RefusedError(str(error)) from error

    async def create(self, agent: str, **fields: Any) -> Json:
        data = _valid(TaskCreate, fields)
        made = await self._do(self._core.tasks.create(data, Caller(agent)))
        return _json(made.task)

    async def get(self, task_id: int) -> Json:
        return _json(await self._do(self._core.tasks.get(task_id)))

    async def update(self, agent: str, task_id: int, **fields: Any) -> Json:
        version = fields.pop("version", None)
        call = self._core.tasks.update(
            task_id, _valid(TaskUpdate, fields), Caller(agent), expected_version=version
        )
        return _json(await self._do(call))

    async def move(self, agent: str, task_id: int, status: str, **more: Any) -> Json:
        change = _valid(StatusChange, {"status": status, **more})
        return _json(await self._do(self._core.tasks.move(task_id, change, Caller(agent))))

    async def claim_next(self, agent: str) -> Json | None:
        found = await self._do(self._core.queue.next(Caller(agent), claim=True))
        return None if found.task is None else _json(found.task)

    async def find(self, **wanted: Any) -> list[int]:
        found = await self._core.tasks.find(_valid(TaskFilter, wanted), Page())
        return [task.id for task in found.tasks]

    async def similar(self, query: str) -> list[int]:
        return [hit.id for hit in (await self._core.similar.find(query)).results]

    async def search(self, query: str, **filters: Any) -> tuple[list[str], str]:
        question = _valid(SearchQuery, {"query": query, **filters})
        found = await self._do(self._core.search.search(question))
        return [hit.path for hit in found.results], found.message or ""

    async def delete(self, task_id: int) -> None:
        await self._do(self._core.tasks.delete(task_id, Caller("x")))


def _valid(model: Any, fields: Json) -> Any:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RefusedError(str(error)) from error


def _json(task: Task) -> Json:
    return task.model_dump(mode="json")


class RestDoor:
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = await self._client.request(method, f"/api/tasks{path}", **options)
        if answer.is_error:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            raise RefusedError(problem["detail"] + json.dumps(problem.get("errors", "")))
        return answer.json() if answer.content else None

    async def create(self, agent: str, **fields: Any) -> Json:
        return await self._ask("POST", "", json=fields, headers={"X-Agent": agent})

    async def get(self, task_id: int) -> Json:
        return await self._ask("GET", f"/{task_id}")

    async def update(self, agent: str, task_id: int, **fields: Any) -> Json:
        headers = {"X-Agent": agent}
        if "version" in fields:
            headers["If-Match"] = f'"{fields.pop("version")}"'
        return await self._ask("PUT", f"/{task_id}", json=fields, headers=headers)

    async def move(self, agent: str, task_id: int, status: str, **more: Any) -> Json:
        body = {"status": status, "agent": agent, **more}
        return await self._ask("PUT", f"/{task_id}/status", json=body)

    async def claim_next(self, agent: str) -> Json | None:
        return await self._ask("POST", "/next", json={"claim": True, "agent": agent})

    async def find(self, **wanted: Any) -> list[int]:
        return [task["id"] for task in await self._ask("GET", "", params=wanted)]

    async def similar(self, query: str) -> list[int]:
        found = await self._ask("GET", "/similar", params={"query": query})
        return [hit["id"] for hit in found["results"]]

    async def search(self, query: str, **filters: Any) -> tuple[list[str], str]:
        answer = await self._client.get("/api/search", params={"query": query, **filters})
        found = answer.json()
        if answer.is_error:
            raise RefusedError(found["detail"] + json.dumps(found.get("errors", "")))
        return [hit["path"] for hit in found["results"]], found["message"] or ""

    async def delete(self, task_id: int) -> None:
        await self._ask("DELETE", f"/{task_id}")


class McpDoor:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> str:
        answer = await self._client.call_tool(tool, arguments)
        text = "\n".join(c.text for c in answer.content if isinstance(c, TextContent))
        assert answer.structured_content is None
        if answer.is_error:
            assert len(text) <= 400
            raise RefusedError(text)
        return text

    async def create(self, agent: str, **fields: Any) -> Json:
        text = await self.call("create_task", agent=agent, **fields)
        assert len(text) <= 400
        return await self.get(_number(text))

    async def get(self, task_id: int) -> Json:
        await self.call("get_task", task_id=task_id)
        answer = await self._client.read_resource(f"claudetask://tasks/{task_id}")
        (content,) = answer.contents
        assert isinstance(content, TextResourceContents)
        whole: Json = json.loads(content.text)
        whole.pop("branch", None)  # what git says is no field of the task
        return whole

    async def update(self, agent: str, task_id: int, **fields: Any) -> Json:
        if "check" in fields:
            fields["check"] = {str(key): value for key, value in fields["check"].items()}
        await self.call("update_task", task_id=task_id, agent=agent, **fields)
        return await self.get(task_id)

    async def move(self, agent: str, task_id: int, status: str, **more: Any) -> Json:
        arguments = {"task_id": task_id, "status": status, "agent": agent, **more}
        await self.call("update_task_status", **arguments)
        return await self.get(task_id)

    async def claim_next(self, agent: str) -> Json | None:
        text = await self.call("get_next_task", claim=True, agent=agent)
        return None if "No task is free" in text else await self.get(_number(text))

    async def find(self, **wanted: Any) -> list[int]:
        if "q" in wanted:
            wanted["query"] = wanted.pop("q")
        text = await self.call("list_tasks", **wanted)
        return [int(number) for number in re.findall(r"^\W*#(\d+)", text, re.MULTILINE)]

    async def similar(self, query: str) -> list[int]:
        text = await self.call("find_similar_tasks", query=query)
        return [int(number) for number in re.findall(r"^\W*#(\d+)", text, re.MULTILINE)]

    async def search(self, query: str, **filters: Any) -> tuple[list[str], str]:
        text = await self.call("search_codebase", query=query, detail="paths", **filters)
        return re.findall(r"^(\S+):\d+-\d+ .*\d\.\d\d ", text, re.MULTILINE), text

    async def delete(self, task_id: int) -> None:
        await self.call("delete_task", task_id=task_id)


def _number(text: str) -> int:
    found = re.search(r"#(\d+)", text)
    assert found is not None, text
    return int(found.group(1))


@pytest.fixture(params=["service", "rest", "mcp 2025", "mcp 2026"])
async def door(request: pytest.FixtureRequest, core: Core) -> AsyncGenerator[Door]:
    """The same board through each door in turn."""
    if request.param == "service":
        yield ServiceDoor(core)
    elif request.param == "rest":
        async with rest_client(core) as client:
            yield RestDoor(client)
    else:
        mode = "legacy" if request.param.endswith("2025") else "auto"
        async with in_own_task(mcp_client(core, mode)) as mcp:
            yield McpDoor(mcp)


@asynccontextmanager
async def rest_client(core: Core) -> AsyncGenerator[httpx2.AsyncClient]:
    app = create_app(core, limiter=RateLimiter(core.settings))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@asynccontextmanager
async def mcp_client(core: Core, mode: Any = "auto") -> AsyncGenerator[Client]:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Core]:
        yield core

    limit = RateLimit(RateLimiter(core.settings), {})
    server = build_server(opened, process=lambda: "claude-code:test", limit=limit)
    async with Client(server, mode=mode) as client:
        yield client
