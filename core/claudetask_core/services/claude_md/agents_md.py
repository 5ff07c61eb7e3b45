"""AGENTS.md, which Claude Code reads where no CLAUDE.md of the project says anything.

So does 2.1.332; 2.1.197 reads it nowhere. It is read where a CLAUDE.md would be, also in
sub-folders, but beside none. Whoever begins a CLAUDE.md beside it has its words gone
from the next session, unless they are imported.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdHint
from claudetask_core.services.claude_md.block import TEXT, without_block
from claudetask_core.services.claude_md.imports import mentions_of
from claudetask_core.services.disk.files import look

AGENTS_MD = "AGENTS.md"


def takes_the_place(root: Path, folder: str, names: Iterable[str]) -> bool:
    """Whether no CLAUDE.md of a folder says anything.

    Args:
        root: The project.
        folder: One of its folders, empty for itself.
        names: Where a CLAUDE.md of a folder may stand.
    """
    return not any(_says(_read(root, root / folder / name)) for name in names)


def hidden_by(root: Path, path: Path, data: bytes | None) -> list[ClaudeMdHint]:
    """That AGENTS.md is not read because of this CLAUDE.md; empty where it is, or is not there.

    Args:
        root: The project.
        path: The CLAUDE.md.
        data: What it holds.
    """
    if not _says(data) or not _is_beside(root, path) or _imports(root, path, data or b""):
        return []
    message = (
        f"{AGENTS_MD} is there too, and Claude Code does not read it beside this file. A line "
        f"{_mention(root, path)} has it read."
    )
    return [ClaudeMdHint(rule="agents_md_unread", line=1, message=message)]


def all_hidden_by_a_first(paths: Sequence[str]) -> str:
    """What it means for sub-folders that the project's CLAUDE.md begins to say something."""
    more = f" and {len(paths) - 1} more" if paths[1:] else ""
    return (
        f"Beside a CLAUDE.md of the project Claude Code does not read {paths[0]}{more} either. "
        f"A CLAUDE.md beside each, with the line @{AGENTS_MD}, has it read."
    )


def block_beside(root: Path, path: Path, data: bytes | None, others: list[Path]) -> str:
    """What our block says in a CLAUDE.md, with an import where it would hide AGENTS.md alone.

    Args:
        root: The project.
        path: The CLAUDE.md.
        data: What it holds, maybe with our block.
        others: Where else a CLAUDE.md of the project may stand.
    """
    if not _is_beside(root, path):
        return TEXT
    own = without_block(data) if data else None
    alone = not _says(own) and not any(_says(_read(root, other)) for other in others)
    by_block = _imports(root, path, data or b"") and not _imports(root, path, own or b"")
    if alone or by_block:
        return f"{TEXT}\n{_mention(root, path)}\n"
    return TEXT


def _is_beside(root: Path, path: Path) -> bool:
    there = root / AGENTS_MD
    return _says(_read(root, there)) and os.path.realpath(path) != os.path.realpath(there)


def _says(data: bytes | None) -> bool:
    return bool(data and data.strip())


def _read(root: Path, path: Path) -> bytes | None:
    try:
        return look(root, path).data
    except DomainError:
        return None


def _imports(root: Path, path: Path, data: bytes) -> bool:
    named = (mention.path for mention in mentions_of(data.decode("utf-8", "replace")))
    wanted = os.path.realpath(root / AGENTS_MD)
    return any(os.path.realpath(path.parent / name) == wanted for name in named)


def _mention(root: Path, path: Path) -> str:
    return f"@{os.path.relpath(root / AGENTS_MD, path.parent)}"
