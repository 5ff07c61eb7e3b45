"""CLAUDE.md to read, and what a change to it did or would do."""

from pathlib import PurePath

from claudetask_core.printable import fenced
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdImport,
    ClaudeMdOther,
    ClaudeMdOthers,
    ClaudeMdOverview,
    ClaudeMdSection,
    LoadedWhen,
)
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import ACKNOWLEDGEMENT, clip, cut, length, quoted, shares, shortened

CONTENT = 26_000
OUTLINE = 3000
DIFF = 12_000
PLACES = 24_000
OTHERS = 6000
AGENTS_MD = "AGENTS.md"


@legibly
def file(whole: ClaudeMd, outline: list[str]) -> str:
    """The file after a line with its hash; its sections' names too where it is cut."""
    if not whole.exists:
        name = clip(PurePath(whole.path).name, 300)
        return f"There is no {name} yet. update_claude_md with content makes one."
    head = f"{clip(whole.path, 300)} · hash {whole.hash}"
    if length(whole.content[: CONTENT + 1]) <= CONTENT:
        return f"{head}\n\n{fenced(whole.content, 'markdown')}"
    rest = "read_claude_md(section='*') has more of them"
    names = "\n".join(shortened([f"- {clip(name, 200)}" for name in outline], OUTLINE, rest))
    content = quoted(whole.content, CONTENT, "read_claude_md(section=…) gets a part", "markdown")
    return f"{head}\n\n{content}\n\nSections:\n{names}"


@legibly
def places(overviews: list[ClaudeMdOverview], others: ClaudeMdOthers) -> str:
    """Every file with its sections, its imports and what could be better; in parts that fit."""
    parts = [_overview(one) for one in overviews]
    shown = [
        cut(text, room, "claudetask's REST API has all of it")
        for text, room in zip(parts, shares([length(text) for text in parts], PLACES), strict=True)
    ]
    return "\n\n".join([*shown, *_others(others)])


def _others(others: ClaudeMdOthers) -> list[str]:
    rows = [f"- {_other(one)}" for one in others.files]
    rest = "claudetask's REST API has all of them"
    left_out = [] if others.complete else ["There may be more: not all was looked through."]
    if not rows and not left_out:
        return []
    return ["\n".join(["Also loaded by Claude Code:", *shortened(rows, OTHERS, rest), *left_out])]


def _other(one: ClaudeMdOther) -> str:
    size = "" if one.size is None else f" · {one.size:,} bytes"
    below = f" in {clip(one.folder, 120)}" if one.folder else ""
    when = {
        LoadedWhen.START: "at the start",
        LoadedWhen.FOLDER: f"with the first file that is read{below}",
        LoadedWhen.PATHS: f"with the first file{below} that matches "
        + clip(", ".join(one.paths), 200),
        LoadedWhen.HIDDEN: "not read beside the project's CLAUDE.md; "
        f"a CLAUDE.md beside it with the line @{AGENTS_MD} has it read",
        LoadedWhen.OUTSIDE: "a link that leads out, left alone here",
        LoadedWhen.UNREADABLE: "cannot be read",
    }[one.when]
    is_newer = PurePath(one.path).name == AGENTS_MD and one.when is not LoadedWhen.HIDDEN
    newer = " (by newer versions of Claude Code)" if is_newer else ""
    return f"{clip(one.path, 200)}{size} · {when}{newer}"


@legibly
def other(whole: ClaudeMd) -> str:
    """One of those files."""
    content = quoted(whole.content, CONTENT, "Read it from the disk to see the rest", "markdown")
    return f"{clip(whole.path, 300)} · hash {whole.hash} · only read here\n\n{content}"


def _overview(one: ClaudeMdOverview) -> str:
    if not one.exists:
        return f"{one.place.value}: {clip(one.path, 300)} (does not exist)"
    lines = [f"{one.place.value}: {clip(one.path, 300)} · {one.size:,} bytes · hash {one.hash}"]
    for title, rows in (
        ("Sections", [clip(name, 200) for name in one.outline]),
        ("Imports", [_import(taken) for taken in one.imports]),
        ("Hints", [f"line {hint.line}: {clip(hint.message, 300)}" for hint in one.hints]),
    ):
        lines += [f"{title}:", *(f"- {row}" for row in rows)] if rows else []
    return "\n".join(lines)


def _import(taken: ClaudeMdImport) -> str:
    depth = "" if taken.depth == 1 else f" (by {clip(taken.file, 120)})"
    return f"line {taken.line}: {clip(taken.written, 120)} {taken.state.value}{depth}"


@legibly
def section(part: ClaudeMdSection) -> str:
    head = f"{clip(part.section, 300)} · {clip(part.path, 300)} · hash {part.hash}"
    rest = "read_claude_md(section=…) gets one below it, claudetask://claude-md all"
    return f"{head}\n\n{quoted(part.content, CONTENT, rest, 'markdown')}"


@legibly
def changed(change: ClaudeMdChange, what: str) -> str:
    """What was written; for a dry run the difference that writing would make."""
    if not change.changed:
        return f"{what} reads like that already; nothing was written."
    if change.dry_run:
        shown = quoted(change.diff, DIFF, "write it in smaller parts to see the rest", "diff")
        note = "".join(f"\n\n{clip(hint.message, 300)}" for hint in change.hints)
        return (
            f"Nothing was written. It would change (hash now {change.file.hash}):\n\n{shown}{note}"
        )
    text = f"Wrote {what}. Hash now {change.file.hash}."
    if change.kept_version:
        text += f" Before: version {change.kept_version} (restore brings it back)."
    text += "".join(f" {hint.message}" for hint in change.hints)
    return clip(text, ACKNOWLEDGEMENT)
