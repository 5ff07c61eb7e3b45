"""Where a listing goes on: after which task, and for which question.

The cursor holds the last id shown, so a task is listed once whatever others write meanwhile. It
also holds a digest of the filters: it makes no sense for another question.
"""

import base64
import binascii
import hashlib

from claudetask_core.errors import Invalid
from claudetask_core.schemas.task import MAX_ID, TaskFilter

DIGEST = 6
ID = 8


class CursorInvalid(Invalid):
    code = "cursor_invalid"


def make(after_id: int, wanted: TaskFilter) -> str:
    raw = after_id.to_bytes(ID) + _digest(wanted)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(cursor: str, wanted: TaskFilter) -> int:
    """The id after which the listing goes on.

    Raises:
        CursorInvalid: It is no cursor of ours, or one of another question.
    """
    raw = _decoded(cursor)
    after_id = int.from_bytes(raw[:ID])
    if len(raw) != ID + DIGEST or after_id > MAX_ID:
        raise CursorInvalid(
            "That is no cursor of list_tasks.",
            next_step="Copy the value after `next cursor:`, or leave it out to start again.",
        )
    if raw[ID:] != _digest(wanted):
        raise CursorInvalid(
            "That cursor belongs to a listing with other filters.",
            next_step="Repeat the filters it came with, or leave it out to start again.",
        )
    return after_id


def _decoded(cursor: str) -> bytes:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _digest(wanted: TaskFilter) -> bytes:
    return hashlib.sha256(wanted.model_dump_json().encode()).digest()[:DIGEST]
