"""A task whole, and what a write to one did."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from claudetask_core.printable import bounded, fence_for, on_one_line
from claudetask_core.schemas.agent import Recommendation
from claudetask_core.schemas.branch import Branch
from claudetask_core.schemas.task import (
    Around,
    Criterion,
    Deleted,
    NextTask,
    Note,
    SimilarTask,
    Task,
    TaskDetails,
    TaskType,
    Written,
)
from claudetask_mcp.render import branch as branches
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import (
    ACKNOWLEDGEMENT,
    clip,
    cut,
    fitting,
    length,
    moment,
    quoted,
    several,
    shares,
)

WHOLE = 6000
NEXT = 1600
LINE = 400
FIRST = 20
TITLE = 80
NAMED = 36
WHY = 38
LINKS = 200
ALONE: Final = Around(subtasks=[], waits_for={})


@dataclass(frozen=True)
class Section:
    """A part of a task: `lines` are its entries where it is a list of `noun`s, each of which begins
    as no text of others does; else `body`, which stands between fences.
    """

    heading: str
    body: str = ""
    lines: tuple[str, ...] = ()
    noun: str = ""
    newest_last: bool = False

    @property
    def length(self) -> int:
        frame = 2 * len(fence_for(bounded(self.body))) + 2 if self.body else 0
        return length(self.body) + frame + sum(length(line) + 1 for line in self.lines)

    def fit(self, limit: int, rest: str) -> str:
        if not self.noun:
            return quoted(self.body, limit, rest)
        if not self.newest_last:
            shown = fitting(self.lines, limit)
            left = len(self.lines) - len(shown)
            return "\n".join([*shown, f"… and {left} more; {rest}"] if left else shown)
        shown = fitting(self.lines[::-1], limit)[::-1]
        left = len(self.lines) - len(shown)
        return "\n".join([f"… {left} older; {rest}", *shown] if left else shown)


@legibly
def whole(
    details: TaskDetails, fit: Recommendation | None = None, branch: Branch | None = None
) -> str:
    """Everything about a task in at most `WHOLE` characters, with its branch's commits and the
    agent that fits it.
    """
    task = details.task
    named = [f"agent that fits: {fit.name} ({clip(fit.reason, 120)})"] if fit else []
    rest = f"claudetask://tasks/{task.id} has it whole"
    head = "\n".join([*_head(task, branch, details.around, rest), *named])
    every = [*_sections(task, details.notes), *(_of_branch(branch) if branch else ())]
    sections = [section for section in every if section.length]
    room = WHOLE - len(head) - sum(len(section.heading) + 4 for section in sections)
    sizes = shares([section.length for section in sections], room)
    bodies = [section.fit(size, rest) for section, size in zip(sections, sizes, strict=True)]
    parts = [f"{section.heading}\n{body}" for section, body in zip(sections, bodies, strict=True)]
    return "\n\n".join([head, *parts])


def _head(task: Task, branch: Branch | None, around: Around, rest: str) -> list[str]:
    lines = [
        f"#{task.id} {task.title}",
        f"{task.type} · {task.priority} · {task.status} · version {task.version}",
    ]
    if task.claimed_by and task.claim_expires_at:
        lines.append(f"claimed by {task.claimed_by} until {moment(task.claim_expires_at)}")
    links = [
        f"branch {task.git_branch} {branches.place(branch)}".rstrip() if task.git_branch else "",
        f"parent #{task.parent_id}" if task.parent_id else "",
        f"depends on {several(_numbers(task.depends_on), LINKS, rest)}" if task.depends_on else "",
        f"subtasks {several(_numbers(around.subtasks), LINKS, rest)}" if around.subtasks else "",
        f"waits for {several(_standing(around), LINKS, rest)}" if around.waits_for else "",
    ]
    if any(links):
        lines.append(" · ".join(link for link in links if link))
    done = f" · done {moment(task.completed_at)}" if task.completed_at else ""
    lines.append(f"created {moment(task.created_at)} · updated {moment(task.updated_at)}{done}")
    return lines


def _standing(around: Around) -> list[str]:
    return [f"#{number} ({status})" for number, status in around.waits_for.items()]


def _sections(task: Task, notes: list[Note]) -> list[Section]:
    criteria = task.acceptance_criteria
    met = sum(criterion.checked for criterion in criteria)
    said = tuple(
        f"- {moment(n.created_at)} {on_one_line(n.author)}: {clip(n.text, LINE)}" for n in notes
    )
    return [
        Section("Description:", task.description),
        Section(
            f"Acceptance criteria ({met} of {len(criteria)} met):",
            lines=tuple(criterion_line(criterion) for criterion in criteria),
            noun="criterion",
        ),
        Section("Related files:", lines=_files(task.related_files), noun="file"),
        Section("Analysis:", task.analysis or ""),
        Section("Notes, newest last:", lines=said, noun="note", newest_last=True),
    ]


def _files(paths: list[str]) -> tuple[str, ...]:
    return tuple(f"- {on_one_line(path)}" for path in paths)


def _of_branch(branch: Branch) -> list[Section]:
    commits = branches.commits(branch)
    return [
        Section(branches.heading(branch), lines=commits, noun="commit"),
        Section(branches.files_heading(branch), lines=_files(branch.files), noun="file"),
    ]


def criterion_line(criterion: Criterion) -> str:
    """`[ ] 3: text` or `[x] 3: text (evidence)`."""
    if not criterion.checked:
        return f"[ ] {criterion.id}: {clip(criterion.text, LINE)}"
    evidence = f" ({clip(criterion.evidence, LINE // 2)})" if criterion.evidence else ""
    return f"[x] {criterion.id}: {clip(criterion.text, LINE // 2)}{evidence}"


def _numbers(ids: list[int]) -> list[str]:
    return [f"#{task_id}" for task_id in ids]


@legibly
def next_task(answer: NextTask, caller: str, say: Callable[[str], str] = str) -> str:
    """The task to do next and why; or why there is none. `say` has calls in the reader's words."""
    task = answer.task
    if task is None:
        return say(answer.reason)
    kind = "" if task.type is TaskType.FEATURE else f" {task.type},"
    lines = [
        f"#{task.id} {task.title}",
        f"{task.priority} priority,{kind} {task.status}, version {task.version}"
        + (f", branch {task.git_branch}" if task.git_branch else ""),
        f"Why: {answer.reason}.",
    ]
    if answer.claimed and task.claim_expires_at:
        lines.append(f"Claimed for {caller} until {moment(task.claim_expires_at)}.")
    if task.description:
        lines.append(f"\nDescription: {clip(task.description, 500)}")
    open_ones = [criterion for criterion in task.acceptance_criteria if not criterion.checked]
    if open_ones:
        lines += ["", *fitting([criterion_line(c) for c in open_ones], 600)]
    lines.append(say(f"\nget_task({task.id}) shows all of it."))
    if not answer.claimed:
        lines.append(say("Take it with get_next_task(claim=true)."))
    return cut("\n".join(lines), NEXT, say(f"get_task({task.id}) shows it"))


