"""The index of trigrams of SQLite, and the tasks that it does not know as they are, as statements.

Triggers note in `tasks_grams_due` which tasks were written and what the index still says of them.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, String, column, select, table

from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching.text_index import Rows

GRAMS: Final = table("tasks_grams", column("rowid", Integer), column("tasks_grams", String))
DUE: Final = table("tasks_grams_due", column("id", Integer), column("said", String))


def named(asked: ColumnElement[str]) -> ColumnElement[Any]:
    """Whether the index says that a row of it holds what is asked, in its own syntax."""
    return GRAMS.c.tasks_grams.op("MATCH")(asked)


def quoted(phrase: str) -> str:
    """A text of three characters or more in the syntax of the index, as it is."""
    return '"' + phrase.replace('"', '""') + '"'


def written(holds: ColumnElement[bool]) -> Rows:
    """Those that hold it among the tasks that the index does not know as they are."""
    return select(TaskRow.id).where(TaskRow.id.in_(select(DUE.c.id)), holds)
