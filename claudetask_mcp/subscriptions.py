"""Tells clients what changed, whoever changed it: both protocol eras, every process.

Since 2026-07-28 a client listens on a stream of its own, which the SDK serves from a bus. Before,
it subscribed to single resources, which `MCPServer` does not offer; those are kept here.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp.server import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
)
from mcp.types import (
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.event import Event, EventType
from claudetask_mcp.app import SESSION_HEADER, App

if TYPE_CHECKING:
    from claudetask_core.core import Core

TASKS = "claudetask://tasks"
AGENTS = "claudetask://agents"
CLAUDE_MD = "claudetask://claude-md"
PROJECT = "claudetask://project"
JOBS = "claudetask://jobs"
RESUME = "claudetask://resume"

GATHER_SECONDS = 0.1
MAX_CLIENTS = 1000
LISTED = frozenset({"created", "deleted"})
UNRESERVED = ("", "!'()*")
"""What signs of a name clients leave as they are: by RFC 6570 none, by JavaScript these."""

Key = tuple[object, str]


def changed_resources(event: Event) -> list[str]:
    """The resources that read differently after an event."""
    match event.type:
        case EventType.TASK:
            return [TASKS, f"{TASKS}/{event.id}", PROJECT, RESUME]
        case EventType.AGENT:
            return [AGENTS, *_addresses(AGENTS, event.id)]
        case EventType.CLAUDE_MD:
            return [CLAUDE_MD, PROJECT]
        case EventType.PROJECT:
            return [PROJECT, CLAUDE_MD, AGENTS]
        case EventType.JOB:
            return [PROJECT, f"{JOBS}/{event.id}"]
        case EventType.INDEX:
            return [PROJECT]


def _addresses(above: str, name: str) -> list[str]:
    """How a client may have written the address: with the name as it is, or with escapes."""
    escaped = (quote(name, safe=unreserved) for unreserved in UNRESERVED)
    return list(dict.fromkeys(f"{above}/{written}" for written in (name, *escaped)))


def changes_the_list(event: Event) -> bool:
    """Whether there is now a task or an agent more or less to read."""
    return event.type in {EventType.TASK, EventType.AGENT} and event.action in LISTED


class Subscribers:
    """Who wants to hear of what."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self.listening = ListenHandler(self.bus)
        self._clients: dict[Key, ServerSession] = {}
        self._wanted: dict[Key, set[str]] = {}

    def greet(self, ctx: ServerRequestContext[App, Any]) -> None:
        """Notes a client of the older era, which is told when the list changes."""
        self._remember(ctx)
        while len(self._clients) > MAX_CLIENTS:
            self._forget(next(iter(self._clients)))

    def leave(self, run: object) -> None:
        """Forgets the clients of a run of the server that ended."""
        for key in [key for key in self._clients if key[0] is run]:
            self._forget(key)

    def _remember(self, ctx: ServerRequestContext[App, Any]) -> None:
        key = _key(ctx)
        if key not in self._clients:
            # the SDK has no public way to learn that a client went
            connection = ctx.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] — as said above
            connection.exit_stack.callback(self._forget, key)
        self._clients[key] = ctx.session

    def _forget(self, key: Key) -> None:
        self._clients.pop(key, None)
        self._wanted.pop(key, None)

    async def subscribe(
        self, ctx: ServerRequestContext[App, Any], params: SubscribeRequestParams
    ) -> EmptyResult:
        if _key(ctx) not in self._clients:
            self._remember(ctx)
        self._wanted.setdefault(_key(ctx), set()).add(params.uri)
        await _watched(ctx)
        return EmptyResult()

    async def listen(
        self, ctx: ServerRequestContext[App, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """A stream of the newer era, which is acknowledged at once where it wants lists alone."""
        if params.notifications.resource_subscriptions:
            await _watched(ctx)
        return await self.listening(ctx, params)

    async def unsubscribe(
        self, ctx: ServerRequestContext[App, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        self._wanted.get(_key(ctx), set()).discard(params.uri)
        return EmptyResult()

    async def follow(self, core: "Core", seq: int) -> None:
        """Passes on what happens on the board after event number `seq`, until it is cancelled."""
        gathered = _Gathered()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on(gathered))
            while True:
                with suppress(Unavailable):  # a locked board is watched again
                    async for event in core.events.watch(seq):
                        seq = event.seq
                        gathered.add(event)
                await asyncio.sleep(GATHER_SECONDS)

    async def _pass_on(self, gathered: "_Gathered") -> None:
        while True:
            uris, listed = await gathered.take()
            for uri in uris:
                await self.bus.publish(ResourceUpdated(uri=uri))
            if listed:
                await self.bus.publish(ResourcesListChanged())
            await self.tell_older_clients(uris, listed=listed)

    async def tell_older_clients(self, uris: Iterable[str], *, listed: bool) -> None:
        """Notifies the clients of the older era of what they subscribed to."""
        for key, session in list(self._clients.items()):
            wanted = self._wanted.get(key, set())
            for uri in uris:
                if uri in wanted:
                    await session.send_resource_updated(uri)
            if listed:
                await session.send_resource_list_changed()


class _Gathered:
    """Events of a short while, so that a burst of them is one notification each."""

    def __init__(self) -> None:
        self._uris: dict[str, None] = {}
        self._listed = False
        self._some = asyncio.Event()

    def add(self, event: Event) -> None:
        self._uris |= dict.fromkeys(changed_resources(event))
        self._listed = self._listed or changes_the_list(event)
        self._some.set()

    async def take(self) -> tuple[list[str], bool]:
        await self._some.wait()
        await asyncio.sleep(GATHER_SECONDS)
        taken = list(self._uris), self._listed
        self._uris, self._listed = {}, False
        self._some.clear()
        return taken


async def _watched(ctx: ServerRequestContext[App, Any]) -> None:
    """Waits until the board is watched, so that no change after the answer is missed.

    One that cannot be opened is watched once it can.
    """
    with suppress(DomainError):
        await ctx.lifespan_context.lazy.get()


def _key(ctx: ServerRequestContext[App, Any]) -> Key:
    session = ctx.request.headers.get(SESSION_HEADER, "") if ctx.request is not None else ""
    return ctx.lifespan_context.run, session
