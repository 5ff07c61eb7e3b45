"""What a session needs to go on where it, or one before it, stopped: at most 2,400 characters.

Its parts, and how much room each has at most: the caller's own claims, else those left behind in
its worktree; what others changed since the caller's last call; the next task. What is left out is
said. Plain SQL, as in `board_sql`, and for the same reason.
"""

from __future__ import annotations

from claudetask_core.board_sql import RUNS, clipped, next_free

TYPE_CHECKING = False  # as in board_sql
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from claudetask_core.board_sql import Ask

MAX_CHARACTERS = 2400
CLAIMS = 1000
CHANGES = 600
MAX_TASKS = 4
MAX_CHANGES = 8
MAX_ROWS = 40
SHOWN_TITLE = 80
SHOWN_NOTE = 160
SHOWN_NOTES = 2
SHOWN_WHY = 300
SHOWN_CRITERIA = 3
BY_ACTION = {None, "claimed_by", "notes"}
"""What the action says already ("claimed", "noted")."""

_TASK = f"""SELECT t.id, t.title, t.status, t.git_branch, t.claimed_by, t.claim_expires_at,
        NOT {RUNS} AS expired
    FROM tasks AS t CROSS JOIN statuses AS s"""  # noqa: S608 — text of ours alone
_NEWEST = "ORDER BY t.updated_at DESC, t.id LIMIT 5"
MINE = f"""{_TASK} WHERE t.claimed_by = :caller AND {RUNS}
    AND s.name = t.status {_NEWEST}"""
LEFT = f"""{_TASK} WHERE t.claimed_by > '' AND t.claim_worktree = :worktree
    AND s.name = t.status AND s.kind IN ('doing', 'testing') {_NEWEST}"""
DOING = "SELECT name FROM statuses WHERE kind = 'doing'"
NOTES = "SELECT text FROM notes WHERE task_id = :id ORDER BY id DESC LIMIT 2"
CRITERIA = """SELECT id, text FROM criteria WHERE task_id = :id AND NOT checked
    ORDER BY position"""
SEEN = "SELECT last_history FROM callers WHERE actor = :caller"
OWN = "SELECT max(id) FROM history WHERE actor = :caller"
CHANGED = f"""SELECT h.task_id, t.title, h.action, h.field, h.old, h.new, h.actor
    FROM history AS h LEFT JOIN tasks AS t ON t.id = h.task_id
    WHERE h.id > :since AND h.actor <> :caller AND h.action <> 'refused'
    ORDER BY h.id DESC LIMIT {MAX_ROWS}"""  # noqa: S608 — text of ours alone
LATEST = "SELECT (SELECT max(seq) FROM events), (SELECT max(id) FROM history)"
MARK = """INSERT INTO callers (actor, last_event, last_history, seen_at)
    VALUES (:caller, :event, :history, :now)
    ON CONFLICT (actor) DO UPDATE SET last_event = excluded.last_event,
        last_history = excluded.last_history, seen_at = excluded.seen_at"""


def resumed(ask: Ask, caller: str, worktree: str | None, now: Any) -> tuple[str, int, int]:
    """The text for a caller, and the numbers of the newest event and history row it knows of.

    `ask` stands in one transaction.
    """
    event, history = ask(LATEST, {})[0]
    parts = [
        _claims(ask, caller, worktree, now),
        _changes(ask, caller),
        _next(ask, now, caller),
    ]
    return "\n\n".join(part for part in parts if part), event or 0, history or 0


def for_summary(ask: Ask, caller: str, now: Any) -> str:
    """What whoever sums up the session should keep; empty where the caller holds no task.

    The summary is read beside the text itself, so that it need not hold the board.
    """
    held = ask(MINE, {"caller": caller, "now": now})
    if not held:
        return ""
    named = " and ".join(f"#{row[0]}" for row in held[:MAX_TASKS])
    return (
        f"In hand is {named} of the task board, which is told anew after the summary. Keep what "
        "was found, tried or decided and is not in the task's notes yet."
    )


def mark(ask: Ask, caller: str, now: Any, event: int, history: int) -> None:
    """Notes that the caller knows of all up to these numbers, where that is news."""
    seen = ask(SEEN, {"caller": caller})
    if not seen or seen[0][0] != history:
        ask(MARK, {"caller": caller, "event": event, "history": history, "now": now})


def _claims(ask: Ask, caller: str, worktree: str | None, now: Any) -> str:
    mine = ask(MINE, {"caller": caller, "now": now})
    if mine:
        return _listed(ask, "You hold:", mine)
    left = ask(LEFT, {"worktree": worktree, "now": now})
    if not left:
        return "You hold no task."
    title = "You hold no task. Claimed from this worktree by others:"
    free = next((row for row in left if row[6]), None)
    first, doing = (free or left[0])[0], ask(DOING, {})[0][0]
    if free:
        call = f'update_task_status(task_id={first}, status="{doing}") takes it over.'
    else:
        call = (
            "If no session or subagent is at work on it any more, "
            f'update_task_status(task_id={first}, status="{doing}", '
            'force_reason="resuming after the session ended") takes it over before its claim runs '
            "out."
        )
    return f"{_listed(ask, title, left)}\n{call}"


