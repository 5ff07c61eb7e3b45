"""What a server knows of which tasks match, taken from its files and put there again."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, TypeVar

from claudetask_core.db.known_sets import KnownSet, KnownSets, TermIndex, Times
from claudetask_core.services.matching import postings_file, sets_file
from claudetask_core.services.matching.postings_file import POSTINGS
from claudetask_core.services.matching.sets_file import WrittenSet, WrittenSets

log = logging.getLogger(__name__)
At = TypeVar("At")


async def recall(known: KnownSets[At], times: Times[At]) -> None:
    """Takes in what the files say, once, before anything else is known."""
    if known.times is not None:
        return
    async with known.turn:
        if known.times is not None:
            return
        if known.file is not None:
            _take_in(known, times, await asyncio.to_thread(sets_file.read, known.file))
        known.times = times


async def index(known: KnownSets[At]) -> TermIndex[At] | None:
    """The index of terms, taken from its file when it is first asked for."""
    if known.file is None or known.times is None or known.postings_read:
        return known.postings
    async with known.turn:
        if not known.postings_read:
            file = known.file.with_name(POSTINGS)
            known.postings = await asyncio.to_thread(postings_file.read, file, known.times.of)
            known.postings_read = True
    return known.postings


def _take_in(known: KnownSets[At], times: Times[At], said: WrittenSets) -> None:
    for one in said.sets:
        with suppress(ValueError):
            known.put(one.thing, KnownSet(times.of(one.at), one.numbers))
    known.whole = said.whole
    known.news = False


async def keep(known: KnownSets[Any]) -> None:
    """Has the file say what is known, where it does not yet and can be written."""
    if known.file is None or known.times is None or not known.news:
        return
    sets = [WrittenSet(of, known.times.said(one.at), one.numbers) for of, one in known.all()]
    known.news = False
    try:
        await asyncio.to_thread(sets_file.write, known.file, WrittenSets(known.whole, sets))
    except OSError as error:
        log.debug("what is known of the board could not be written: %s", error)
