"""Each rule finds its file and no other, and a fix makes of it what was meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from claudetask_core.services.agents.file import parse
from claudetask_core.services.agents.rule import Subject, Surroundings
from claudetask_core.services.agents.rules import RULES, fixed, is_loaded, problems_of
from claudetask_core.services.agents.rules_tools import runs_with
from tests.core.keeper.agent_fixtures import AT_MARGIN, BROKEN, FINE, Fixture, text

AROUND = Surroundings(
    servers=frozenset({"github"}),
    skills=frozenset({"verify"}),
    outer_agents={"shadowed_scope": Path("/home/ann/.claude/agents/shadowed_scope.md")},
)


def subject(data: bytes, path: str = "x.md") -> Subject:
    return Subject(Path(path), parse(data), around=AROUND)


def of(rule: str, fixture: Fixture) -> Subject:
    return subject(fixture.data, fixture.file or f"{rule}.md")


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_its_file_and_no_other_rule_does(rule: str) -> None:
    fixture = BROKEN[rule]
    found = problems_of(of(rule, fixture))
    assert [(problem.rule, problem.line) for problem in found] == [(rule, fixture.line)]
    assert is_loaded(of(rule, fixture)) is fixture.loaded
    assert found[0].fixable is (fixture.fixed is not None)
    assert found[0].message.endswith(".")
    assert found[0].mend.endswith(".")
    assert len(found[0].message) + len(found[0].mend) < 400


def test_every_rule_has_a_file_that_breaks_it() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(names) == {*BROKEN, "duplicate_name"}


@pytest.mark.parametrize("rule", [rule for rule, one in BROKEN.items() if one.fixed is not None])
def test_a_fix_makes_of_a_file_what_was_meant_and_nothing_more(rule: str) -> None:
    fixture = BROKEN[rule]
    data, rules = fixed(of(rule, fixture))
    assert (data.decode(), rules) == (fixture.fixed, [rule])
    after = replace(of(rule, fixture), file=parse(data))
    assert is_loaded(after)
    assert problems_of(after) == []
    assert fixed(after) == (data, [])


@pytest.mark.parametrize("rule", [rule for rule, one in BROKEN.items() if one.fixed is None])
def test_what_only_its_author_can_mend_is_left_alone(rule: str) -> None:
    assert fixed(of(rule, BROKEN[rule])) == (BROKEN[rule].data, [])


@pytest.mark.parametrize("name", AT_MARGIN)
def test_a_value_that_goes_on_at_the_margin_is_indented(name: str) -> None:
    content, mended = AT_MARGIN[name]
    one = subject(content.encode(), f"{name}.md")
    assert [problem.rule for problem in problems_of(one)] == ["yaml_broken"]
    assert "not indented" in problems_of(one)[0].message
    assert not is_loaded(one)
    assert fixed(one) == (mended.encode(), ["yaml_broken"])
    assert is_loaded(replace(one, file=parse(mended.encode())))


@pytest.mark.parametrize("name", FINE)
def test_what_claude_code_takes_is_no_problem(name: str) -> None:
    content = FINE[name]
    one = subject(content.encode() if isinstance(content, str) else content, f"{name}.md")
    assert problems_of(one) == []
    assert is_loaded(one)
    assert fixed(one)[1] == []


@pytest.mark.parametrize(
    ("rule", "fixture"), [(r, one) for r, one in BROKEN.items() if one.runs_with is not None]
)
def test_the_tools_are_told_that_an_agent_really_gets(rule: str, fixture: Fixture) -> None:
    del rule
    got = runs_with(parse(fixture.data))
    wanted = list(fixture.runs_with or ())
    assert [tool for tool in got or [] if not tool.startswith("mcp__")] == wanted


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", None),
        ('tools: "*"\n', None),
        ("tools: Read, Edit\ndisallowedTools: Edit\n", ["Read"]),
        ("tools:\nmemory: local\n", ["Write", "Edit", "Read"]),
        ("tools: Bash(git *), Read, Read\n", ["Bash", "Read"]),
    ],
)
def test_tools_that_are_added_and_taken_away_count(keys: str, wanted: list[str] | None) -> None:
    assert runs_with(parse(text("x", keys).encode())) == wanted


SEVERAL = "\n---\ndescription: Use: this\nmodel: opus\nmodel: haiku\ntools: [read]\n---\nBody.\n"


def test_several_faults_are_fixed_at_once_with_all_else_to_the_byte() -> None:
    data, rules = fixed(subject(SEVERAL.encode(), "helper.md"))
    assert data.decode() == (
        '---\nname: helper\ndescription: "Use: this"\nmodel: haiku\ntools: [Read]\n---\nBody.\n'
    )
    assert rules == [
        "blank_first_line",
        "yaml_lenient",
        "duplicate_key",
        "name_missing",
        "tool_case",
    ]


def test_a_fix_keeps_line_endings_comments_and_the_prompt() -> None:
    file = text("x", "# mine\ntools: [read]  # few\n", body="\n# Body \n\n---\n\tend")
    data, _ = fixed(subject(file.replace("\n", "\r\n").encode()))
    assert data.decode() == file.replace("[read]", "[Read]").replace("\n", "\r\n")


PROSE = """---
name: writer
description: Use this agent to write. Examples:

