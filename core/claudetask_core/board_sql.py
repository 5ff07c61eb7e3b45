"""Which task is next, and why, as plain SQL that any driver can run.

A hook asks for the resume text at every start of a session, where importing the ORM alone would be
most of the time; so these questions have one definition here, for the hook and for the services.
`ask` runs a statement and answers its rows; `now` is a moment in whatever form the driver takes,
and where a statement has `:latest`, `ask` itself adds the moment that is `CREDIBLE` seconds later.

Free are the unblocked tasks in the columns that are offered (Ready and Backlog) that nobody holds,
and those abandoned in progress (their claim ran out or was released), but no parent of open
subtasks. Order: priority, then abandoned before Ready before Backlog, then how many open tasks
wait for it, then age.
"""

from __future__ import annotations

from claudetask_core.printable import printable

TYPE_CHECKING = False  # importing typing costs a hook a tenth of its time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Ask = Callable[[str, dict[str, Any]], Sequence[Sequence[Any]]]

REASON = 400
SHOWN_NAME = 40
SHOWN_BEFORE = 3
LONGEST_LEASE = 7 * 24 * 3600
CREDIBLE = LONGEST_LEASE + 24 * 3600
"""A claim that lasts longer than this many seconds from now was made by a clock that was wrong."""
PRIORITIES = ("High", "Medium", "Low")

_DONE = "(SELECT name FROM statuses WHERE kind = 'done')"
RUNS = "(t.claim_expires_at > :now AND t.claim_expires_at <= :latest)"
_HELD = f"(t.claimed_by IS NOT NULL AND {RUNS})"
_BLOCKED = f"""EXISTS (SELECT 1 FROM dependencies AS d JOIN tasks AS o ON o.id = d.depends_on_id
    WHERE d.task_id = t.id AND o.status <> {_DONE})"""  # noqa: S608 — text of ours alone
_PARENT = f"EXISTS (SELECT 1 FROM tasks AS o WHERE o.parent_id = t.id AND o.status <> {_DONE})"  # noqa: S608 — as above
_FREE = f"NOT {_HELD} AND NOT {_BLOCKED} AND NOT {_PARENT}"
_OFFERED = "(s.offered OR s.kind = 'doing')"
_UNBLOCKS = f"""(SELECT count(*) FROM dependencies AS d JOIN tasks AS o ON o.id = d.task_id
    WHERE d.depends_on_id = t.id AND o.status <> {_DONE})"""  # noqa: S608 — text of ours alone
_DOING_FIRST = "CASE s.kind WHEN 'doing' THEN 0 ELSE 1 END, s.position DESC"

OFFERED = f"SELECT s.name FROM statuses AS s WHERE {_OFFERED} ORDER BY {_DOING_FIRST}"  # noqa: S608 — as above
_GROUP = "t.status = :status AND t.priority = :priority"
FIRST = (
    f"SELECT t.id FROM tasks AS t WHERE {_GROUP} AND {_FREE} ORDER BY t.created_at, t.id LIMIT 1"  # noqa: S608 — as above
)
EARLIEST = f"SELECT t.id FROM tasks AS t WHERE {_GROUP} ORDER BY t.created_at, t.id LIMIT 3"  # noqa: S608 — as above
_WAITED_FOR = f"""SELECT t.id, {_UNBLOCKS} AS unblocks FROM tasks AS t
    WHERE {_GROUP} AND EXISTS (SELECT 1 FROM dependencies AS d JOIN tasks AS o ON o.id = d.task_id
        WHERE d.depends_on_id = t.id AND o.status <> {_DONE}) {{which}}
    ORDER BY unblocks DESC, t.created_at, t.id LIMIT 3"""  # noqa: S608 — as above
WAITED_FOR = _WAITED_FOR.format(which="")
FREE_WAITED_FOR = _WAITED_FOR.format(which=f"AND {_FREE}")
ROW = f"""SELECT t.id, t.title, t.priority, t.status, s.kind, t.claimed_by, {_HELD} AS held,
        t.created_at, s.position, {_UNBLOCKS} AS unblocks
    FROM tasks AS t JOIN statuses AS s ON s.name = t.status WHERE t.id = :id"""  # noqa: S608 — as above
WAITS_FOR = f"""SELECT o.id, o.status FROM dependencies AS d JOIN tasks AS o
    ON o.id = d.depends_on_id WHERE d.task_id = :id AND o.status <> {_DONE} ORDER BY o.id LIMIT 1"""  # noqa: S608 — as above
SUBTASK = f"SELECT min(o.id) FROM tasks AS o WHERE o.parent_id = :id AND o.status <> {_DONE}"  # noqa: S608 — as above
COUNTS = f"""SELECT count(CASE WHEN {_HELD} THEN 1 END),
        count(CASE WHEN NOT {_HELD} AND {_BLOCKED} THEN 1 END),
        count(CASE WHEN NOT {_HELD} AND NOT {_BLOCKED} AND {_PARENT} THEN 1 END)
    FROM tasks AS t JOIN statuses AS s ON s.name = t.status WHERE {_OFFERED}"""  # noqa: S608 — as above
COLUMNS = """SELECT s.name, s.kind, s.offered,
        (SELECT count(*) FROM tasks AS t WHERE t.status = s.name)
    FROM statuses AS s ORDER BY s.position"""


