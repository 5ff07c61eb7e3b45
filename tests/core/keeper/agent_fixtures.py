"""One agent file for every way in which Claude Code drops an agent or runs it otherwise.

The files are named after the rule that finds them and, where they have a name, so are the agents;
all of them together make one project.
"""

from dataclasses import dataclass

Version = tuple[int, ...]


def text(name: str, keys: str = "", description: str = "d", body: str = "Body.\n") -> str:
    return f"---\nname: {name}\ndescription: {description}\n{keys}---\n{body}"


@dataclass(frozen=True)
class Fixture:
    """A file that breaks one rule.

    Attributes:
        content: What the file holds.
        line: Where the finding is.
        loaded: Whether Claude Code takes it for an agent.
        since: The version from which on Claude Code takes it for an agent all the same.
        before: The version before which it does.
        said: What Claude Code's debug log says of the file; empty for not a word.
        said_since: The version from which on it says that.
        fixed: What the fix makes of it; None where there is none.
        file: Its name, where that is not the rule's.
        name: The agent's name where it is not the rule's.
        runs_with: The tools that a run of the agent has; None where that is all.
    """

    content: str | bytes
    line: int
    loaded: bool = True
    since: Version | None = None
    before: Version | None = None
    said: str = ""
    said_since: Version = ()
    fixed: str | None = None
    file: str = ""
    name: str = ""
    runs_with: tuple[str, ...] | None = None

    def is_loaded_by(self, version: Version) -> bool:
        """Whether this version of Claude Code takes it for an agent."""
        newer = self.since is not None and version >= self.since
        older = self.before is not None and version < self.before
        return self.loaded or newer or older

    def said_by(self, version: Version) -> str:
        """What the debug log of this version says of it."""
        return self.said if version >= self.said_since else ""

    @property
    def data(self) -> bytes:
        return self.content.encode() if isinstance(self.content, str) else self.content


def _dropped(
    content: str | bytes,
    line: int = 1,
    *,
    said: str = "",
    fixed: str | None = None,
    file: str = "",
    name: str = "",
) -> Fixture:
    return Fixture(content, line, loaded=False, said=said, fixed=fixed, file=file, name=name)


_NO_NAME = 'Missing required "name"'
_NO_DESCRIPTION = 'Missing required "description"'
_NO_YAML = "Failed to parse YAML frontmatter"

