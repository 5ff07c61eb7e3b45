"""Whether the board's file is sound, what can be mended in place, and which copies there are."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import text

from claudetask_core.db import copies
from claudetask_core.db.copies import Facts
from claudetask_core.db.engine import Database
from claudetask_core.errors import DomainError
from claudetask_core.services.board.backup import Backups, BoardCopy
from claudetask_core.services.similar import similar
from claudetask_core.services.tasks import waits as task_waits


@dataclass(frozen=True)
class Kept:
    """A copy and what it holds, or what is wrong with it."""

    copy: BoardCopy
    facts: Facts | None
    problems: Sequence[str]

    @property
    def told(self) -> str:
        if self.facts is None or self.problems:
            return f"{self.copy.why}, damaged"
        return f"{self.copy.why}, {self.facts.tasks} tasks"


@dataclass(frozen=True)
class Checked:
    facts: Facts | None
    problems: Sequence[str]
    copies: Sequence[Kept]
    stuck: Sequence[str] = ()
    """Tasks that wait for each other: no damage, but nothing that can ever end."""

    @property
    def advice(self) -> str:
        """What to do about the problems."""
        if self.facts is not None and all(_of_an_index(one) for one in self.problems):
            return "Only indexes are damaged: claudetask-mcp board check --mend makes them anew."
        if any(one.facts and not one.problems for one in self.copies):
            return "Stop all servers of this project, then claudetask-mcp board restore."
        return "There is no sound copy here; look for one elsewhere: board restore FILE."


def look(backups: Backups) -> Checked:
    """Looks through the board's file and all its copies."""
    found = copies.problems(backups.file, "mode=rw")
    facts, stuck = None, []
    with suppress(DomainError):
        facts = copies.facts(backups.file, "mode=rw")
        found += copies.search_problems(backups.file)
        with copies.opened(backups.file) as board:
            stuck = task_waits.told_of(task_waits.circles(board.execute(task_waits.WAITS)))
    return Checked(facts, found, [_kept(one) for one in backups.copies()], stuck)


def _kept(copy: BoardCopy) -> Kept:
    how = copies.at_rest(copy.path)
    problems = copies.problems(copy.path, how)
    facts = None
    with suppress(DomainError):
        facts = copies.facts(copy.path, how)
    return Kept(copy, facts, problems)


def _of_an_index(problem: str) -> bool:
    return problem.startswith("the search index") or " index " in problem


async def mend(database: Database) -> None:
    """Makes all indexes anew from the rows they are made of, all or nothing."""
    async with database.write() as session:
        await session.execute(text("REINDEX"))
        await similar.index_anew(session)
