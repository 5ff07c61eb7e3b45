"""Adding to somebody's JSON and taking it out again: no other byte moves."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.services.disk.json_edit import (
    APPEND,
    BOM,
    NotJson,
    WrongShape,
    add,
    parse,
    remove,
)

FILE = Path("/p/.mcp.json")
ENTRY = {"command": "claudetask-mcp", "args": ["--project", "/ä"]}
SERVER = ("mcpServers", "claudetask")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])
ENDS = st.sampled_from(["\n", "\r\n"])


def written(value: Any, indent: Any, end: str, *, mark: bool, last: str, tight: bool) -> bytes:
    separators = (",", ":") if tight else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    text = (BOM if mark else "") + text.replace("\n", end) + last
    return text.encode("utf-8", "surrogatepass")


@given(
    others=st.dictionaries(st.text(max_size=4), VALUES, max_size=4),
    servers=st.none() | st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    indent=LAYOUTS,
    end=ENDS,
    mark=st.booleans(),
    last=st.sampled_from(["", "\n", "\r\n\r\n", " "]),
    tight=st.booleans(),
)
def test_what_is_added_to_any_file_is_all_that_changes_and_can_be_cut_out(
    others: dict[str, Any],
    servers: dict[str, Any] | None,
    indent: Any,
    end: str,
    mark: bool,
    last: str,
    tight: bool,
) -> None:
    value = {**others, **({} if servers is None else {"mcpServers": servers})}
    before = written(value, indent, end, mark=mark, last=last, tight=tight)
    after, part = add(FILE, before, SERVER, ENTRY)
    text = part.text.encode()
    assert after[: part.at] + after[part.at + len(text) :] == before
    assert after[part.at : part.at + len(text)] == text
    assert parse(FILE, after) == {**value, "mcpServers": {**(servers or {}), "claudetask": ENTRY}}
    assert parse(FILE, remove(after, SERVER)) == {**value, "mcpServers": servers or {}}
    if b"\r\n" in before and b"\n" not in before.replace(b"\r\n", b""):
        assert b"\n" not in after.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"mcpServers":{"a":{"b":1}}}', '{"mcpServers":{"a":{"b":1},"claudetask":{"c":1}}}'),
        ('{"mcpServers": {"a": 1}}', '{"mcpServers": {"a": 1, "claudetask": {"c": 1}}}'),
        ("{}", '{"mcpServers": {"claudetask": {"c": 1}}}'),
        ("{ }", '{"mcpServers": {"claudetask": {"c": 1}} }'),
        (
            '{\n\t"mcpServers": {\n\t\t"a": 1\n\t}\n}',
            '{\n\t"mcpServers": {\n\t\t"a": 1,\n\t\t"claudetask": {\n\t\t\t"c": 1\n\t\t}\n\t}\n}',
        ),
        (
            '{\n   "mcpServers": {}\n}\n',
            '{\n   "mcpServers": {\n      "claudetask": {\n         "c": 1\n      }\n   }\n}\n',
        ),
        (
            '{\n  "mcpServers": {\n  }\n}',
            '{\n  "mcpServers": {\n    "claudetask": {\n      "c": 1\n    }\n  }\n}',
        ),
        ("", '{\n  "mcpServers": {\n    "claudetask": {\n      "c": 1\n    }\n  }\n}\n'),
    ],
)
def test_an_addition_is_written_the_way_its_neighbours_are(before: str, after: str) -> None:
    assert add(FILE, before.encode(), SERVER, {"c": 1})[0].decode() == after


def test_of_two_members_of_one_name_the_last_counts_as_it_does_for_claude_code() -> None:
    before = b'{"mcpServers": {"a": 1}, "mcpServers": {"b": 2}}'
    after, _ = add(FILE, before, SERVER, 3)
    assert parse(FILE, after) == {"mcpServers": {"b": 2, "claudetask": 3}}


def test_elements_are_appended_and_any_one_can_be_removed() -> None:
    data, _ = add(FILE, b'{\n "a": [\n  1,\n  2\n ]\n}', ("a", APPEND), 3)
    assert data == b'{\n "a": [\n  1,\n  2,\n  3\n ]\n}'
    assert remove(data, ("a", 0)) == b'{\n "a": [\n  2,\n  3\n ]\n}'
    assert remove(data, ("a", 2)) == b'{\n "a": [\n  1,\n  2\n ]\n}'
    assert remove(b'{"a": [ {"b": 1} ]}', ("a", 0, "b")) == b'{"a": [ {} ]}'
    assert remove(b'{"a": [ 1 ]}', ("a", 0)) == b'{"a": []}'


def test_a_path_that_is_not_utf_8_is_written_as_an_escape() -> None:
    after, _ = add(FILE, b"{}", ("a",), "/\udcff")
    assert after == b'{"a": "/\\udcff"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{ // a comment\n"a": 1}',
        b'{"a": 1,}',
        b'{"a": NaN}',
        b"{",
        b'{"a": 1} x',
        b"\xff\xfe{}",
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_claude_code_cannot_read_is_refused_and_says_why(data: bytes) -> None:
    with pytest.raises(NotJson) as refused:
        add(FILE, data, SERVER, ENTRY)
    assert "Nothing was changed. Mend the file" in str(refused.value)
    assert len(str(refused.value)) <= 400


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        (b"[]", SERVER),
        (b'{"mcpServers": []}', SERVER),
        (b'{"mcpServers": "x"}', SERVER),
        (b'{"a": {}}', ("a", APPEND)),
    ],
)
def test_a_value_of_another_kind_is_refused_and_named(data: bytes, steps: tuple[str, ...]) -> None:
    with pytest.raises(WrongShape, match=r"is not an (object|array)\. Nothing was changed"):
        add(FILE, data, steps, 1)


def test_what_is_there_already_is_never_added_again() -> None:
    with pytest.raises(AssertionError):
        add(FILE, b'{"a": 1}', ("a",), 2)