FORM = {
    "utf16": _dropped(text("utf16").encode("utf-16"), fixed=text("utf16")),
    "bom": Fixture("\ufeff" + text("bom"), 1, loaded=False, since=(2, 1, 239), fixed=text("bom")),
    "cr_only": _dropped(text("cr_only").replace("\n", "\r"), fixed=text("cr_only")),
    "not_utf8": Fixture(text("not_utf8", description="caf\xe9").encode("latin-1"), 3),
    "blank_first_line": _dropped(
        "\n \r\n" + text("blank_first_line"), fixed=text("blank_first_line")
    ),
    "fence_long": _dropped(
        "----\nname: fence_long\ndescription: d\n----\nBody.\n",
        fixed=text("fence_long"),
    ),
    "toml": _dropped('+++\nname = "toml"\ndescription = "d"\n+++\nBody.\n'),
    "frontmatter_missing": _dropped("Just text.\n"),
    "closed_by_dots": _dropped(
        "---\nname: closed_by_dots\ndescription: d\n...\nBody.\n",
        4,
        fixed=text("closed_by_dots"),
    ),
    "unclosed_frontmatter": _dropped("---\nname: unclosed_frontmatter\ndescription: d\n"),
    "extension_case": _dropped(text("extension_case"), file="extension_case.MD"),
    "frontmatter_cut": Fixture(
        text("frontmatter_cut", "tools: Read\n", description="before --- after"),
        3,
        fixed=text("frontmatter_cut", "tools: Read\n", description='"before \\u002d-- after"'),
    ),
    "closing_line": Fixture(
        "---\nname: closing_line\ndescription: d\n-----\nBody.\n",
        4,
        fixed=text("closing_line"),
    ),
}
YAML = {
    "yaml_broken": _dropped(
        text("yaml_broken", description='"quoted" and more'),
        3,
        said=_NO_YAML,
        fixed=text("yaml_broken", description='"\\"quoted\\" and more"'),
    ),
    "yaml_lenient": Fixture(
        text("yaml_lenient", description="Use: this"),
        3,
        fixed=text("yaml_lenient", description='"Use: this"'),
    ),
    "duplicate_key": Fixture(
        text("duplicate_key", "description: second\n"),
        3,
        fixed=text("duplicate_key", description="second"),
    ),
    "description_cut": Fixture(
        text("description_cut", description="fix issue #5"),
        3,
        fixed=text("description_cut", description='"fix issue #5"'),
    ),
    "unknown_key": Fixture(
        text("unknown_key", "allowed-tools: Read\n"),
        4,
        said="does not recognize or apply",
        said_since=(2, 1, 299),
    ),
}
NAMES = {
    "name_missing": _dropped(
        "---\ndescription: d\n---\nBody.\n",
        fixed="---\nname: name_missing\ndescription: d\n---\nBody.\n",
    ),
    "name_not_string": _dropped(
        text("123"), 2, said=_NO_NAME, fixed=text('"123"'), file="name_not_string.md"
    ),
    "description_missing": _dropped(
        text("description_missing", description=""), 3, said=_NO_DESCRIPTION
    ),
    "description_not_string": _dropped(
        text("description_not_string", description="5"),
        3,
        said=_NO_DESCRIPTION,
        fixed=text("description_not_string", description='"5"'),
    ),
    "description_blank": Fixture(text("description_blank", description='"  "'), 3),
    "description_long": Fixture(text("description_long", description="d" * 2001), 3),
    "built_in_replaced": Fixture(text("general-purpose"), 2, name="general-purpose"),
    "shadowed_scope": Fixture(text("shadowed_scope"), 2),
}
KEYS = {
    "invalid_permission_mode": Fixture(
        text("invalid_permission_mode", "permissionMode: acceptedits\n"),
        4,
        said="invalid permissionMode 'acceptedits'",
        fixed=text("invalid_permission_mode", "permissionMode: acceptEdits\n"),
    ),
    "invalid_max_turns": Fixture(
        text("invalid_max_turns", "maxTurns: 0\n"), 4, said="invalid maxTurns '0'"
    ),
    "invalid_memory": Fixture(
        text("invalid_memory", "memory: global\n"), 4, said="invalid memory value 'global'"
    ),
    "invalid_isolation": Fixture(
        text("invalid_isolation", "isolation: container\n"),
        4,
        said="invalid isolation value 'container'",
    ),
    "invalid_effort": Fixture(
        text("invalid_effort", "effort: huge\n"), 4, said="invalid effort 'huge'"
    ),
    "invalid_background": Fixture(
        text("invalid_background", "background: sometimes\n"),
        4,
        said="invalid background value 'sometimes'",
    ),
    "invalid_color": Fixture(text("invalid_color", "color: ultraviolet\n"), 4),
    "invalid_model": Fixture(text("invalid_model", "model: gpt-9\n"), 4),
    "model_remapped": Fixture(text("model_remapped", "model: claude-opus-4-1\n"), 4),
    "memory_adds_tools": Fixture(
        text("memory_adds_tools", "tools: Grep\nmemory: project\n"),
        5,
        runs_with=("Write", "Edit", "Read", "Grep"),
    ),
    "invalid_hooks": Fixture(
        text("invalid_hooks", "hooks:\n  PreToolUse:\n    - command: ./check.sh\n"),
        4,
        loaded=False,
        before=(2, 1, 257),
        said="Failed to parse agent",
        said_since=(2, 1, 257),
    ),
    "invalid_auto_compact_window": Fixture(
        text("invalid_auto_compact_window", "autoCompactWindow: 5\n"),
        4,
        said="invalid autoCompactWindow '5'",
        said_since=(2, 1, 300),
    ),
    "invalid_mcp_servers": Fixture(text("invalid_mcp_servers", "mcpServers: nonsense\n"), 4),
    "invalid_skills": Fixture(text("invalid_skills", "skills: 5\n"), 4),
    "skill_missing": Fixture(text("skill_missing", "skills: nobody-has-this\n"), 4),
    "initial_prompt": Fixture(text("initial_prompt", "initialPrompt: Hello\n"), 4),
}
TOOLS = {
    "tools_empty": Fixture(text("tools_empty", "tools: []\n"), 4, runs_with=()),
    "tool_case": Fixture(
        text("tool_case", "tools: read, Grep\n"),
        4,
        fixed=text("tool_case", "tools: Read, Grep\n"),
        runs_with=("Grep",),
    ),
    "unknown_tool": Fixture(text("unknown_tool", "tools: Read, Zzz\n"), 4, runs_with=("Read",)),
    "former_tool": Fixture(text("former_tool", "tools: Read, LS\n"), 4, runs_with=("Read",)),
    "tool_not_for_agents": Fixture(
        text("tool_not_for_agents", "tools: Read, AskUserQuestion\n"), 4, runs_with=("Read",)
    ),
    "search_tools_dropped": Fixture(
        text("search_tools_dropped", "tools: Read, Grep, Glob, Bash\n"),
        4,
        runs_with=("Read", "Bash"),
    ),
    "mcp_server_missing": Fixture(
        text("mcp_server_missing", "tools: Read, mcp__nobody__ask\n"), 4, runs_with=("Read",)
    ),
}
BROKEN: dict[str, Fixture] = {**FORM, **YAML, **NAMES, **KEYS, **TOOLS}

