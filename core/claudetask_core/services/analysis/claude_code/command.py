"""The command line and environment of a headless Claude Code that can only read.

`--tools` is the hard limit: nothing else is offered. `--setting-sources user` and
`--strict-mcp-config` keep the hooks, helpers, agents and servers of a hostile repository from
taking effect. The prompt goes in by stdin, where neither its size nor a leading `/` matters.
"""

import json
import os
import re
from collections.abc import Sequence
from typing import Any

from claudetask_core.config import Settings
from claudetask_core.places import IN_ANALYSIS
from claudetask_core.search.tree.exclusions import SECRETS

TOOLS = "Read,Grep,Glob"
UNSAID = re.compile(r"[()\r\n\0]")
"""Characters that cannot be written into a rule; a pattern's `?` stands for any."""
FOLDERS = (".claudetask/**", ".git/**")
OWN_PREFIXES = ("CLAUDETASK_", "MCP_")
OUTER_SESSION = frozenset(
    {
        "AI_AGENT",
        "CLAUDECODE",
        "CLAUDE_CODE_CHILD_NOTES_DIR",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_MESSAGING_SOCKET",
        "CLAUDE_CODE_MESSAGING_TOKEN",
        "CLAUDE_CODE_SESSION_ATTENDED",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_EFFORT",
        "CLAUDE_PID",
        "CLAUDE_PROJECT_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
    }
)
ADDED = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "2",  # the default takes three minutes to say that a key is wrong
    # The client asks git about the folder, whose own configuration may name programs (a filter, a
    # monitor, hooks) for git to run: there it shall be no repository.
    "GIT_DIR": os.devnull,
    IN_ANALYSIS: "1",  # the user's own hooks run there too, and ours has nothing to tell it
}


def arguments(
    binary: str, settings: Settings, schema: dict[str, Any], denied: Sequence[str] = ()
) -> list[str]:
    """The argument vector.

    Args:
        binary: The client's absolute path.
        settings: Model and ceilings.
        schema: What the answer must look like; an object at its top.
        denied: Patterns of files that may not be read, besides those that hold secrets.
    """
    model = ["--model", settings.analysis_model] if settings.analysis_model else []
    return [
        *(binary, "-p", "--output-format", "stream-json", "--verbose"),
        *("--setting-sources", "user", "--strict-mcp-config"),
        *("--tools", TOOLS, "--permission-mode", "dontAsk"),
        *("--max-turns", str(settings.analysis_max_turns)),
        *("--max-budget-usd", f"{settings.analysis_max_budget_usd:g}"),
        *("--no-session-persistence", "--json-schema", json.dumps(schema)),
        *("--disallowedTools", *(f"Read(**/{pattern})" for pattern in (*SECRETS, *FOLDERS))),
        *(f"Read({UNSAID.sub('?', pattern)})" for pattern in denied),
        *model,
    ]


def environment() -> dict[str, str]:
    """What this process has, without its own settings and those of a session around it."""
    # allow: environ — a child process inherits all but our own variables
    present = os.environ.items()
    inherited = {
        name: value
        for name, value in present
        if not name.startswith(OWN_PREFIXES) and name not in OUTER_SESSION
    }
    return inherited | ADDED
