"""Which indexes of texts and of words the board of a session has."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.services.matching.text_index import TextIndex
from claudetask_core.services.matching.text_index_postgresql import PostgresqlText
from claudetask_core.services.matching.text_index_sqlite import SqliteText
from claudetask_core.services.similar.index import WordIndex
from claudetask_core.services.similar.index_postgresql import PostgresqlWords
from claudetask_core.services.similar.index_sqlite import SqliteWords

TEXTS: Final[dict[str, TextIndex]] = {"sqlite": SqliteText(), "postgresql": PostgresqlText()}
WORDS: Final[dict[str, WordIndex]] = {"sqlite": SqliteWords(), "postgresql": PostgresqlWords()}


def text_index(session: AsyncSession) -> TextIndex:
    return TEXTS[session.get_bind().dialect.name]


def word_index(session: AsyncSession) -> WordIndex:
    return WORDS[session.get_bind().dialect.name]
