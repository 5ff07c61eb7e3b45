import pytest

from claudetask_core.errors import DomainError
from claudetask_core.services.agents.file import edited, new_file, parse, split_words
from claudetask_core.services.agents.yaml_edit import Value
from claudetask_core.services.agents.yaml_keys import read_keys

ODD = b"""---
# who this is
name:   reviewer   # do not rename
"description": 'It''s  "odd"'
tools:
  - Read   # always
  # the next one is new
  - Grep

custom: {b: 2, a: [1, 2]}   # unknown to all
folded: >
  one
  two

# before model
model: &m sonnet
again: *m
---

You review.
"""


def change(data: bytes, prompt: str | None = None, **values: Value) -> bytes:
    return edited(parse(data), values, prompt)


def refusal(data: bytes, **values: Value) -> DomainError:
    with pytest.raises(DomainError) as caught:
        edited(parse(data), values, None)
    return caught.value


def test_a_change_of_the_description_changes_the_bytes_of_its_value_alone() -> None:
    old = b"""'It''s  "odd"'"""
    assert change(ODD, description="It's even") == ODD.replace(old, b"'It''s even'")


def test_a_change_of_the_prompt_changes_the_body_alone() -> None:
    assert change(ODD, prompt="New.") == ODD.replace(b"You review.", b"New.")


def test_comments_of_list_entries_that_stay_are_kept() -> None:
    assert change(ODD, tools=["Bash(git log, git diff)", "Read"]) == ODD.replace(
        b"  - Read   # always\n  # the next one is new\n  - Grep\n",
        b"  - Bash(git log, git diff)\n  - Read   # always\n",
    )


def test_a_removed_key_takes_its_lines_and_no_others() -> None:
    assert change(ODD, folded=None) == ODD.replace(b"folded: >\n  one\n  two\n", b"")
    assert change(ODD, tools=None) == ODD.replace(
        b"tools:\n  - Read   # always\n  # the next one is new\n  - Grep\n", b""
    )


def test_a_new_key_goes_to_the_end_of_the_frontmatter() -> None:
    assert change(ODD, skills=["plug:pdf", "5"]) == ODD.replace(
        b"again: *m\n", b'again: *m\nskills:\n  - plug:pdf\n  - "5"\n'
    )


def test_a_key_that_others_refer_to_is_not_edited() -> None:
    error = refusal(ODD, model="opus")
    assert error.code == "frontmatter_not_editable"


def test_an_alias_is_replaced_where_it_stands() -> None:
    assert change(ODD, again="opus") == ODD.replace(b"again: *m", b"again: opus")


def test_saying_the_same_in_other_words_changes_nothing() -> None:
    same: dict[str, Value] = {
        "name": "reviewer",
        "description": 'It\'s  "odd"',
        "tools": ["Read, Grep"],
        "absent": None,
    }
    assert edited(parse(ODD), same, "You review.") == ODD


def test_crlf_is_kept_in_what_is_edited_and_what_is_not() -> None:
    data = ODD.replace(b"\n", b"\r\n")
    new = change(data, prompt="a\nb", description="x", skills=["k"], tools=["Read", "Edit"])
    assert new.count(b"\n") == new.count(b"\r\n")
    assert b"# before model\r\nmodel: &m sonnet\r\n" in new
    assert parse(new).prompt == "a\nb"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tools: Read, Grep", "tools: Read, Bash(a, b)"),
        ('tools: "Read, Grep"   # why', 'tools: "Read, Bash(a, b)"   # why'),
        ("tools: [Read, Grep]  # why", 'tools: [Read, "Bash(a, b)"]  # why'),
        ("tools:\n- Read\n- Grep", "tools:\n- Read\n- Bash(a, b)"),
        ("tools:\n    - Read", "tools:\n    - Read\n    - Bash(a, b)"),
        ("tools:  # none yet", "tools: Read, Bash(a, b)  # none yet"),
        ("name: x", "name: x\ntools: Read, Bash(a, b)"),
    ],
)
def test_tools_are_written_in_the_style_they_had(old: str, new: str) -> None:
    data = f"---\n{old}\n---\nBody\n".encode()
    wanted = f"---\n{new}\n---\nBody\n".encode()
    assert change(data, tools=["Read", "Bash(a, b)"]) == wanted


@pytest.mark.parametrize("old", ["tools: [Read]", "tools:\n  - Read", "tools: Read", "tools:"])
def test_no_tools_are_an_empty_list_whatever_stood_there(old: str) -> None:
    new = parse(change(f"---\n{old}\nx: 1\n---\n".encode(), tools=[]))
    assert new.words("tools") == []
    assert "tools: []\n" in new.front


@pytest.mark.parametrize("old", ["model: 5", "model: {a: b}", "model:\n  a: b", "model: [x]"])
def test_a_value_of_the_wrong_kind_is_replaced(old: str) -> None:
    new = parse(change(f"---\nname: x\n{old}\nz: 1\n---\n".encode(), model="opus"))
    assert new.text("model") == "opus"
    assert [entry.key for entry in new.keys.entries if entry.key != "model"] == ["name", "z"]