<example>
user: "Write: a poem"
</example>
\tmodel: opus
---
Body.
"""


def test_a_description_that_runs_over_lines_becomes_one_that_yaml_reads() -> None:
    before = subject(PROSE.encode())
    assert not is_loaded(before)
    data, rules = fixed(before)
    assert rules == ["yaml_broken"]
    after = subject(data)
    assert is_loaded(after)
    assert after.file.text("model") == "opus"
    assert after.file.text("description") == (
        'Use this agent to write. Examples:\n\n<example>\nuser: "Write: a poem"\n</example>'
    )


@pytest.mark.parametrize(
    "content",
    [
        "---\nname: x\n- item\ndescription: [\n---\n",
        "---\nname: [a]\ndescription: d\n---\n",
        "---\n{name: a, name: b, description: d}\n---\n",
        "---\nname: x\ndescription: [a, b]\n---\n",
        "---\nname: x\ndescription: d\n--- and text\n---\n",
        "\xff\xfe\x00",
    ],
)
def test_what_is_too_unclear_to_fix_stays_as_it_is(content: str) -> None:
    data = content.encode("latin-1")
    assert fixed(subject(data, "not a name.md"))[0] == data


def test_a_comment_of_many_dashes_ends_the_frontmatter_until_it_is_fixed() -> None:
    one = subject(b"---\nname: x\n# -------\ndescription: d\n---\n")
    assert "frontmatter_cut" in {problem.rule for problem in problems_of(one)}
    assert not is_loaded(one)
    assert fixed(one)[0] == b"---\nname: x\n# --\ndescription: d\n---\n"


@pytest.mark.parametrize("line", ["  ---\n", "----\n", "--- - \n"])
def test_a_closing_line_that_is_not_quite_one_is_made_one(line: str) -> None:
    one = subject(f"---\nname: x\ndescription: d\n{line}Body.\n".encode())
    assert is_loaded(one)
    assert fixed(one)[0].decode() == text("x")


@pytest.mark.parametrize(
    ("keys", "mend"),
    [
        ("tools: WebFech\n", "Write WebFetch if that is meant."),
        ("tools: Zzz\n", "Remove it."),
        ("disallowedTools: Reed\n", "Write Read if that is meant."),
        ("tool: Read\n", "Write tools."),
        ("max_turns: 5\n", "Write maxTurns."),
        ("licence: mine\n", "Remove it, or say it in the prompt."),
        ("model: 5\n", "Give it haiku, sonnet, opus, fable, inherit or a model's full name."),
    ],
)
def test_the_mend_names_what_is_near(keys: str, mend: str) -> None:
    found = problems_of(subject(text("x", keys).encode()))
    assert [problem.mend for problem in found] == [mend]


def test_servers_and_skills_that_cannot_be_known_are_no_problem() -> None:
    file = parse(text("x", "tools: mcp__nobody__ask\nskills: nobody\n").encode())
    assert problems_of(Subject(Path("x.md"), file)) == []


@pytest.mark.parametrize("tool", ["mcp__github", "mcp__plugin_a_b__c", "mcp__ide__x", "mcp__"])
def test_a_server_that_is_there_or_comes_from_elsewhere_is_no_problem(tool: str) -> None:
    assert problems_of(subject(text("x", f"tools: {tool}\n").encode())) == []