AT_MARGIN: dict[str, tuple[str, str]] = {
    "quoted_at_margin": (
        text("quoted_at_margin", "color: red\n", description='"one\ntwo\n\n three"'),
        text("quoted_at_margin", "color: red\n", description='"one\n  two\n\n three"'),
    ),
    "listed_at_margin": (
        text("listed_at_margin", "tools: [Read,\nGrep\n]\n"),
        text("listed_at_margin", "tools: [Read,\n  Grep\n]\n"),
    ),
    "nested_at_margin": (
        text("nested_at_margin", "mcpServers:\n  - 'one\n  two'\n"),
        text("nested_at_margin", "mcpServers:\n  - 'one\n    two'\n"),
    ),
}
"""Frontmatters whose values go on in lines that are not indented, and what the fix makes of them:
Claude Code drops the agents.
"""

FINE: dict[str, str | bytes] = {
    "crlf": text("crlf").replace("\n", "\r\n"),
    "trailing_blanks": "---   \nname: trailing_blanks \ndescription: d\n---  \nBody.\n",
    "indented": "--- \n# a comment\n  name: indented\n  description: d\n---\nBody.\n",
    "empty_body": "---\nname: empty_body\ndescription: d\n---\n",
    "closed_at_the_end": "---\nname: closed_at_the_end\ndescription: d\n---",
    "quoted": '---\nname: "quoted"\ndescription: |\n  a\n  b\ntools: "*"\n---\nBody.\n',
    "folded": "---\nname: folded\ndescription: >\n  a\n  b\n---\nBody.\n",
    "a_date": text('"2024"', description="2024-01-01"),
    "yes": text("yes", description="no"),
    "Caps Name!": text("Caps Name!"),
    "commas": text("commas", "tools: Read, Edit,Write , Bash(git log, ls)\n"),
    "blanks": text("blanks", "tools: Read Edit\n"),
    "list": text("list", 'tools:\n  - Read\n  - "Edit, Write"\n'),
    "flow_list": text("flow_list", "tools: [Read, Edit]\n"),
    "ours": text("ours", "tools: Read, mcp__claudetask__get_task, mcp__claudetask__*\n"),
    "agents": text("agents", "tools: Agent(ours), Read\n"),
    "model": text("model", "model: Sonnet\n"),
    "long_model": text("long_model", 'model: "opus[1m]"\n'),
    "all_keys": text(
        "all_keys",
        "permissionMode: plan\nmaxTurns: '5'\nmemory: user\neffort: xhigh\nbackground: true\n"
        "isolation: worktree\ncolor: cyan\nskills: [verify]\nhooks: {}\nmcpServers: [x]\n",
    ),
    "rule_in_the_body": text("rule_in_the_body", body="One.\n\n---\n\nTwo.\n"),
    "comment": text("comment", description="d  # a comment"),
    "sub/deep": text("deep"),
    "tabs": "---\nname:\ttabs\t\ndescription:\tone\ttwo\n\t\n\t# a\tcomment\ntools:\t\n"
    "  -\tRead\t# why\n  - Edit\nmodel: \t haiku\n---\nBody.\n",
    "rare_signs": text("rare_signs", description="a\x1b[1mb\x85c\u2028d"),
    "brackets": text("brackets", "tools: [\n  Read,  # why\n# and\n  Edit\n]\n"),
}
"""Files that Claude Code takes as their authors mean them, by their path without `.md`."""