def _listed(ask: Ask, title: str, rows: Sequence[Sequence[Any]]) -> str:
    """The tasks as long as there is room, and how many are left out."""
    lines, room = [title], CLAIMS - len(title)
    for number, row in enumerate(rows[:MAX_TASKS]):
        described = _described(ask, row)
        room -= len(described) + 1
        if room < 0 and number:
            return "\n".join([*lines, "… and more; list_tasks shows them."])
        lines.append(described)
    if len(rows) > MAX_TASKS:
        lines.append("… and more; list_tasks shows them.")
    return "\n".join(lines)


def _described(ask: Ask, row: Sequence[Any]) -> str:
    """A claimed task: where it stands, what is open, and the last notes, newest first."""
    task_id, title, status, branch, holder, until, _ = row
    shown = f", branch {clipped(branch, SHOWN_TITLE)}" if branch else ""
    where = f"{status}{shown}; {clipped(holder, SHOWN_TITLE)} until {_hour(until)} UTC"
    lines = [f"#{task_id} {clipped(title, SHOWN_TITLE)} ({where})"]
    still = ask(CRITERIA, {"id": task_id})
    if still:
        listed = "; ".join(f"{n}: {clipped(t, SHOWN_TITLE)}" for n, t in still[:SHOWN_CRITERIA])
        left = len(still) - SHOWN_CRITERIA
        lines.append(f"  open: {listed}" + (f"; and {left} more" if left > 0 else ""))
    notes = ask(NOTES, {"id": task_id})[:SHOWN_NOTES]
    lines += [f"  last note: {clipped(text, SHOWN_NOTE)}" for (text,) in notes[:1]]
    lines += [f"  before: {clipped(text, SHOWN_NOTE)}" for (text,) in notes[1:]]
    return "\n".join(lines)


def _changes(ask: Ask, caller: str) -> str:
    seen = ask(SEEN, {"caller": caller})
    own = ask(OWN, {"caller": caller})[0][0]
    since = max(seen[0][0] if seen else 0, own or 0)
    if not since:
        return ""
    rows = ask(CHANGED, {"since": since, "caller": caller})
    if not rows:
        return "Nobody else changed anything since your last call."
    lines = ["Changed by others since your last call, newest first:"]
    room = CHANGES - len(lines[0])
    steps = _steps(rows)
    for step in steps[:MAX_CHANGES]:
        line = _step(step)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    if len(lines) <= len(steps) or len(rows) == MAX_ROWS:
        lines.append("… and more; get_task and list_tasks show the present state.")
    return "\n".join(lines)


def _steps(rows: Sequence[Sequence[Any]]) -> list[list[Sequence[Any]]]:
    """The rows, newest first, by what one caller did to one task without another in between."""
    steps: list[list[Sequence[Any]]] = []
    for row in rows:
        task_id, actor = row[0], row[-1]
        if steps and steps[-1][0][0] == task_id and steps[-1][0][-1] == actor:
            steps[-1].append(row)
        else:
            steps.append([row])
    return steps


def _step(rows: Sequence[Sequence[Any]]) -> str:
    """What one caller did to a task, in the order in which it was done; `rows` is newest first."""
    task_id, title, *_, actor = rows[0]
    name = f"#{task_id} {clipped(title or '', SHOWN_TITLE // 2)}".strip() if task_id else "project"
    who = f" by {clipped(actor, SHOWN_TITLE // 2)}"
    what = ", ".join(dict.fromkeys(_change(row) for row in reversed(rows)))
    return clipped(f"{name}: {what}", SHOWN_NOTE - len(who)) + who


def _change(row: Sequence[Any]) -> str:
    _, _, action, field, old, new, _ = row
    if field == "status":
        return f"{_plain(old)} → {_plain(new)}"
    done = action.replace("_", " ")
    return done if field in BY_ACTION else f"{done} {field}"


def _next(ask: Ask, now: Any, caller: str) -> str:
    task_id, title, why = next_free(ask, now, caller)
    if task_id is None:
        return why
    chosen = f"#{task_id} {clipped(title, SHOWN_TITLE)} ({clipped(why, SHOWN_WHY)})"
    return f"Next: {chosen}. get_next_task(claim=true) takes it."


def _plain(value: Any) -> str:
    """A status out of the history's JSON, which a plain driver leaves as text."""
    return str(value).strip('"')


def _hour(moment: Any) -> str:
    """The hour of a moment, which one driver gives as text and another as such."""
    return moment[11:16] if isinstance(moment, str) else f"{moment:%H:%M}"
