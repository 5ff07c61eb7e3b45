"""Server-sent events: what happens on the board, as it happens.

A plain streaming response, not sse-starlette: that library ends its streams by replacing a method
of uvicorn's server for the whole process, while here the entry point says when to end them.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from claudetask_core.errors import Unavailable
from claudetask_core.schemas.event import Event
from claudetask_core.services.events import EventService

log = logging.getLogger(__name__)

PING_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
AHEAD = 100
"""Events that wait for a slow client; more stay on the board until it has taken these."""


class EventStream(StreamingResponse):
    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes]) -> None:
        self._frames = frames
        super().__init__(frames, headers={"X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._frames):
            await super().__call__(scope, receive, send)


class Streams:
    """The streams that are open, so that they can be ended."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[None]] = set()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the server is ending."""
        return self._ended

    async def frames(self, events: EventService, after: int | None) -> AsyncGenerator[bytes]:
        """Events as they come, pings in between, until `end` is called."""
        sending, receiving = anyio.create_memory_object_stream[bytes](AHEAD)
        # A task of its own: whoever reads the board is not cancelled by a ping that is due.
        reading = asyncio.create_task(_read(events, after, sending))
        reading.add_done_callback(lambda _: sending.close())  # also where it never began
        self._open.add(reading)
        if self._ended:
            reading.cancel()
        try:
            yield f": connected\nretry: {RETRY_MILLISECONDS}\n\n".encode()
            while True:
                frame = b": ping\n\n"
                with anyio.move_on_after(PING_SECONDS):
                    frame = await receiving.receive()
                yield frame
        except anyio.EndOfStream:
            return
        finally:
            reading.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({reading})
            receiving.close()
            self._open.discard(reading)

    def end(self) -> None:
        """Ends all streams, those that are opened later too; call it on the event loop."""
        self._ended = True
        for reading in self._open:
            reading.cancel()


def end_streams(app: FastAPI) -> None:
    """Ends the app's event streams, so that a server that waits for its clients can stop.

    A server calls this on its event loop when it is asked to end, before it waits.
    """
    streams: Streams = app.state.streams
    streams.end()


async def _read(
    events: EventService, after: int | None, sending: MemoryObjectSendStream[bytes]
) -> None:
    async with aclosing(events.watch(after, one_board=True)) as watched:
        try:
            async for event in watched:
                await sending.send(_frame(event))
        except Unavailable as error:  # the client comes again, with the last id it has
            log.warning("an event stream ended early: %s", error.code)


def _frame(event: Event) -> bytes:
    data = event.model_dump_json(exclude={"seq"})
    return f"id: {event.seq}\nevent: {event.type}\ndata: {data}\n\n".encode()
