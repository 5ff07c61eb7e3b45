"""A block of ours in a CLAUDE.md: exactly one, marked, and gone without a trace when removed.

`marks` knows where it stands.
"""

from claudetask_core.services.claude_md.marks import Block, first_block
from claudetask_core.services.claude_md.sections import end_of_line

TEXT = """\
## Task board

This project keeps its tasks on a board that outlives sessions (MCP server `claudetask`).

- Before work: `get_next_task(claim=true)`, or `get_task` for the one you were given.
- To find code by what it does: `search_codebase`, before grep.
- While working: `update_task` with notes, and `check` with the evidence for each criterion.
- When done: `update_task_status`. What you find on the way becomes a task: `create_task`.
"""


def with_block(data: bytes | None, text: str = TEXT) -> bytes:
    """The file with the block, at its end or where one stands; of several the first stays."""
    old = data or b""
    found = first_block(old)
    if found is None:
        end = end_of_line(old)
        before = "new" if data is None else str(_gap(old, end))
        gap = end * (0 if before == "new" else int(before))
        return old + f"{gap}{_block(before, text, end)}".encode()
    rest = old[found.end :]
    while (other := first_block(rest)) is not None:
        rest = _removed(rest, other)
    block = _block(found.own, text, found.line_end.decode())
    return old[: found.first] + block.encode() + rest


def without_block(data: bytes) -> bytes | None:
    """The file as it was before; None where there was none and nothing else was added since."""
    is_new = False
    while (found := first_block(data)) is not None:
        is_new = is_new or found.own == "new"
        data = _removed(data, found)
    return None if is_new and not data else data


def has_block(data: bytes) -> bool:
    return first_block(data) is not None


def _block(before: str, text: str, end: str) -> str:
    body = f"<!-- claudetask:begin {before} -->\n{text.rstrip()}\n<!-- claudetask:end -->\n"
    return body.replace("\n", end)


def _gap(data: bytes, end: str) -> int:
    """How many line endings make a blank line after `data`."""
    if not data:
        return 0
    return 1 if data.endswith((b"\n", end.encode())) else 2


def _removed(data: bytes, found: Block) -> bytes:
    return data[: found.start] + data[found.end :]
