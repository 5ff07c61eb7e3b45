"""The same questions to boards of different sizes, in time of the processor."""

import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from bench.loading import boards
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.db.known_sets import TEXT
from claudetask_core.schemas.task import (
    Page,
    Priority,
    Status,
    StatusChange,
    TaskCreate,
    TaskFilter,
    TaskSort,
    TaskType,
    TaskUpdate,
)
from claudetask_core.services.matching import sets_recalled
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.warming import Warming

Step = Callable[[int], Awaitable[object]]
AFTER_A_WRITE = "text, again after a write"
"""Each question of it comes after a write, whose time is not the question's."""
FIRST = ", first"
"""Before each question that is called so, what was found counts for nothing any more, and
another text is asked for: then what the filter lets through is known."""
FIRST_OF_ALL = ", first of all"
"""The same without the other text."""
ONCE_IDLE = ", first once idle"
"""The server was idle before them for as long as it looks for what may be asked; nobody asked for
that text before."""
STARTED = ", first after a start"
"""The same, and each comes first to a server that has just started."""
LONG = 6
"""Of so many characters and more a word is long."""
FORGOTTEN = {
    "sqlite": text("UPDATE tasks_changed SET mark = random()"),
    "postgresql": text("UPDATE tasks_changed_since SET mark = gen_random_uuid()"),
}
OF_WORDS = ("similar", "create")
"""What asks for the words of tasks, which a board in a server is filled without."""
SIZES = [100, 1_000, 10_000, 100_000, 1_000_000]
REFERENCE = 1_000


def lists(core: Core, count: int) -> dict[str, Step]:
    """Pages of 50: the first, the last, each order, each filter, and parts of words.

    Each text fills a page on the smaller boards too, from 1,000 on: two hits here and fifty there
    would be unequal work.
    """

    said = boards.vocabulary().__getitem__

    def asked(wanted: TaskFilter, page: Page) -> Step:
        return lambda _: core.tasks.find(wanted, page)

    def held(text: Callable[[int], str]) -> Step:
        return lambda n: core.tasks.find(TaskFilter(q=text(n)), Page(limit=50))

    def third(number: int) -> str:
        """A word that a third of the tasks hold."""
        return said(number % 10)

    def tenth(number: int) -> str:
        """A word that one task in ten holds."""
        return said(40 + number % 20)

    def part(number: int) -> str:
        """Most of a long word that is as frequent, and no word."""
        long = [word for word in boards.vocabulary()[:20] if len(word) >= LONG]
        return long[number % len(long)][1:-1]

    orders = [order for order in TaskSort if order is not TaskSort.ID]
    done = TaskFilter(status=Status("Done"))
    both = TaskFilter(status=Status("Ready"), priority=Priority.HIGH)
    return {
        "list of 50": asked(TaskFilter(), Page(limit=50)),
        "after the cursor of the last": asked(
            TaskFilter(), Page(limit=50, after_id=max(count - 50, 0))
        ),
        "last page": asked(TaskFilter(), Page(limit=50, offset=max(count - 50, 0))),
        **{f"sort={order}": asked(TaskFilter(), Page(limit=50, sort=order)) for order in orders},
        "status": asked(TaskFilter(status=Status("Testing")), Page(limit=50)),
        "type": asked(TaskFilter(type=TaskType.BUG), Page(limit=50)),
        "priority": asked(TaskFilter(priority=Priority.HIGH), Page(limit=50)),
        "status and priority": asked(both, Page(limit=50)),
        "status, sort=title": asked(done, Page(limit=50, sort=TaskSort.TITLE)),
        "text, a word of 80 tasks": held(lambda n: said(boards.rank(count, 80) + n % 10)),
        "text, a word": held(tenth),
        "text, a word" + STARTED: held(tenth),
        "text, a part of a word": held(lambda n: said(n * 37 + 100)[1:4]),
        "text, a frequent word" + FIRST: held(third),
        "text, a frequent word" + ONCE_IDLE: held(third),
        "text, a frequent word" + STARTED: held(third),
        "text, a part of a frequent word" + FIRST: held(part),
        "text, a part of a frequent word" + ONCE_IDLE: held(part),
        "text, a part of a frequent word" + STARTED: held(part),
        "text, a part of a frequent word again": held(lambda _: part(0)),
        "text, a frequent word again": held(lambda _: third(0)),
        AFTER_A_WRITE: held(lambda _: third(0)),
        **dict.fromkeys(
            ("text, two words" + first for first in (FIRST, ONCE_IDLE, STARTED)),
            held(lambda n: f"{third(n)} {'tps'[n % 3]}"),
        ),
        "text, two words again": held(lambda _: f"{third(0)} t"),
        "text, two letters" + ONCE_IDLE: held(lambda n: "aeiou"[n % 5] + "nrs"[n % 3]),
        "text, two characters": held(lambda n: f"{n % 10}x"),
        "text, two characters again": held(lambda _: "0x"),
    }


