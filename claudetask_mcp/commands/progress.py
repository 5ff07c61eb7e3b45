"""Waits for the index and says now and then how far it is."""

import asyncio
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from claudetask_core.schemas.search import IndexState
    from claudetask_core.services.code.search import SearchService

SECONDS = 1.0


async def complete(search: "SearchService", out: TextIO) -> "IndexState":
    """Returns when the whole tree is indexed; what takes long shows that it gets on.

    Args:
        search: Keeps the index.
        out: Gets a line each time that more is indexed than a while ago.

    Raises:
        IndexUnavailable: The index file cannot be used.
        TreeMissing: There is no folder to index.
    """
    waiting = asyncio.ensure_future(search.wait())
    said = ""
    try:
        while not (await asyncio.wait({waiting}, timeout=SECONDS))[0]:
            message = (await search.state()).message
            if message and message != said:
                out.write(f"indexing: {message}\n")
                out.flush()
                said = message
        return waiting.result()
    finally:
        waiting.cancel()
