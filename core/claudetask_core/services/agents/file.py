"""An agent file as text: a head, YAML frontmatter, and the prompt below it.

Where the frontmatter ends is where Claude Code ends it: at the first `---` below the first line,
be it a line of its own or the middle of a value. The bytes are decoded so that every one of them
comes back (`surrogateescape`), and an edit is a splice: of one key's value, or of the body.
`prompt` is the body without the blank line after the frontmatter and without the final newline,
so that what is written is what is read again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from claudetask_core.errors import writable
from claudetask_core.services.agents.yaml_edit import FrontmatterNotEditable, Value, set_key
from claudetask_core.services.agents.yaml_keys import Entry, Keys, read_keys
from claudetask_core.services.agents.yaml_text import scalar

AS_TEXT = ("tools",)  # written `Read, Grep`, as Claude Code's own files are
_OPENING = re.compile(r"\ufeff?(?:[ \t]*\r?\n)*---[ \t]*\r?\n")
_CLOSING = re.compile(r"---[ \t]*(?:\r?\n|\Z)?")
_WELL_CLOSED = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_UTF16 = ("\udcff\udcfe", "\udcfe\udcff")
_FIRST_BLANK = re.compile(r"\r?\n")


@dataclass(frozen=True)
class AgentFile:
    """The four parts of a file, which together are all of it.

    Without frontmatter, or where that is never closed, all is `body` and `closed` is False.
    """

    opening: str
    front: str
    closing: str
    body: str
    closed: bool
    opened: bool

    @cached_property
    def keys(self) -> Keys:
        return read_keys(self.front)

    @property
    def source(self) -> str:
        return self.opening + self.front + self.closing + self.body

    @property
    def is_tidy(self) -> bool:
        """Whether the frontmatter ends at a line that holds `---` and nothing else."""
        ends = self.closing.endswith("\n") or not self.body
        return self.closed and ends and (not self.front or self.front.endswith("\n"))

    @property
    def prompt(self) -> str:
        """The body in a form to read and to send back."""
        text = writable(self.body).replace("\r\n", "\n")
        return text.removeprefix("\n").removesuffix("\n")

    def text(self, key: str) -> str | None:
        """What a key says, where it says a text."""
        entry = self.keys.get(key)
        return writable(entry.text) if entry and entry.kind == "text" else None

    def words(self, key: str) -> list[str] | None:
        """The names a key lists, as Claude Code splits them; None where there is no such key."""
        entry = self.keys.get(key)
        return None if entry is None else words_of(entry)

    def line_of(self, key: str) -> int:
        """The line of a key in the file, from 1; the first where there is no such key."""
        entry = self.keys.get(key)
        if entry is None:
            return 1
        return self.opening.count("\n") + self.front.count("\n", 0, entry.key_start) + 1


def parse(data: bytes) -> AgentFile:
    """Any bytes as an agent file; what is wrong with them is for the rules to say."""
    text = data.decode("utf-8", "surrogateescape")
    opening = _OPENING.match(text)
    if not opening:
        return AgentFile("", "", "", text, closed=False, opened=False)
    closing = _CLOSING.search(text, opening.end())
    if not closing:
        return AgentFile("", "", "", text, closed=False, opened=True)
    return _split(text, opening.end(), closing)


def as_meant(file: AgentFile) -> AgentFile | None:
    """The file as its author will have meant it, where Claude Code ends the frontmatter sooner:
    up to a closing line, if all before that is YAML.
    """
    closing = _WELL_CLOSED.search(file.source, len(file.opening)) if file.closed else None
    if file.is_tidy or closing is None:
        return None
    meant = _split(file.source, len(file.opening), closing)
    return meant if meant.keys.entries and not meant.keys.error else None


def _split(text: str, opened: int, closing: re.Match[str]) -> AgentFile:
    front = text[opened : closing.start()]
    opening, body = text[:opened], text[closing.end() :]
    return AgentFile(opening, front, closing[0], body, closed=True, opened=True)


def new_file(values: Mapping[str, Value], prompt: str) -> bytes:
    """A file that says these values, in this order; those that are None are left out."""
    lines: list[str] = []
    for key, value in values.items():
        if isinstance(value, list) and value and key in AS_TEXT:
            lines.append(f"{key}: {scalar(', '.join(split_words(value)))}")
        elif isinstance(value, list):
            items = [f"  - {scalar(item)}" for item in split_words(value)]
            lines += [f"{key}:", *items] if items else [f"{key}: []"]
        elif value is not None:
            lines.append(f"{key}: {scalar(value)}")
    body = prompt.replace("\r\n", "\n")
    return "\n".join(["---", *lines, "---", "", f"{body}\n"]).encode()


def edited(file: AgentFile, changes: Mapping[str, Value], prompt: str | None) -> bytes:
    """The file with these keys changed and, unless None, this prompt.

    A value that the file says already is no change, however it writes it.

    Raises:
        FrontmatterNotEditable: A key cannot be set without harm to the rest.
    """
    if file.source.startswith(_UTF16):
        raise FrontmatterNotEditable(
            "the file is UTF-16, which Claude Code does not read",
            next_step="Have it made UTF-8 first: save_agent with action fix.",
        )
    if file.opened and not file.closed:
        raise FrontmatterNotEditable("it is never closed by a --- line")
    if file.closed and not file.is_tidy:
        raise FrontmatterNotEditable("a --- that is no line of its own ends it")
    end_of_line = _end_of_line(file)
    if changes and not file.closed:
        file = _framed(file, end_of_line)
    front = file.front
    for key, value in changes.items():
        wanted = split_words(value) if isinstance(value, list) else value
        if not _says(file, key, wanted):
            written = _as_written(file.keys.get(key), key, wanted)
            front = set_key(front, key, written, end_of_line=end_of_line)
    body = file.body if prompt is None else _body(file, prompt, end_of_line)
    return (file.opening + front + file.closing + body).encode("utf-8", "surrogateescape")


def words_of(entry: Entry) -> list[str]:
    """The names in a value: a text or a list of texts, each with commas or blanks between."""
    if entry.kind == "list":
        return split_words([writable(item.text) for item in entry.items])
    return split_words([writable(entry.text)]) if entry.kind == "text" else []


def split_words(texts: list[str]) -> list[str]:
    """Names apart at commas and blanks, but for those inside parentheses."""
    words: list[str] = []
    for text in texts:
        depth, word = 0, ""
        for sign in text:
            depth = max(0, depth + (sign == "(") - (sign == ")"))
            if depth == 0 and (sign == "," or sign.isspace()):
                words.append(word)
                word = ""
            else:
                word += sign
        words.append(word)
    return [word.strip() for word in words if word.strip()]


def _says(file: AgentFile, key: str, value: Value) -> bool:
    if value is None:
        return file.keys.get(key) is None
    if isinstance(value, list):
        entry = file.keys.get(key)
        return entry is not None and entry.kind in {"text", "list"} and words_of(entry) == value
    said = file.text(key)
    return said is not None and said.strip() == value


def _as_written(entry: Entry | None, key: str, value: Value) -> Value:
    """A list in the style of its predecessor: `Read, Grep` as one text, or a YAML list."""
    if not isinstance(value, list) or not value:
        return value
    if entry and entry.kind in {"text", "list"}:
        return ", ".join(value) if entry.kind == "text" else value
    return ", ".join(value) if key in AS_TEXT else value


def _body(file: AgentFile, prompt: str, end_of_line: str) -> str:
    wanted = prompt.replace("\r\n", "\n")
    if wanted == file.prompt:
        return file.body
    empty = not file.body
    first = _FIRST_BLANK.match(file.body) or wanted.startswith("\n") or (empty and file.closed)
    last = file.body.endswith("\n") or wanted.endswith("\n") or empty
    lead = "\n" if first else ""
    # A file whose frontmatter was its end has no line for the prompt to stand on.
    gap = "\n" if file.closed and not file.closing.endswith("\n") else ""
    return f"{gap}{lead}{wanted}{chr(10) if last else ''}".replace("\n", end_of_line)


def _framed(file: AgentFile, end_of_line: str) -> AgentFile:
    line = f"---{end_of_line}"
    body = file.body if _FIRST_BLANK.match(file.body) else end_of_line + file.body
    return AgentFile(line, "", line, body, closed=True, opened=True)


def _end_of_line(file: AgentFile) -> str:
    source = file.source
    return "\r\n" if source.count("\r\n") * 2 > source.count("\n") else "\n"