def beside(core: Core) -> dict[str, Step]:
    """Lists by a frequent word and a filter, or in an order that needs to know of all columns.

    Each is asked a second time, and the first time of a server that knows nothing, or what the
    filter lets through, or was idle.
    """
    said = boards.vocabulary().__getitem__
    done, bug, by_status = Status("Done"), TaskType.BUG, Page(limit=50, sort=TaskSort.STATUS)
    found: dict[str, Step] = {}
    for label, status, kind, page in (
        ("status", done, None, Page(limit=50)),
        ("type", None, bug, Page(limit=50)),
        ("sort=status", None, None, by_status),
        ("status, sort=title", done, None, Page(limit=50, sort=TaskSort.TITLE)),
    ):

        def asked(
            number: int,
            status: Status | None = status,
            kind: TaskType | None = kind,
            page: Page = page,
        ) -> Awaitable[object]:
            wanted = TaskFilter(q=said(number % 10), status=status, type=kind)
            return core.tasks.find(wanted, page)

        name = f"text, a frequent word, {label}"
        firsts = (FIRST_OF_ALL, FIRST, ONCE_IDLE, STARTED)
        found |= {name + first: asked for first in firsts}
        found[f"{name} again"] = lambda _, asked=asked: asked(0)
    return found


def questions(core: Core, count: int) -> dict[str, Step]:
    me = Caller("bench")
    said = boards.vocabulary().__getitem__

    async def move(number: int) -> None:
        status = Status(("Backlog", "Ready")[number % 2])
        change = StatusChange(status=status, force_reason="measuring")
        await core.tasks.move(count // 2 + number // 2, change, me)

    return {
        **lists(core, count),
        **beside(core),
        "next": lambda _: core.queue.next(me),
        "similar": lambda n: core.similar.find(f"{said(n * 5)} {said(n * 31)} {said(n * 101)}"),
        "get": lambda n: core.tasks.get(n * 7 % count + 1),
        "counts": lambda _: core.tasks.counts(),
        "create": lambda n: core.tasks.create(
            TaskCreate(title=f"{said(n)} {said(n * 3)} new", description=f"{said(5)} {said(77)}"),
            me,
        ),
        "move": move,
        "resume": lambda _: core.resume.text(me),
    }


@asynccontextmanager
async def answering(core: Core, label: str) -> AsyncGenerator[Core]:
    """Who is to be asked: where it says so, another server, which was asked for a plain list."""
    if not label.endswith(STARTED):
        yield core
        return
    await core.warming.close()
    settings = core.settings
    async with open_core(settings, start=core.places.root, home=None) as other:
        await other.tasks.find(TaskFilter(), Page(limit=50))
        yield other


async def questioned(core: Core, count: int, calls: int) -> dict[str, float]:
    """How long each question takes on a board of so many tasks."""
    taken: dict[str, float] = {}
    clock = time.perf_counter if core.database.backend.shared else time.process_time
    for label, step in questions(core, count).items():
        if core.database.backend.shared and label in OF_WORDS:
            continue
        figures: list[float] = []
        for number in range(calls):
            await prepared(core, count, label, number, step)
            async with answering(core, label) as asked:
                step = questions(asked, count)[label]  # noqa: PLW2901 — the same of another server
                figures.append(await worked(step, number, clock))
        taken[label] = quartile(figures)
    return taken


async def prepared(core: Core, count: int, label: str, number: int, step: Step) -> None:
    """What comes before a question, and is not measured."""
    said = boards.vocabulary().__getitem__
    if label == AFTER_A_WRITE:
        title = f"{said(number)} instead of {said(0)}"
        await core.tasks.update(count - number, TaskUpdate(title=title), Caller("bench"))
    idle = label.endswith((ONCE_IDLE, STARTED)) and not number
    if idle or label.endswith((FIRST, FIRST_OF_ALL)):
        async with core.database.write() as session:
            await session.execute(FORGOTTEN[core.database.url.get_backend_name()])
    if idle:
        await Warming(core.database, pauses=0).look()
    if label.endswith((ONCE_IDLE, STARTED)):
        await forget_texts(core)
    if label.endswith(FIRST):
        await step(number + 1)


async def forget_texts(core: Core) -> None:
    """Has nothing known of the texts that were asked for, in this server or from its file."""
    known = core.database.backend.known_sets()
    for thing, _ in known.all():
        if thing[0] == TEXT:
            known.forget(thing)
    known.news = True
    await sets_recalled.keep(known)


async def worked(step: Step, number: int, clock: Callable[[], float]) -> float:
    """How long it took, on a file of the processor's time, by whatever thread.

    Others on the machine count less then; what a server does is its own processes' time.
    """
    began = clock()
    await step(number)
    return (clock() - began) * 1e3


def quartile(values: list[float]) -> float:
    """The lower one: what else the machine does disturbs it least."""
    return statistics.quantiles(values, n=4)[0]


async def sizes(wanted: list[int], calls: int, database: str | None) -> None:
    taken: dict[int, dict[str, float]] = {}
    for size in wanted:
        with tempfile.TemporaryDirectory() as name:
            settings = Settings(index_watch=False, backup_keep=0, database_url=database)
            await boards.make(Path(name), size, settings)
            async with open_core(settings, start=Path(name), home=None) as core:
                await core.warming.close()  # it begins where a row says so
                taken[size] = await questioned(core, size, calls)
            if database is not None:
                await boards.clear(database)
        print(f"{size} tasks measured", flush=True)
    print(f"{'ms (ratio to 1,000)':46}" + "".join(f"{size:>18,}" for size in taken))
    for label in taken[REFERENCE]:
        base = taken[REFERENCE][label]
        figures = (f"{row[label]:10.2f} ({row[label] / base:5.1f})" for row in taken.values())
        print(f"{label:46}" + "".join(f"{figure:>18}" for figure in figures))
