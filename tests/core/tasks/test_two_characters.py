"""Texts of two characters: asked of the index, where it has not too many threes that begin so."""

from collections.abc import Iterable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from claudetask_core.core import Core
from claudetask_core.db.models import TaskRow
from claudetask_core.schemas.task import Page, TaskCreate, TaskFilter, TaskUpdate
from claudetask_core.services.matching import text_index_sqlite
from claudetask_core.services.matching.text_index import TEXTS, lowered
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks.claims import Caller
from tests.core.tasks.sets import KNOW_FEW

pytestmark = pytest.mark.embedded(reason="in PostgreSQL its own index answers")

WRITTEN = [
    ("ab", ""),
    ("XAB", "c"),
    ("xa", "bx"),
    ('say "a" OR b', "NOT c"),
    ("a*b", "(a) AND ^a"),
    ("a_b%", "a%b_"),
    ("日本語", "本"),
    ("x🎉y🎉", "🎉🎉"),
    ("the end th", "th\ne"),
    ("thé É", "É"),
    ("ab ba", "abab"),
]


@pytest.fixture
async def board(core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> Core:
    """A board on which every text is one that many tasks hold; two were written since."""
    for module in KNOW_FEW:
        monkeypatch.setattr(module, "FEW", 0)
    for title, description in WRITTEN:
        await core.tasks.create(TaskCreate(title=title, description=description), alice)
    async with core.database.write() as session:
        await text_index(session).make_anew(session)
    await core.tasks.update(1, TaskUpdate(title="zz th"), alice)
    await core.tasks.create(TaskCreate(title="ab", description="th"), alice)
    return core


async def held(core: Core) -> dict[int, tuple[str, str]]:
    tasks = (await core.tasks.find(TaskFilter(), Page())).tasks
    return {task.id: (task.title, task.description) for task in tasks}


def pairs(texts: Iterable[str]) -> set[str]:
    """All two characters in a row, and as many that are in none."""
    found = {text[at : at + 2] for text in texts for at in range(len(text) - 1)}
    listed = {pair for pair in found if pair.strip() == pair}
    return {*listed, *(pair[::-1] for pair in listed), *(pair.upper() for pair in listed)}


async def test_two_characters_are_found_wherever_they_stand_and_nowhere_else(board: Core) -> None:
    texts = await held(board)
    asked = pairs(part for both in texts.values() for part in both)
    assert {"ab", 'a"', "a*", "_b", "%b", "🎉🎉", "本語", "th", "TH", "ba"} <= asked
    for pair in asked:
        holding = [
            number
            for number, both in texts.items()
            if any(lowered(pair) in lowered(part) for part in both)
        ]
        found = await board.tasks.find(TaskFilter(q=pair), Page())
        assert ([task.id for task in found.tasks], found.total) == (holding, len(holding)), pair


@pytest.mark.parametrize("columns", [TEXTS, (TaskRow.title,)])
async def test_no_task_is_looked_at_that_the_index_does_not_name(
    board: Core, columns: tuple[InstrumentedAttribute[str], ...]
) -> None:
    async with board.database.read() as session:
        for pair in ("ab", "AB", "th", "🎉y", 'a"'):
            holding = await text_index(session).holding(session, pair, columns)
            assert not holding.each
            assert (holding.phrase is None) == (len(columns) == 1)
            looked = set(await session.scalars(select(holding.every().subquery())))
            each = {
                number
                for number, both in (await held(board)).items()
                if any(lowered(pair) in lowered(part) for part in both[: len(columns)])
            }
            assert looked == each, pair


async def test_where_there_are_too_many_threes_every_task_is_looked_at(
    board: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (await board.tasks.find(TaskFilter(q="ab"), Page())).tasks
    monkeypatch.setattr(text_index_sqlite, "MOST_TERMS", 1)
    async with board.database.read() as session:
        assert (await text_index(session).holding(session, "ab")).each
        assert not (await text_index(session).holding(session, "日本")).each
    assert (await board.tasks.find(TaskFilter(q="ab"), Page())).tasks == before
