"""Rules about the YAML of an agent's frontmatter."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import AgentFile
from claudetask_core.services.agents.rule import Finding, Rule, Subject, as_bytes
from claudetask_core.services.agents.yaml_keys import Entry, read_keys
from claudetask_core.services.agents.yaml_nodes import AT_MARGIN
from claudetask_core.services.agents.yaml_text import json_text, scalar

# fmt: off
KNOWN_KEYS = (
    "name", "description", "tools", "disallowedTools", "model", "permissionMode", "maxTurns",
    "skills", "mcpServers", "hooks", "memory", "effort", "background", "isolation", "color",
    "initialPrompt", "autoCompactWindow", "omitClaudeMd", "observer", "observerMessage",
    "observeToolResults", "observeSubagents", "experimental",
)
# fmt: on
_KEY_LINE = re.compile(rf"[ \t]*({'|'.join(KNOWN_KEYS)}):(?:[ \t]+(.*?))?[ \t]*\r?")
_SHOWN = 60


def _broken(subject: Subject) -> Iterator[Finding]:
    keys = subject.file.keys
    if subject.file.closed and keys.error and not keys.lenient:
        yield Finding(
            _line(subject.file),
            f"The frontmatter is not valid YAML ({keys.error}): Claude Code drops the agent.",
            "Put values with : # quotes or several lines in double quotes, on one line, and "
            "indent with blanks.",
        )


def _lenient(subject: Subject) -> Iterator[Finding]:
    keys = subject.file.keys
    if keys.lenient:
        message = f"Not valid YAML ({keys.error}); Claude Code guesses what is meant."
        yield Finding(_line(subject.file), message, "Put the value in quotes.")


def _line(file: AgentFile) -> int:
    return file.opening.count("\n") + file.keys.line + 1


def _mended(subject: Subject) -> bytes | None:
    """The values that broke it in quotes, each with the lines that can only belong to it."""
    file = subject.file
    indented = _indented(file.front)
    if indented != file.front:
        return as_bytes(file.opening + indented + file.closing + file.body)
    end = "\r\n" if file.opening.endswith("\r\n") else "\n"
    front = "".join(f"{line}{end}" for line in _quoted_lines(file.front))
    keys = read_keys(front)
    if keys.error or "---" in front or any(not entry.key for entry in keys.entries):
        return None
    return as_bytes(file.opening + front + file.closing + file.body)


def _indented(front: str) -> str:
    """With two blanks before each line at the margin that belongs to the value above it."""
    lines, keys = front.split("\n"), read_keys(front)
    for _ in range(len(lines)):
        if keys.error != AT_MARGIN:
            break
        lines[keys.line] = f"  {lines[keys.line]}"
        keys = read_keys("\n".join(lines))
    return front if keys.error else "\n".join(lines)


def _quoted_lines(front: str) -> Iterator[str]:
    for key, lines in _grouped(front):
        whole = "\n".join(lines)
        is_clear = len(lines) == 1 or key == "description"  # several lines are prose, or a list
        if not key or not is_clear or not read_keys(whole).error:
            yield from lines
        elif found := _KEY_LINE.fullmatch(lines[0]):
            first = found[2] or ""
            said = "\n".join([_bare(first) if len(lines) == 1 else first, *lines[1:]]).rstrip()
            yield f"{key}: {json_text(said)}"


def _bare(value: str) -> str:
    """A value without the quotes around it, which were meant to hold it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _grouped(front: str) -> Iterator[tuple[str, list[str]]]:
    """Each known key with its lines, up to the next."""
    key, lines = "", list[str]()
    for raw in front.removesuffix("\n").split("\n"):
        line = raw.removesuffix("\r")
        found = _KEY_LINE.fullmatch(line)
        if found:
            if lines:
                yield key, lines
            key, lines = found[1], [line.lstrip("\t")]
        else:
            lines.append(line)
    if lines:
        yield key, lines


