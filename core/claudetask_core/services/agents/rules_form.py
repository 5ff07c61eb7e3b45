"""Rules about the form of an agent file: its bytes, its name's ending, its `---` lines."""

import re
from collections.abc import Iterator

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import as_meant
from claudetask_core.services.agents.rule import Finding, Rule, Subject, as_bytes
from claudetask_core.services.agents.yaml_edit import FrontmatterNotEditable, set_key
from claudetask_core.services.agents.yaml_keys import read_keys

_UNSEEN = "Claude Code does not see an agent in it and says nothing"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FENCE = re.compile(r"-{4,}[ \t]*(?=\r?\n)")
_FENCES = re.compile(r"^-{3,}[ \t]*(?=\r?\n|\Z)", re.MULTILINE)
_DOTS = re.compile(r"^\.\.\.[ \t]*(?=\r?\n|\Z)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
_DASHES = re.compile(r"-{3,}")


def _utf16(subject: Subject) -> Iterator[Finding]:
    if as_bytes(subject.file.source).startswith(_UTF16):
        yield Finding(1, f"The file is UTF-16: {_UNSEEN}.", "Save it as UTF-8.")


def _as_utf8(subject: Subject) -> bytes | None:
    try:
        return as_bytes(subject.file.source).decode("utf-16").encode()
    except UnicodeError:
        return None


def _bom(subject: Subject) -> Iterator[Finding]:
    if subject.file.source.startswith("\ufeff"):
        yield Finding(
            1,
            "The file starts with a byte order mark: Claude Code before 2.1.239 does not see an "
            "agent in it and says nothing.",
            "Save it without the mark.",
        )


def _without_bom(subject: Subject) -> bytes:
    return as_bytes(subject.file.source.removeprefix("\ufeff"))


def _cr_only(subject: Subject) -> Iterator[Finding]:
    source = subject.file.source
    if "\r" in source and "\n" not in source:
        yield Finding(1, f"Its lines end with CR alone: {_UNSEEN}.", "End them with LF.")


def _with_lf(subject: Subject) -> bytes:
    return as_bytes(subject.file.source.replace("\r", "\n"))


def _not_utf8(subject: Subject) -> Iterator[Finding]:
    source = subject.file.source
    found = re.search("[\udc80-\udcff]", source)
    if found and not as_bytes(source).startswith(_UTF16):
        line = source.count("\n", 0, found.start()) + 1
        yield Finding(
            line, "This line is not UTF-8; Claude Code shows the letter as �.", "Save it as UTF-8."
        )


def _blank_first_line(subject: Subject) -> Iterator[Finding]:
    source = subject.file.source.removeprefix("\ufeff")
    if source[:1].isspace() and source.lstrip().startswith("---"):
        message = f"Something blank stands before the first ---: {_UNSEEN}."
        yield Finding(1, message, "Remove it.")


def _without_blank_start(subject: Subject) -> bytes:
    return as_bytes(subject.file.source.lstrip())


def _fence_long(subject: Subject) -> Iterator[Finding]:
    if _FENCE.match(subject.file.source):
        message = f"The first line has more than three dashes: {_UNSEEN}."
        yield Finding(1, message, "Write exactly --- there.")


def _with_short_fences(subject: Subject) -> bytes:
    return as_bytes(_FENCES.sub("---", subject.file.source, count=2))


def _toml(subject: Subject) -> Iterator[Finding]:
    if subject.file.source.startswith("+++"):
        yield Finding(
            1, f"The frontmatter is TOML: {_UNSEEN}.", "Write it as YAML between --- lines."
        )


def _frontmatter_missing(subject: Subject) -> Iterator[Finding]:
    source = subject.file.source
    told = any(
        any(check(subject)) for check in (_utf16, _cr_only, _blank_first_line, _fence_long, _toml)
    )
    if not subject.file.opened and not told:
        message = f"The file has no frontmatter: {_UNSEEN}."
        first = source.partition("\n")[0][:40]
        yield Finding(
            1, message, f"Begin it with a line ---, then name and description, not {first!r}."
        )


def _dots(subject: Subject) -> Iterator[Finding]:
    if subject.file.opened and not subject.file.closed:
        found = _DOTS.search(subject.file.source)
        if found:
            line = subject.file.source.count("\n", 0, found.start()) + 1
            message = f"The frontmatter is closed by ... instead of ---: {_UNSEEN}."
            yield Finding(line, message, "Close it with ---.")


def _with_dashes(subject: Subject) -> bytes:
    return as_bytes(_DOTS.sub("---", subject.file.source, count=1))


def _unclosed(subject: Subject) -> Iterator[Finding]:
    if subject.file.opened and not subject.file.closed and not any(_dots(subject)):
        message = f"The frontmatter has no closing --- line: {_UNSEEN}."
        yield Finding(1, message, "Put a line --- below the last key.")


def _extension_case(subject: Subject) -> Iterator[Finding]:
    if subject.path.suffix != ".md":
        yield Finding(
            1,
            f"The extension is {subject.path.suffix}; Claude Code reads .md files only.",
            "Rename the file so that it ends with .md.",
        )


def _cut(subject: Subject) -> Iterator[Finding]:
    file = subject.file
    if as_meant(file) is not None:
        line = (file.opening + file.front).count("\n") + 1
        yield Finding(
            line,
            "The --- inside this line ends the frontmatter for Claude Code; what follows it, "
            "further keys too, becomes part of the prompt.",
            "Use fewer dashes there, or write one of them as \\u002d in double quotes.",
        )


def _uncut(subject: Subject) -> bytes | None:
    """The dashes escaped in values and made fewer in comments."""
    file = as_meant(subject.file)
    if file is None:
        return None
    front = _COMMENT.sub(lambda line: _DASHES.sub("--", line[0]), file.front)
    end_of_line = "\r\n" if file.opening.endswith("\r\n") else "\n"
    try:
        for entry in read_keys(front).entries:
            if entry.kind == "text" and "---" in entry.text:
                front = set_key(front, entry.key, entry.text, end_of_line=end_of_line)
    except FrontmatterNotEditable:
        return None
    return as_bytes(file.opening + front + file.closing + file.body)


def _closing_line(subject: Subject) -> Iterator[Finding]:
    file = subject.file
    if file.closed and not file.is_tidy and as_meant(file) is None:
        line = (file.opening + file.front).count("\n") + 1
        yield Finding(
            line,
            "The closing line is not exactly ---; what else it holds becomes part of the prompt.",
            "Write exactly --- there.",
        )


def _with_closing_line(subject: Subject) -> bytes | None:
    file = subject.file
    rest, end, body = file.body.partition("\n")
    indent = file.front.rpartition("\n")[2]
    if file.closing.endswith("\n"):
        rest, end, body = "", "", file.body
    if rest.strip("- \t\r") or indent.strip():
        return None
    front = file.front.removesuffix(indent)
    end = ("\r" if rest.endswith("\r") else "") + end
    closing = file.closing if file.closing.endswith("\n") else f"---{end}"
    return as_bytes(file.opening + front + closing + body)


RULES = (
    Rule("utf16", Severity.ERROR, _utf16, _as_utf8),
    Rule("bom", Severity.ERROR, _bom, _without_bom),
    Rule("cr_only", Severity.ERROR, _cr_only, _with_lf),
    Rule("not_utf8", Severity.WARNING, _not_utf8),
    Rule("blank_first_line", Severity.ERROR, _blank_first_line, _without_blank_start),
    Rule("fence_long", Severity.ERROR, _fence_long, _with_short_fences),
    Rule("toml", Severity.ERROR, _toml),
    Rule("frontmatter_missing", Severity.ERROR, _frontmatter_missing),
    Rule("closed_by_dots", Severity.ERROR, _dots, _with_dashes),
    Rule("unclosed_frontmatter", Severity.ERROR, _unclosed),
    Rule("extension_case", Severity.ERROR, _extension_case),
    Rule("frontmatter_cut", Severity.ERROR, _cut, _uncut),
    Rule("closing_line", Severity.WARNING, _closing_line, _with_closing_line),
)
