"""The next step in the words of this face, where the core names tools of the MCP server."""

import re
from typing import Final

CALLS: Final = {
    r"get_task\((?:task_id=)?(\d+)\)": r"GET /api/tasks/\1",
    r"get_next_task\(claim=true\)": "POST /api/tasks/next",
    r"save_agent with action fix": "POST /api/agents/{agent_id}/fix",
    r"update_task, check\b": "check of PUT /api/tasks/{task_id}",
    r"get_next_task": "POST /api/tasks/next",
    r"list_tasks": "GET /api/tasks",
    r"get_task": "GET /api/tasks/{task_id}",
    r"create_task": "POST /api/tasks",
    r"update_task_status": "PUT /api/tasks/{task_id}/status",
    r"update_task": "PUT /api/tasks/{task_id}",
    r"delete_task": "DELETE /api/tasks/{task_id}",
    r"analyze_task": "POST /api/tasks/{task_id}/analyze",
    r"find_similar_tasks": "GET /api/tasks/similar",
    r"search_codebase": "GET /api/search",
    r"list_agents": "GET /api/agents",
    r"get_agent": "GET /api/agents/{agent_id}",
    r"save_agent": "PUT /api/agents/{agent_id}",
    r"delete_agent": "DELETE /api/agents/{agent_id}",
    r"read_claude_md\(section='\*'\)": "GET /api/claude/files",
    r"read_claude_md": "GET /api/claude/config",
    r"update_claude_md": "PUT /api/claude/config",
    r"project_status": "GET /api/project/status",
}
TOOL: Final = re.compile(r"\b(?:" + "|".join(CALLS) + r")(?!\w)")


def over_rest(step: str) -> str:
    """A step of our own words, never one that holds others'."""
    return TOOL.sub(_call, step)


def _call(found: re.Match[str]) -> str:
    named = found.group()
    return next(
        re.sub(tool, call, named) for tool, call in CALLS.items() if re.fullmatch(tool, named)
    )
