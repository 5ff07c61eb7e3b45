"""What the two kinds of database do each in its own way to find tasks by their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import WriteSession
from claudetask_core.schemas.task import Status
from claudetask_core.services.similar.question import Question
from claudetask_core.services.similar.terms import MOST_CHARACTERS

WEIGHTS: Mapping[str, float] = {
    "title": 4.0,
    "description": 1.0,
    "analysis": 0.5,
    "notes": 0.5,
    "files": 1.0,
}
"""The texts of a task, and how much a word in each tells."""


Said = Mapping[str, str]
"""The texts of a task by their names, which are those of `WEIGHTS`."""


@dataclass(frozen=True)
class Candidate:
    """A task that shares words with a question, with its texts as they are indexed."""

    id: int
    title: str
    description: str
    rest: str

    @classmethod
    def of(cls, number: int, title: str, description: str, *rest: str) -> "Candidate":
        half = MOST_CHARACTERS // 2
        return cls(number, title, description[:half], "\n".join(one[:half] for one in rest))


@dataclass(frozen=True)
class Wanted:
    """Which of the tasks that share a question's words: so many, in a column or in any.

    `created` are those whose title or description does.
    """

    most: int
    created: bool = False
    status: Status | None = None


class WordIndex(Protocol):
    """The index of the words of all tasks in one kind of database."""

    async def enter(self, session: WriteSession, tasks: Mapping[int, Said]) -> None:
        """Makes tasks findable that the index does not know; what they say by their numbers."""
        ...

    async def forget(self, session: WriteSession, task_id: int) -> None:
        """Takes a task out of the index, before it is entered anew or when it is gone."""
        ...

    async def empty(self, session: WriteSession) -> None:
        """Makes the index anew, without a task, also where it is damaged."""
        ...

    async def nearest(
        self, session: AsyncSession, question: Question, wanted: Wanted
    ) -> list[Candidate]:
        """The tasks that share the most telling words with a question, the nearest first."""
        ...
