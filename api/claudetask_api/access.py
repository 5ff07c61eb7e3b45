"""What scope each operation needs: the one table behind every check and the documentation.

Reading needs `read`. What is not named here needs `admin`, so a route that somebody adds is closed
until it was decided on. A `write` token must not reach what a machine executes or obeys: agents
and CLAUDE.md are instructions (and an agent's file can name commands), settings say which folder
is looked at, and a kept copy put back is a write like any other.
"""

from typing import Final

from claudetask_core.schemas.token import TokenScope

READ_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
READS: Final = frozenset({"render_markdown", "preview_claude_config"})
"""What is posted because it is long, and changes nothing."""
WRITES: Final = frozenset(
    {
        "create_task",
        "next_task",
        "update_task",
        "delete_task",
        "update_task_status",
        "release_task",
        "create_note",
        "analyze_task",
        "cancel_job",
    }
)
ADMIN_READS: Final = frozenset({"list_tokens", "list_audit"})


def needed(operation: str, method: str) -> TokenScope:
    """The scope that an operation needs, by the name of its function."""
    if operation in ADMIN_READS:
        return TokenScope.ADMIN
    if method in READ_METHODS or operation in READS:
        return TokenScope.READ
    return TokenScope.WRITE if operation in WRITES else TokenScope.ADMIN