@pytest.mark.parametrize(
    ("old", "text", "new"),
    [
        (">\n  long\n  text", "a\n\nb", ">-\n  a\n\n\n  b"),
        (">\n  long", "a\n  indented", "|-\n  a\n    indented"),
        ("|\n  x\n   ", "a", "|-\n  a"),
        ("|\n  long\n  text", "a\nb", "|-\n  a\n  b"),
        ("plain", "a\nb", '"a\\nb"'),
        ("plain", "yes", '"yes"'),
        ("plain", "# no comment", '"# no comment"'),
        ("plain", "fix issue #5", '"fix issue #5"'),
        ("plain", "Use: this", '"Use: this"'),
        ("plain", "@home", '"@home"'),
        ("plain", "C:drive a#b", "C:drive a#b"),
        ("'single'", "it's", "'it''s'"),
        ('"double"', "plain", '"plain"'),
        ("plain", "del\x7f nel\x85 ls\u2028 😀", '"del\\u007f nel\\u0085 ls\\u2028 😀"'),
        ("|\n  x", "tab\there", '"tab\\there"'),
    ],
)
def test_a_text_is_written_so_that_every_reader_reads_the_same(
    old: str, text: str, new: str
) -> None:
    data = f"---\ndescription: {old}\n# after\nz: 1\n---\n".encode()
    wanted = f"---\ndescription: {new}\n# after\nz: 1\n---\n".encode()
    assert change(data, description=text) == wanted
    assert parse(wanted).text("description") == text


def test_indented_keys_get_indented_company() -> None:
    assert change(b"---\n  name: x\n---\n", model="opus", skills=["k"]) == (
        b"---\n  name: x\n  model: opus\n  skills:\n    - k\n---\n"
    )


def test_keys_in_braces_cannot_be_edited_line_by_line() -> None:
    data = b"---\n{name: a, model: opus}\n---\n"
    assert change(data, model="haiku") == b"---\n{name: a, model: haiku}\n---\n"
    assert refusal(data, model=None).code == "frontmatter_not_editable"
    assert refusal(data, tools=["Read"]).code == "frontmatter_not_editable"


def test_of_a_key_written_twice_the_last_counts_and_is_edited() -> None:
    data = b"---\nmodel: a\nmodel: b\n---\n"
    assert parse(data).text("model") == "b"
    assert change(data, model="c") == b"---\nmodel: a\nmodel: c\n---\n"


def test_yaml_that_claude_code_reads_on_its_second_try_is_read_and_can_be_mended() -> None:
    data = b"---\nname: x\ndescription: Use: this [now\ntools: [Read\nlist:\n  - a\n---\nB\n"
    file = parse(data)
    assert (file.text("description"), file.words("tools")) == ("Use: this [now", ["[Read"])
    new = change(data, description="Use: that", tools=["Read"])
    assert new == data.replace(b"Use: this [now", b'"Use: that"').replace(b"[Read", b"Read")
    assert parse(new).keys.error == ""


@pytest.mark.parametrize(
    ("front", "description", "tools"),
    [
        ("name:\tx\ndescription:\ta\tb\t\ntools:\t[Read,\tGrep]\t# c", "a\tb", ["Read", "Grep"]),
        ("name: x\ndescription: a\n  \tb\ntools: Read,\tGrep", "a b", ["Read", "Grep"]),
        ("name: x\ndescription: |\n  a\n  \tb\ntools:\n  - Read", "a\n\tb\n", ["Read"]),
        ("\tname: x\n\tdescription: a\n\ttools: Read", "a", ["Read"]),
        ("name: x\ndescription: a: b\ntools:\n\t- Read\n  - Grep", "a: b", ["Read", "Grep"]),
        (
            "name: x\ndescription: a\x1b[1m\x85b\u2028c\ntools: Read",
            "a\x1b[1m\x85b\u2028c",
            ["Read"],
        ),
    ],
)
def test_tabs_and_rare_signs_are_read_as_claude_code_reads_them_and_can_be_edited(
    front: str, description: str, tools: list[str]
) -> None:
    data = f"---\n{front}\n---\nBody\n".encode()
    file = parse(data)
    assert (file.text("description"), file.words("tools")) == (description, tools)
    new = parse(change(data, description="new"))
    assert (new.text("description"), new.words("tools"), new.text("name")) == ("new", tools, "x")
    more = parse(change(data, model="opus"))
    assert more.front.startswith(file.front)
    assert (more.text("model"), more.text("description")) == ("opus", description)


