"""Lists of tasks: one line each, the titles as long as the budget lets them be."""

from claudetask_core.printable import printable
from claudetask_core.schemas.task import SimilarTasks, Task, TaskType
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import clip, count, cut

LINES = 50
LIST = 3200
PER_LINE = LIST // LINES
TITLE = 90
SIMILAR = 8000
PIECE = " query is looked for in one piece; find_similar_tasks goes by its words."
OUTCOME = 300


def listed(tasks: list[Task], total: int, cursor: str | None, query: str | None = None) -> str:
    """The tasks, then how many there are in all and how to get more; where there is none for
    several words, that these are looked for in one piece.

    Of each only what is shown is made printable: the rest may be a megabyte.
    """
    if not tasks:
        none = f"No task matches. {total} in all." if total else "No task matches."
        return f"{none}{PIECE}" if query and " " in query.strip() else none
    shown = f"{len(tasks)} of {total} tasks." if len(tasks) != total else f"{count(total, 'task')}."
    end = shown + (f"\nnext cursor: {cursor}" if cursor else "")
    heads = [_head(task) for task in tasks]
    budget = max(LIST, PER_LINE * len(tasks))
    room = budget - len(end) - sum(len(head) + 1 for head in heads)
    width = min(TITLE, room // len(tasks))
    titles = [clip(printable(task.title), width) for task in tasks]
    lines = [head + title for head, title in zip(heads, titles, strict=True)]
    return "\n".join([*lines, end])


def _head(task: Task) -> str:
    bug = " Bug" if task.type is TaskType.BUG else ""
    held = "*" if task.claimed_by else ""
    return f"#{task.id} {printable(task.status)}{held} {task.priority}{bug}: "


@legibly
def similar(answer: SimilarTasks) -> str:
    """The tasks most like a question, and what became of them."""
    if not answer.results:
        return "No task is like that."
    lines = [
        f"#{hit.id} {clip(hit.title, TITLE)} ({hit.status}) {hit.score:.2f}: "
        f"{clip(hit.why, 120)}; {clip(hit.outcome, OUTCOME)}"
        for hit in answer.results
    ]
    return cut("\n".join(lines), SIMILAR, "ask for fewer with top_k")
