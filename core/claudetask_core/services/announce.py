"""Telling those who watch the board, after the fact and never at its cost."""

import logging
from typing import Protocol

from claudetask_core.errors import DomainError
from claudetask_core.schemas.event import EventType

log = logging.getLogger(__name__)


class Announce(Protocol):
    """Tells the board's watchers that something changed."""

    async def __call__(self, type: EventType, action: str, id: str, actor: str) -> None:  # noqa: A002 — the names of an event's fields
        ...


async def tell(announce: Announce, kind: EventType, action: str, subject: str, actor: str) -> None:
    """Announce a change that is already on disk.

    A board that cannot be told must not turn a write that happened into a failure.
    """
    try:
        await announce(kind, action, subject, actor)
    except DomainError as error:
        log.warning("%s %s was not announced: %s", kind.value, action, error.code)