@legibly
def created(task: Task, duplicates: list[SimilarTask], circle: str = "") -> str:
    """What was made, with what it may repeat; `circle` is the way on which it waits for itself."""
    text = (
        f"Created #{task.id} {clip(task.title, TITLE)} "
        f"({task.type}, {task.priority}, {task.status}, version {task.version}).{_stuck(circle)}"
    )
    if duplicates:
        like = "; ".join(
            f"#{d.id} {clip(d.title, NAMED)} ({d.status}, {d.score:.2f}: {clip(d.why, WHY)})"
            for d in duplicates
        )
        text += f" Possible duplicates: {like}."
    return clip(text, ACKNOWLEDGEMENT)


@legibly
def updated(written: Written, fields: list[str], *, merged: bool, circle: str = "") -> str:
    """What was written; without a version, also what others had changed and so stayed."""
    task = written.task
    named = f"#{task.id} {clip(task.title, TITLE)}"
    text = f"Updated {named}: {', '.join(fields)}. {task.status}, version {task.version}."
    text += _stuck(circle)
    if merged:
        text += f" Merged by field{_others(written, fields)}."
    return clip(text, ACKNOWLEDGEMENT)


def _stuck(circle: str) -> str:
    return f" It can never be Done: {circle}. Leave one of these links out." if circle else ""


def _others(written: Written, fields: list[str]) -> str:
    """Whose changes the write was merged with, and which of them it replaced."""
    if not written.others:
        return ""
    names = {"acceptance_criteria": "check"}
    told = [
        f"{name} by {clip(actor, NAMED // 2)}"
        + (" (now replaced)" if {name, names.get(name)} & set(fields) - {"notes"} else "")
        for name, actor in written.others.items()
    ]
    return f" with changes since your version {written.since}: {', '.join(told)}"


@legibly
def moved(
    task: Task,
    caller: str,
    around: Around = ALONE,
    rest: str = "",
) -> str:
    """Where the task now stands, who holds it, and what Done still waits for; `rest` shows all."""
    rest = f"{rest or f'get_task({task.id})'} has them"
    text = f"#{task.id} {clip(task.title, TITLE)} is in {task.status} (version {task.version})."
    if task.claimed_by and task.claim_expires_at:
        holder = "you" if task.claimed_by == caller else task.claimed_by
        text += f" Claimed by {holder} until {moment(task.claim_expires_at)}."
    still = [c.id for c in task.acceptance_criteria if not (c.checked and c.evidence)]
    if still and task.completed_at is None:
        text += f" Criteria still open: {_some(still, rest)}."
    if around.waits_for:
        room = ACKNOWLEDGEMENT - len(text) - len(" It waits for .")
        text += f" It waits for {several(_standing(around), min(LINKS, room), rest)}."
    return clip(text, ACKNOWLEDGEMENT)


def _some(criteria: list[int], rest: str) -> str:
    shown = _first(criteria)
    return f"{shown}; {rest}" if len(criteria) > FIRST else shown


@legibly
def deleted(gone: Deleted) -> str:
    text = f"Deleted #{gone.task.id} {clip(gone.task.title, TITLE)}. Its history is kept."
    if gone.subtasks:
        text += f" Its subtasks stay, without a parent: {_first(gone.subtasks, '#')}."
    if gone.waited:
        text += f" No longer waiting for it: {_first(gone.waited, '#')}."
    return clip(text, ACKNOWLEDGEMENT)


def _first(numbers: list[int], mark: str = "") -> str:
    shown = ", ".join(f"{mark}{number}" for number in numbers[:FIRST])
    left = len(numbers) - FIRST
    return f"{shown} and {left} more" if left > 0 else shown
