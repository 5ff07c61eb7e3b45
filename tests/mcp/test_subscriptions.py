"""Clients of both eras hear of changes, whoever made them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client, MCPDeprecationWarning
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import (
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    SubscribeRequestParams,
)

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import Unavailable
from claudetask_core.home import Home
from claudetask_core.schemas.event import Event, EventType
from claudetask_core.schemas.task import TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp import subscriptions
from claudetask_mcp.server import Server
from claudetask_mcp.subscriptions import Subscribers, changed_resources
from tests.mcp.support import answer
from tests.support import START

SOON = 10


@pytest.fixture
async def elsewhere(
    core: Core, project: Path, settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    """The same board, opened a second time as another process would."""
    async with open_core(settings, start=project, home=Home(own_home)) as other:
        yield other


class Heard:
    """What an older client was told."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            self.queue.put_nowait(message.params.uri)
        elif isinstance(message, ResourceListChangedNotification):
            self.queue.put_nowait("list")

    async def until(self, wanted: str) -> list[str]:
        seen: list[str] = []
        async with asyncio.timeout(SOON):
            while wanted not in seen:
                seen.append(await self.queue.get())
        return seen


async def subscribe(client: Client, uri: str) -> None:
    with pytest.warns(MCPDeprecationWarning):
        await client.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] — the older era's way


async def unsubscribe(client: Client, uri: str) -> None:
    with pytest.warns(MCPDeprecationWarning):
        await client.unsubscribe_resource(uri)  # pyright: ignore[reportDeprecated] — as above


async def test_an_older_client_hears_of_what_it_subscribed_to(
    server: Server, elsewhere: Core, alice: Caller
) -> None:
    heard = Heard()
    async with Client(server, mode="legacy", message_handler=heard) as client:
        await subscribe(client, "claudetask://tasks/1")
        await subscribe(client, "claudetask://agents")
        await elsewhere.tasks.create(TaskCreate(title="Work"), alice)
        assert await heard.until("list") == ["claudetask://tasks/1", "list"]
        await elsewhere.tasks.update(1, TaskUpdate(note="n"), alice)
        assert await heard.until("claudetask://tasks/1") == ["claudetask://tasks/1"]
        await unsubscribe(client, "claudetask://tasks/1")
        await unsubscribe(client, "claudetask://never")
        await elsewhere.tasks.update(1, TaskUpdate(note="m"), alice)
        await elsewhere.tasks.delete(1, alice)
        assert await heard.until("list") == ["list"]


async def test_a_newer_client_hears_of_what_it_listens_to(
    server: Server, elsewhere: Core, alice: Caller
) -> None:
    wanted = ["claudetask://tasks", "claudetask://resume"]
    async with (
        asyncio.timeout(SOON),
        Client(server) as client,
        client.listen(resources_list_changed=True, resource_subscriptions=wanted) as stream,
    ):
        await elsewhere.tasks.create(TaskCreate(title="Work"), alice)
        seen: list[object] = []
        while ResourcesListChanged() not in seen:
            seen.append(await anext(stream))
    assert seen == [*(ResourceUpdated(uri=uri) for uri in wanted), ResourcesListChanged()]


async def test_a_client_hears_of_its_own_changes_and_of_files(server: Server) -> None:
    heard = Heard()
    async with Client(server, mode="legacy", message_handler=heard) as client:
        await subscribe(client, "claudetask://claude-md")
        await answer(client, "update_claude_md", content="# Rules\n")
        await heard.until("claudetask://claude-md")


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        (EventType.TASK, ["tasks", "tasks/7", "project", "resume"]),
        (EventType.AGENT, ["agents", "agents/7"]),
        (EventType.CLAUDE_MD, ["claude-md", "project"]),
        (EventType.PROJECT, ["project", "claude-md", "agents"]),
        (EventType.JOB, ["project", "jobs/7"]),
        (EventType.INDEX, ["project"]),
    ],
)
def test_every_kind_of_event_changes_its_resources(kind: EventType, ends: list[str]) -> None:
    event = Event(seq=1, type=kind, action="updated", id="7", actor="a", at=START, version=None)
    assert changed_resources(event) == [f"claudetask://{end}" for end in ends]


def test_an_agent_is_told_of_by_every_address_that_clients_write_for_it() -> None:
    event = Event(
        seq=1,
        type=EventType.AGENT,
        action="updated",
        id="pr\u00fcfer a/b!",
        actor="a",
        at=START,
        version=None,
    )
    assert changed_resources(event) == [
        "claudetask://agents",
        "claudetask://agents/pr\u00fcfer a/b!",
        "claudetask://agents/pr%C3%BCfer%20a%2Fb%21",
        "claudetask://agents/pr%C3%BCfer%20a%2Fb!",
    ]


async def test_a_locked_board_is_watched_again_from_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "GATHER_SECONDS", 0.001)
    asked: list[int] = []

    @asynccontextmanager
    async def nothing() -> AsyncGenerator[None]:
        yield

    async def watch(seq: int) -> AsyncGenerator[Event]:
        asked.append(seq)
        if len(asked) == 1:
            yield Event(
                seq=5, type=EventType.JOB, action="x", id="1", actor="a", at=START, version=None
            )
            raise Unavailable("locked")
        done.set()
        await asyncio.Event().wait()

    done = asyncio.Event()
    core: Any = SimpleNamespace(events=SimpleNamespace(watch=watch))
    following = asyncio.create_task(Subscribers().follow(core, 3))
    await asyncio.wait_for(done.wait(), SOON)
    following.cancel()
    assert asked == [3, 5]


async def test_only_so_many_older_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_CLIENTS", 2)
    told: list[str] = []

    async def opened() -> None:
        """The board is open already."""

    def client(name: str) -> Any:
        async def send(uri: str) -> None:
            told.append(f"{name} {uri}")

        async def listed() -> None:
            told.append(f"{name} list")

        session = SimpleNamespace(
            send_resource_updated=send,
            send_resource_list_changed=listed,
            _connection=SimpleNamespace(exit_stack=AsyncExitStack()),
        )
        request = SimpleNamespace(headers={"mcp-session-id": name})
        return SimpleNamespace(
            session=session,
            request=request,
            lifespan_context=SimpleNamespace(run="r", lazy=SimpleNamespace(get=opened)),
        )

    subscribers = Subscribers()
    for name in ("a", "b", "c"):
        subscribers.greet(client(name))
        await subscribers.subscribe(client(name), SubscribeRequestParams(uri="u"))
    await subscribers.tell_older_clients(["u", "v"], listed=True)
    assert told == ["b u", "b list", "c u", "c list"]
    subscribers.leave("r")
    await subscribers.tell_older_clients(["u"], listed=True)
    assert len(told) == 4
