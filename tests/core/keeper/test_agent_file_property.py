"""Over frontmatter of any style: a change of one key changes that key's bytes and no other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.services.agents.file import edited, parse
from claudetask_core.services.agents.yaml_edit import Value

AROUND = [
    "# a comment",
    "",
    "name: reviewer  # note",
    "'odd key': 'It''s'",
    '"quoted": "tab\\t and \\u00e9"',
    "folded: >-\n  one\n\n  two\n",
    "literal: |\n  # no comment\n    deeper\n",
    "flow: {a: [1, 2], b: 'x'}",
    "flow_lines: [a,\n  b]  # end",
    "list:\n- a\n\n# between\n- b",
    "nested:\n  deep:\n    - x: 1\n      y: 2\n  # inside",
    "empty:",
    "null_one: ~",
    "anchor: &it value",
    "plain: over\n  two lines",
    "hooks: !tag {x: 1}",
]
DESCRIPTIONS = [
    "old",
    "'old'",
    '"old"',
    "|\n  old\n  lines",
    ">-\n  old\n  lines",
    "|\n  old\n   ",
    "",
    "5",
    "over\n  two",
]
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1
).filter(lambda text: text == text.strip() and text)
WORDS = st.sampled_from(["Read", "Grep", "Bash(git log, ls)", "mcp__a__*", "*", "#x", "'q'"])


@st.composite
def surroundings(draw: st.DrawFn) -> tuple[str, str, str]:
    lines = draw(st.lists(st.sampled_from(AROUND), unique=True))
    at = draw(st.integers(0, len(lines)))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    before, after = ("".join(f"{one}\n" for one in part) for part in (lines[:at], lines[at:]))
    return before.replace("\n", end), after.replace("\n", end), end


@given(surroundings(), st.sampled_from(DESCRIPTIONS), TEXTS)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_new_description_changes_its_own_lines_alone(
    around: tuple[str, str, str], old: str, text: str
) -> None:
    before, after, end = around
    key = f"description: {old}\n".replace("\n", end)
    data = f"---{end}{before}{key}{after}---{end}Body{end}".encode()

    new = edited(parse(data), {"description": text}, None)

    assert (parse(new).text("description") or "").strip() == text
    assert parse(new).prompt == "Body"
    if old != "5":  # a number is no text: its key is written anew, at the end
        assert new.startswith(f"---{end}{before}description:".encode())
        assert new.endswith(f"{after}---{end}Body{end}".encode())


@given(
    surroundings(), st.sampled_from(["a, b", "[a, b]", "\n- a\n- b", "\n  - a # why"]), st.data()
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_new_tools_change_their_own_lines_alone(
    around: tuple[str, str, str], old: str, draw: st.DataObject
) -> None:
    before, after, end = around
    tools = draw.draw(st.lists(WORDS, min_size=1))
    key = f"tools: {old}\n".replace("\n", end).replace(f": {end}", f":{end}")
    data = f"---{end}{before}{key}{after}---{end}Body{end}".encode()

    new = edited(parse(data), {"tools": tools}, None)

    assert parse(new).words("tools") == tools
    assert new.startswith(f"---{end}{before}tools:".encode())
    assert new.endswith(f"{after}---{end}Body{end}".encode())


@given(surroundings(), st.sampled_from(["description", "tools", "model"]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_key_that_is_added_and_removed_leaves_the_file_as_it_was(
    around: tuple[str, str, str], key: str
) -> None:
    before, after, end = around
    data = f"---{end}{before}{after}---{end}Body{end}".encode()
    value: Value = ["Read"] if key == "tools" else "Some words: here"
    added = edited(parse(data), {key: value}, None)
    assert edited(parse(added), {key: None}, None) == data