def next_free(ask: Ask, now: Any, caller: str) -> tuple[int, str, str] | tuple[None, str, str]:
    """The next free task's number, its title, and why it is that one, in words for the caller.

    Where none is free: None, nothing, and why that is.
    """
    columns = ask(OFFERED, {})
    groups = [(priority, name) for priority in PRIORITIES for (name,) in columns]
    chosen, at = _first(ask, groups, now)
    if chosen is None:
        return None, "", clipped(f"No task is free: {_why_none(ask, now, caller)}.", REASON)
    (row,) = ask(ROW, {"id": chosen, "now": now})
    before = _before(ask, row, groups[: at + 1], now, caller)
    reason = _why(row, caller)
    return row[0], row[1], clipped(f"{reason}. Before it: {before}" if before else reason, REASON)


def _first(ask: Ask, groups: Sequence[tuple[str, str]], now: Any) -> tuple[int | None, int]:
    """The first free task and which group of one priority and column it is in.

    In its group, what others wait for is before all that none waits for; so there are two that can
    be the first, and each is found without a look at the rest of the board.
    """
    for at, (priority, status) in enumerate(groups):
        group = {"status": status, "priority": priority, "now": now}
        found = ask(FREE_WAITED_FOR, group) or ask(FIRST, group)
        if found:
            return found[0][0], at
    return None, 0


def _named(holder: str, caller: str) -> str:
    return "you" if holder == caller else clipped(holder, SHOWN_NAME)


def _why(row: Sequence[Any], caller: str) -> str:
    """The choice in a phrase."""
    _, _, priority, status, kind, former, *_, unblocks = row
    parts = [f"{priority} priority"]
    if kind == "doing":
        parts.append("left in progress" + (f" by {_named(former, caller)}" if former else ""))
    else:
        parts.append(f"in {status}")
    if unblocks:
        parts.append("1 other waits for it" if unblocks == 1 else f"{unblocks} others wait for it")
    return ", ".join(parts)


def _before(
    ask: Ask, chosen: Sequence[Any], groups: Sequence[tuple[str, str]], now: Any, caller: str
) -> str:
    """What holds back the first three that would have been chosen otherwise.

    Args:
        ask: Asks the board.
        chosen: The row of the task that is next; all that is before it is not free.
        groups: Those up to its own.
        now: The present moment.
        caller: Who asks.
    """
    ahead: list[Sequence[Any]] = []
    for priority, status in groups:
        group = {"status": status, "priority": priority}
        found = [*ask(WAITED_FOR, group), *ask(EARLIEST, group)]
        rows = [ask(ROW, {"id": n, "now": now})[0] for n in {row[0] for row in found}]
        ahead += sorted((row for row in rows if _place(row) < _place(chosen)), key=_place)
        if len(ahead) >= SHOWN_BEFORE:
            break
    return "; ".join(f"#{row[0]} {_obstacle(ask, row, caller)}" for row in ahead[:SHOWN_BEFORE])


def _place(row: Sequence[Any]) -> tuple[Any, ...]:
    """What the order of the rows compares."""
    task_id, _, priority, _, kind, _, _, created_at, position, unblocks = row
    return (
        PRIORITIES.index(priority),
        kind != "doing",
        -position,
        -unblocks,
        created_at,
        task_id,
    )


def _obstacle(ask: Ask, row: Sequence[Any], caller: str) -> str:
    task_id, holder, held = row[0], row[5], row[6]
    if held:
        return f"is held by {_named(holder, caller)}"
    waits = ask(WAITS_FOR, {"id": task_id})
    if waits:
        return f"waits for #{waits[0][0]} ({waits[0][1]})"
    return f"has the open subtask #{ask(SUBTASK, {'id': task_id})[0][0]}"


def _why_none(ask: Ask, now: Any, caller: str) -> str:
    """What became of the tasks that might have been offered, and the first three by number."""
    columns = ask(COLUMNS, {})
    if not any(count for *_, count in columns):
        return "the board is empty; create a task with create_task"
    held, blocked, parents = ask(COUNTS, {"now": now})[0]
    elsewhere = [
        (name, n) for name, kind, offered, n in columns if not offered and kind not in _TOLD
    ]
    finished, done = next((name, count) for name, kind, _, count in columns if kind == "done")
    others = sum(count for _, count in elsewhere)
    phrases = [
        f"{held} claimed" if held else "",
        f"{blocked} waiting for dependencies" if blocked else "",
        f"{parents} waiting for subtasks" if parents else "",
        f"{others} in {_or([name for name, _ in elsewhere])}" if others else "",
        f"{done} {finished}" if done else "",
    ]
    counted = ", ".join(phrase for phrase in phrases if phrase)
    in_the_way = _in_the_way(ask, columns, now, caller)
    return f"{counted}. In the way: {in_the_way}" if in_the_way else counted


def _in_the_way(ask: Ask, columns: Sequence[Any], now: Any, caller: str) -> str:
    """The three most urgent that are not done, each with why it cannot be taken."""
    open_ones = [(name, n) for name, kind, _, n in reversed(columns) if kind != "done"]
    offered = {name for (name,) in ask(OFFERED, {})}
    order = sorted(open_ones, key=lambda column: column[0] not in offered)
    told: list[str] = []
    for priority in PRIORITIES:
        for name in (name for name, n in order if n):
            for (number,) in ask(EARLIEST, {"status": name, "priority": priority}):
                (row,) = ask(ROW, {"id": number, "now": now})
                why = _obstacle(ask, row, caller) if name in offered else f"is in {name}"
                told.append(f"#{number} {why}")
                if len(told) == SHOWN_BEFORE:
                    return "; ".join(told)
    return "; ".join(told)


_TOLD = ("doing", "done")


def _or(names: list[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def clipped(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters long."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
