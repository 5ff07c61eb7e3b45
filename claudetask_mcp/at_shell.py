"""The next step in the words of a person at a shell, where the core names tools and arguments."""

import re
from typing import Final

COMMANDS: Final = {
    r"get_task\((?:task_id=)?(\d+)\)": r"claudetask-mcp task show \1",
    r"get_next_task\(claim=true\)": "claudetask-mcp task next --claim",
    r"update_task, check\b": "claudetask-mcp task check",
    r"\bget_next_task\b": "claudetask-mcp task next",
    r"\blist_tasks\b": "claudetask-mcp task list",
    r"\bget_task\b": "claudetask-mcp task show",
    r"\bcreate_task\b": "claudetask-mcp task add",
    r"\bforce_reason\b": "--force-reason",
    r"\bwith version (\d+)": r"with --if-version \1",
    r"\bcall again\b": "try again",
}


def at_shell(step: str) -> str:
    """A step of our own words, never one that holds others'."""
    for tool, command in COMMANDS.items():
        step = re.sub(tool, command, step)
    return step
