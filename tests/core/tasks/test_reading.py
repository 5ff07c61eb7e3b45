"""Tasks that are only read are whole, and cost few questions to the database."""

from sqlalchemy import text

from claudetask_core.core import Core
from claudetask_core.schemas.task import Page, StatusChange, TaskCreate, TaskFilter, TaskUpdate
from claudetask_core.schemas.workflow import Status
from claudetask_core.services.tasks.claims import Caller
from tests.support import questions

ODD = [
    '"quoted" and \\ back',
    "line\nand\ttab",
    "\x01\x1f\u2028.",
    "ä 日本 \U0001f600",
    "[]",
    "null",
]
FILES = ["z.py", "a.py", 'm"x\\.py']


async def full(core: Core, alice: Caller) -> int:
    """A task on which all kinds of rows hang, in an order of their own."""
    first = [(await core.tasks.create(TaskCreate(title=f"one {n}"), alice)).task.id for n in "ab"]
    made = await core.tasks.create(
        TaskCreate.model_validate(
            {
                "title": "whole",
                "acceptance_criteria": ODD,
                "depends_on": first[::-1],
                "related_files": FILES,
            }
        ),
        alice,
    )
    return made.task.id


async def test_a_task_is_read_as_it_was_written(core: Core, alice: Caller) -> None:
    number = await full(core, alice)
    written = await core.tasks.update(number, TaskUpdate(check={2: ODD[3], 5: ODD[0]}), alice)

    read = await core.tasks.get(number)

    assert read == written
    assert [one.text for one in read.acceptance_criteria] == ODD
    assert [one.evidence for one in read.acceptance_criteria if one.checked] == [ODD[3], ODD[0]]
    assert read.depends_on == sorted(read.depends_on)
    assert read.related_files == FILES
    assert (await core.tasks.find(TaskFilter(), Page())).tasks[-1] == read


async def test_what_hangs_on_a_task_stands_in_the_order_it_was_given(
    core: Core, alice: Caller
) -> None:
    number = await full(core, alice)
    turned = [{"id": n, "text": ODD[n - 1]} for n in (6, 1, 3, 2)]
    await core.tasks.update(
        number,
        TaskUpdate.model_validate({"acceptance_criteria": turned, "related_files": FILES[::-1]}),
        alice,
    )

    read = await core.tasks.get(number)

    assert [one.id for one in read.acceptance_criteria] == [6, 1, 3, 2]
    assert read.related_files == FILES[::-1]


async def test_a_task_is_one_question_and_a_page_two(core: Core, alice: Caller) -> None:
    number = await full(core, alice)
    await core.tasks.find(TaskFilter(), Page())

    with questions(core) as of_task:
        await core.tasks.get(number)
    with questions(core) as of_page:
        await core.tasks.find(TaskFilter(), Page())

    assert (len(of_task), len(of_page)) == (1, 2)


async def test_a_write_asks_only_for_what_hangs_on_its_task(core: Core, alice: Caller) -> None:
    bare = (await core.tasks.create(TaskCreate(title="bare"), alice)).task.id
    whole = await full(core, alice)
    change = StatusChange(status=Status("Ready"))

    with questions(core) as of_bare:
        await core.tasks.move(bare, change, alice)
    with questions(core) as of_whole:
        await core.tasks.move(whole, change, alice)

    assert len(of_whole) - len(of_bare) == 4
    assert sum("FROM criteria" in one and "EXISTS" not in one for one in of_bare) == 0


async def test_a_row_that_was_written_without_a_place_is_read_too(
    core: Core, alice: Caller
) -> None:
    number = await full(core, alice)
    async with core.database.write() as session:
        await session.execute(text("UPDATE criteria SET position = 0"))

    assert len((await core.tasks.get(number)).acceptance_criteria) == len(ODD)
