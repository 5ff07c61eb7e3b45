"""Tasks that hold a text and fit a filter, by sets that are kept; for both kinds of database."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.known_sets import TEXT, Thing
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching import number_sets
from claudetask_core.services.matching.number_sets import Matching
from claudetask_core.services.matching.sets import NoSets, TaskSets
from claudetask_core.services.matching.text_index import FEW, TextIndex, lowered


class BySets(TextIndex, ABC):
    @abstractmethod
    async def sets(self, session: AsyncSession) -> TaskSets[Any]:
        """The sets as a transaction sees them."""

    @abstractmethod
    def asks_terms(self, text: str) -> bool:
        """Whether an index of terms, where there is one, finds a text sooner than this."""

    async def matching(
        self,
        session: AsyncSession,
        text: str,
        equal: Mapping[str, str],
        groups: Sequence[Thing] = (),
        enough: int = 0,
    ) -> Matching | None:
        held: Thing = (TEXT, lowered(text))
        things = list(dict.fromkeys((*equal.items(), *groups)))
        sets = await self.sets(session)
        try:
            found = await sets.known([held, *things]) if sets.has(held) else {}
            if held not in found:
                numbers = await self._found(session, sets, held[1])
                if numbers.bit_count() <= FEW:
                    return Matching(await self._fitting(session, numbers, equal))
                found = {held: numbers, **await sets.known(things)}
            return await _matching(sets, found, [held, *equal.items()], groups, enough)
        except NoSets:
            return None

    async def remember(self, session: AsyncSession, thing: Thing) -> int:
        sets = await self.sets(session)
        try:
            known = (await sets.known([thing])).get(thing)
            if known is None and thing[0] == TEXT:
                known = await self._found(session, sets, thing[1])
            elif known is None:
                known = (await sets.standing([thing]))[thing]
        except NoSets:
            return 0
        return known.__sizeof__()

    async def bring_up(self, session: AsyncSession, things: Sequence[Thing]) -> bool:
        try:
            return await (await self.sets(session)).bring_up(things)
        except NoSets:
            return False

    async def changes(self, session: AsyncSession) -> int:
        return await (await self.sets(session)).newest()

    async def now(self, session: AsyncSession) -> Any:
        try:
            return await (await self.sets(session)).now()
        except NoSets:
            return None

    async def changed(self, session: AsyncSession, at: Any) -> Sequence[int] | None:
        try:
            return await (await self.sets(session)).changed(at)
        except NoSets:
            return None

    async def _found(self, session: AsyncSession, sets: TaskSets[Any], text: str) -> int:
        """Those that hold a text."""
        if self.asks_terms(text):
            found = await sets.by_terms(text)
            if found is not None:
                return found
        return await sets.holding(text, await self.holding(session, text))

    async def _fitting(self, session: AsyncSession, few: int, equal: Mapping[str, str]) -> int:
        """Those of few tasks that fit."""
        if not equal or not few:
            return few
        ids = number_sets.some(few, 0, FEW)
        columns = {name: getattr(TaskRow, name).expression for name in equal}
        fits = (self.unindexed(columns[name]) == value for name, value in equal.items())
        fitting = select(TaskRow.id).where(self.numbered(ids), *fits)
        return number_sets.of((await self.counted(session, fitting))[1])


async def _matching(
    sets: TaskSets[Any],
    found: dict[Thing, int],
    common: Sequence[Thing],
    groups: Sequence[Thing],
    enough: int,
) -> Matching:
    """What several sets have in common, where some may have to be found yet."""
    found |= await sets.standing([thing for thing in common if thing not in found])
    numbers = found[common[0]]
    for thing in common[1:]:
        numbers &= found[thing]
    parts: list[int] = []
    for group in groups:
        if enough <= 0:
            break
        if group not in found:
            found |= await sets.standing([group])
        parts.append(found[group])
        enough -= (numbers & found[group]).bit_count()
    return Matching(numbers, parts)
