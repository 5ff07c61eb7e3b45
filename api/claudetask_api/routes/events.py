"""What happens on the board, as it happens."""

from typing import Annotated

from fastapi import Header, Query, Request
from pydantic import BeforeValidator, Field

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, only_digits
from claudetask_api.schemas import PastQuery
from claudetask_api.streams import EventStream, Streams
from claudetask_core.schemas.event import Event
from claudetask_core.schemas.task import MAX_ID

router = routing.router("/api/events", tag="events")

EventNumber = Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(only_digits)]
EXAMPLE = (
    "id: 7\nevent: task\n"
    'data: {"type":"task","action":"moved","id":"12","actor":"ann",'
    '"at":"2026-11-22T22:36:06.123456Z","version":4}\n\n'
)


@router.get(
    "",
    summary="Server-sent events",
    description="An endless stream. `event` is the type, `id` grows by every event, `data` is an "
    "Event without `seq`. A comment comes every 15 seconds where nothing happens.",
    status_code=200,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"example": EXAMPLE}}}},
)
async def stream_events(
    core: CoreDep,
    request: Request,
    last_event_id: Annotated[
        EventNumber | None,
        Header(description="What came after this event is sent first."),
    ] = None,
) -> EventStream:
    streams: Streams = request.app.state.streams
    if last_event_id is not None:
        # A number from another board's life must not silence this one's.
        last_event_id = min(last_event_id, await core.events.latest())
    return EventStream(streams.frames(core.events, last_event_id))


@router.get("/past", summary="What happened to agents, CLAUDE.md and jobs, newest first")
async def list_past_events(core: CoreDep, asked: Annotated[PastQuery, Query()]) -> list[Event]:
    return await core.events.past(asked.limit, asked.before, asked.actor)