@pytest.mark.parametrize(
    "front",
    [
        "name: x\ndescription: d\n\ttools: Read",
        "name: x\ndescription: d\ntools:\n  \t- Read",
        "name: x\ndescription: d\nhooks:\n  \ta: b",
        "name: x\ndescription: |\n\tone\n\ttwo",
        "name: x\ndescription: d\ntools: [Read,\n\tGrep]",
    ],
)
def test_tabs_that_claude_code_drops_an_agent_for_break_the_yaml(front: str) -> None:
    keys = parse(f"---\n{front}\n---\nBody\n".encode()).keys
    assert keys.error
    assert not keys.lenient


def test_broken_yaml_is_left_alone_but_the_prompt_can_be_written() -> None:
    data = b'---\nname: "x" y\n---\nold\n'
    assert refusal(data, name="y").code == "frontmatter_not_editable"
    assert change(data, prompt="new") == b'---\nname: "x" y\n---\nnew\n'


def test_a_frontmatter_that_is_never_closed_is_left_alone() -> None:
    data = b"---\nname: x\n"
    with pytest.raises(DomainError) as caught:
        change(data, prompt="new")
    assert caught.value.code == "frontmatter_not_editable"


def test_a_file_without_frontmatter_gets_one() -> None:
    new = change(b"Just text.\r\n", name="x", description="z")
    assert new == b"---\r\nname: x\r\ndescription: z\r\n---\r\n\r\nJust text.\r\n"


@pytest.mark.parametrize("body", ["", "\n", "x", "x\n", "\nx", "\n\n  x\n\n", "\r\nx\r\n"])
@pytest.mark.parametrize("prompt", ["", "p", "p\n", "\np\n\n", "---\nname: z\n---"])
def test_a_prompt_is_read_as_it_was_written_over_any_body(body: str, prompt: str) -> None:
    data = f"---\nname: x\n---\n{body}".encode()
    new = change(data, prompt=prompt)
    assert parse(new).prompt == prompt
    assert parse(new).text("name") == "x"
    assert change(data, prompt=parse(data).prompt) == data


def test_a_body_can_follow_a_closing_line_that_ends_the_file() -> None:
    assert parse(change(b"---\nname: x\n---", prompt="p")).prompt == "p"


def test_bytes_that_are_no_utf8_outlive_an_edit() -> None:
    data = b"---\nname: x\ndescription: caf\xe9\n---\n\xff\n"
    assert parse(data).text("description") == "caf\ufffd"
    assert change(data, name="y") == b'---\nname: "y"\ndescription: caf\xe9\n---\n\xff\n'


def test_a_new_file_holds_its_values_in_order() -> None:
    values: dict[str, Value] = {
        "name": "x",
        "description": "Use: it",
        "tools": ["Read", "Bash(a, b)"],
        "model": None,
        "skills": ["k"],
    }
    assert new_file(values, "Do\r\nit.") == (
        b'---\nname: x\ndescription: "Use: it"\ntools: Read, Bash(a, b)\n'
        b"skills:\n  - k\n---\n\nDo\nit.\n"
    )
    assert b"tools: []\n" in new_file({"tools": []}, "")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["Read, Grep,Glob , Bash(git *)"], ["Read", "Grep", "Glob", "Bash(git *)"]),
        (["Read Grep"], ["Read", "Grep"]),
        (["Read, Grep", "Edit"], ["Read", "Grep", "Edit"]),
        (["Bash(a, (b) c), X)"], ["Bash(a, (b) c)", "X)"]),
        ([""], []),
    ],
)
def test_tool_names_are_split_as_claude_code_splits_them(
    texts: list[str], words: list[str]
) -> None:
    assert split_words(texts) == words


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20)),
        "[" * 60_000,
        "- " * 3000,
        "? " * 3000,
        "a: " + "x" * 70_000,
        "a: !!python/object/apply:os.system [exit]\n",
        "a: 1\n...\nb: 2\n",
        "a: \x00\n",
        "just words\n",
        "- a\n- b\n",
        "%YAML 9.9\n",
    ],
)
def test_a_hostile_frontmatter_is_read_in_bounded_time_or_said_to_be_broken(text: str) -> None:
    keys = read_keys(text)
    assert keys.error or keys.entries


def test_a_value_that_another_key_refers_to_is_not_taken_from_under_it() -> None:
    data = b"---\nname: x\ndescription: &d one\nnote: *d\n---\nb\n"
    for wanted in ("two", None):
        error = refusal(data, description=wanted)
        assert error.code == "frontmatter_not_editable"
        assert "undefined alias" in str(error)
    assert change(data, model="opus") == data.replace(b"note: *d\n", b"note: *d\nmodel: opus\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_utf16_file_is_not_taken_for_a_prompt_and_replaced(encoding: str) -> None:
    data = "\ufeff---\nname: x\ndescription: d\n---\nb\n".encode(encoding)
    for prompt, values in (("New.", {}), (None, {"description": "New."})):
        with pytest.raises(DomainError) as caught:
            edited(parse(data), values, prompt)
        assert caught.value.code == "frontmatter_not_editable"
        assert "action fix" in (caught.value.next_step or "")