def _twice(subject: Subject) -> Iterator[Finding]:
    for entry in _earlier(subject.file):
        yield Finding(
            _line_at(subject.file, entry),
            f"{entry.key} is given more than once: only the last counts.",
            "Remove this line.",
        )


def _earlier(file: AgentFile) -> list[Entry]:
    """The entries that a later one of the same key makes void."""
    if file.keys.error and not file.keys.lenient:
        return []
    left = Counter(entry.key for entry in file.keys.entries if entry.key)
    void: list[Entry] = []
    for entry in file.keys.entries:
        left[entry.key] -= 1
        if left[entry.key] > 0:
            void.append(entry)
    return void


def _once(subject: Subject) -> bytes | None:
    file = subject.file
    front = file.front
    for entry in reversed(_earlier(file)):
        start = front.rfind("\n", 0, entry.key_start) + 1
        end = front.find("\n", max(entry.end, entry.key_end)) + 1
        if front[start : entry.key_start].strip() or not end:
            return None
        front = front[:start] + front[end:]
    return as_bytes(file.opening + front + file.closing + file.body)


def _cut(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("description")
    raw = _raw(subject.file, entry)
    if entry and raw and raw != entry.text:
        yield Finding(
            subject.file.line_of("description"),
            f"Claude Code reads only {_clip(entry.text)!r} of this line: YAML takes "
            f"{_clip(_taken(entry.text, raw))!r} for itself.",
            "Put the description in quotes.",
        )


def _raw(file: AgentFile, entry: Entry | None) -> str:
    """All that stands behind the key, where it is a plain value on one line and has no comment."""
    if entry is None or entry.kind != "text" or entry.style or file.keys.lenient:
        return ""
    line = file.front[entry.key_end :].partition("\n")[0]
    if file.front[file.front.rfind("\n", 0, entry.key_start) + 1 : entry.key_start].strip():
        return ""
    raw = line.partition(":")[2].strip()
    one_line = entry.text and entry.text in raw and "\n" not in file.front[entry.start : entry.end]
    return raw if one_line and not re.search(r"\s#(?:\s|$)", raw) else ""


def _taken(text: str, raw: str) -> str:
    return raw.replace(text, "", 1).strip()


def _whole(subject: Subject) -> bytes | None:
    file = subject.file
    entry = file.keys.get("description")
    raw = _raw(file, entry)
    if entry is None or not raw:
        return None
    start = file.front.index(raw, entry.key_end)
    front = file.front[:start] + scalar(raw, '"') + file.front[start + len(raw) :]
    return as_bytes(file.opening + front + file.closing + file.body)


def _line_at(file: AgentFile, entry: Entry) -> int:
    return file.opening.count("\n") + file.front.count("\n", 0, entry.key_start) + 1


def _unknown(subject: Subject) -> Iterator[Finding]:
    if not subject.has_keys:
        return
    for entry in subject.file.keys.entries:
        if entry.key and entry.key != "<<" and entry.key not in KNOWN_KEYS:
            near = _near(entry.key)
            mend = f"Write {near}." if near else "Remove it, or say it in the prompt."
            message = f"Claude Code knows no key {_clip(entry.key)!r} and ignores it."
            yield Finding(_line_at(subject.file, entry), message, mend)


def _near(key: str) -> str:
    lowered = {known.lower(): known for known in KNOWN_KEYS}
    plain = re.sub("[-_]", "", key.lower())
    plain = {"allowedtools": "tools", "tool": "tools", "skill": "skills"}.get(plain, plain)
    close = difflib.get_close_matches(plain, lowered, n=1, cutoff=0.8)
    return lowered[close[0]] if close else ""


def _clip(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


RULES = (
    Rule("yaml_broken", Severity.ERROR, _broken, _mended),
    Rule("yaml_lenient", Severity.WARNING, _lenient, _mended),
    Rule("duplicate_key", Severity.WARNING, _twice, _once),
    Rule("description_cut", Severity.WARNING, _cut, _whole),
    Rule("unknown_key", Severity.HINT, _unknown),
)
