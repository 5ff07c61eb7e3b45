"""Whatever two servers of one board may do to it, drawn by chance."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from claudetask_core.core import Core
from claudetask_core.errors import Conflict, Invalid, NotFound
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import (
    Page,
    Priority,
    SimilarTask,
    StatusChange,
    Task,
    TaskCreate,
    TaskFilter,
    TaskType,
    TaskUpdate,
)
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_core.services.board import transfer
from claudetask_core.services.similar.similar import SimilarService
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

MOST = 7
ASKED = ("login token", "refreshTokens", "leaky bucket", "export", "src/login.py", "größe 😀")
ODD = ("\\u0000", "\u2028", "\x1b[1m", '"', "\u202e", "e\u0301", "\ufeff", "%_\\")
WORDS = st.lists(
    st.sampled_from(
        [*["login", "token", "refreshTokens", "leaky", "buckets", "Größe", "😀", "exports"], *ODD]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)
TEXTS = WORDS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(1, MOST + 2)
CALLERS = st.sampled_from([Caller("ann", "/here"), Caller("bén"), Caller("cy 😀")])
FILES = st.lists(st.sampled_from(["src/login.py", "b.py", "ü/ö.py"]), max_size=3, unique=True)
CRITERIA = st.lists(TEXTS, max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": WORDS,
    "description": TEXTS,
    "analysis": st.none() | TEXTS,
    "git_branch": st.none() | st.sampled_from(["main", "fix/größe"]),
    "type": st.sampled_from(list(TaskType)),
    "priority": st.sampled_from(list(Priority)),
    "parent_id": st.none() | NUMBERS,
    "depends_on": st.lists(NUMBERS, max_size=2, unique=True),
    "acceptance_criteria": CRITERIA,
    "related_files": FILES,
    "note": TEXTS,
    "check": st.dictionaries(st.integers(1, 3), TEXTS, min_size=1, max_size=2),
}
MADE = st.fixed_dictionaries(
    {"title": WORDS},
    optional={name: FIELDS[name] for name in ("description", "type", "priority", "depends_on")}
    | {"parent_id": NUMBERS, "acceptance_criteria": CRITERIA},
)
STEP = st.one_of(
    st.tuples(st.just("create"), MADE),
    st.tuples(st.just("create"), MADE),
    st.tuples(st.just("update"), NUMBERS, st.fixed_dictionaries({}, optional=FIELDS)),
    st.tuples(st.just("update"), NUMBERS, st.fixed_dictionaries({}, optional=FIELDS)),
    st.tuples(st.just("move"), NUMBERS, st.sampled_from(DEFAULT.statuses), TEXTS),
    st.tuples(st.just("delete"), NUMBERS),
    st.tuples(st.just("next")),
    st.tuples(st.just("release"), NUMBERS),
    st.tuples(st.just("announce"), TEXTS),
    st.tuples(st.just("ask"), st.sampled_from(ASKED)),
    st.tuples(st.just("wait"), st.sampled_from([1, 1900])),
)
STEPS = st.lists(st.tuples(st.integers(0, 1), CALLERS, STEP), min_size=4, max_size=20)
"""By which server, in whose name, and what."""
Steps = list[tuple[int, Caller, tuple[Any, ...]]]


async def lines_of(core: Core) -> list[str]:
    return [line async for line in transfer.exported(core.database)]


async def play(servers: Sequence[Core], clock: HeldClock, steps: Steps) -> None:
    """Does all of it, but for what is refused."""
    for which, caller, (name, *given) in steps:
        clock.advance(0.001)
        if name == "wait":
            clock.advance(given[0])
            continue
        with suppress(Invalid, NotFound, Conflict, ValidationError):
            await _done(servers[which], caller, name, given)


async def _done(core: Core, caller: Caller, name: str, given: Sequence[Any]) -> None:
    match name:
        case "create":
            if len(await tasks_of(core)) < MOST:
                await core.tasks.create(TaskCreate.model_validate(given[0]), caller)
        case "update":
            await core.tasks.update(given[0], TaskUpdate.model_validate(given[1]), caller)
        case "move":
            said = {"status": given[1], "comment": given[2][:4000] or None, "force_reason": "so"}
            await core.tasks.move(given[0], StatusChange.model_validate(said), caller)
        case "delete":
            await core.tasks.delete(given[0], caller)
        case "next":
            await core.queue.next(caller, claim=True)
        case "release":
            await core.queue.release(given[0], caller)
        case "announce":
            await core.events.announce(EventType.AGENT, "updated", given[0], caller.name)
        case _:
            await core.similar.find(given[0])
            await core.tasks.find(TaskFilter(q=given[0]), Page())


async def tasks_of(core: Core) -> list[Task]:
    return (await core.tasks.find(TaskFilter(), Page(limit=500))).tasks


async def answers(core: Core) -> tuple[Any, ...]:
    """What a server answers to questions that it keeps something for."""
    fresh = SimilarService(core.database)  # which learns anew what is rare
    similar: list[list[SimilarTask]] = [(await fresh.find(asked)).results for asked in ASKED]
    free = await core.queue.next(Caller("dee"))
    pages = [await core.tasks.find(TaskFilter(q=asked), Page(limit=500)) for asked in ASKED]
    found = [([task.id for task in page.tasks], page.total) for page in pages]
    return similar, (free.task.id if free.task else None, free.reason), found, await tasks_of(core)
