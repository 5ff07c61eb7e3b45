"""Our own block: exactly one, and gone without a trace."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from claudetask_core.services.claude_md.block import TEXT, has_block, with_block, without_block
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.claude_md.marks import first_block
from claudetask_core.services.claude_md.sections import (
    SectionWouldSpill,
    append_to_section,
    find_section,
    outline_of,
    replace_section,
    sections_of,
)
from tests.core.keeper.test_sections_property import SLOW, documents

ENDS = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a"])).map(b"".join)
FIRST, LAST = b"<!-- claudetask:begin 1 -->", b"<!-- claudetask:end -->"
STRAY = st.lists(st.sampled_from([FIRST, LAST, b"\n", b"\r\n", b"Mine.\n"])).map(b"".join)


@given(st.one_of(documents(), ENDS, STRAY, st.binary(max_size=200), st.none()))
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_ten_runs_make_one_block_and_removing_it_leaves_no_trace(data: bytes | None) -> None:
    assume(not has_block(data or b""))
    once = with_block(data)
    again = once
    for _ in range(10):
        again = with_block(again)
    assert again == once
    assert once.count(FIRST[:-5]) == 1 + (data or b"").count(FIRST[:-5])
    assert once.startswith(data or b"")
    assert without_block(once) == data


@given(documents(), documents())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_what_a_person_writes_around_it_stays(before: bytes, after: bytes) -> None:
    framed = with_block(before)
    assert without_block(framed + after) == before + after
    renewed = with_block(framed + after, "Another text.")
    assert renewed.endswith(after)
    assert without_block(renewed) == before + after


@pytest.mark.parametrize("before", [b"", b"# A\n\n", FIRST + b"\n", LAST + b"\n"])
def test_what_follows_a_first_mark_without_its_last_stays(before: bytes) -> None:
    mine = before + FIRST + b"\n\n# Mine\n\nText.\n"
    assert with_block(with_block(mine)).startswith(mine)
    assert without_block(with_block(mine)) == mine


def test_a_newer_text_takes_the_place_of_an_older_one() -> None:
    old = with_block(b"# A\r\n\r\nText.\r\n", "Old.")
    new = with_block(old + b"\r\n# B\r\n")
    assert b"Old." not in new
    assert new.endswith(b"<!-- claudetask:end -->\r\n\r\n# B\r\n")
    assert b"\n" not in new.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "data", [b"# A\rText.\r", b"# A\rText.", b"\r", b"# A\nText.\r", b"# A\r\nText.\r"]
)
def test_line_endings_of_all_kinds_are_told_apart(data: bytes) -> None:
    """A file of a lone carriage return after each line, and one that ends in one."""
    once = with_block(data)
    assert with_block(once) == once
    assert without_block(once) == data
    assert without_block(once + b"\nMine.") == data + b"\nMine."


def test_a_block_keeps_its_line_endings_in_a_file_that_gets_others() -> None:
    old = with_block(b"# A\r\nText.", "Old.")
    more = b"Mine.\n" * 20
    assert without_block(with_block(old + more)) == b"# A\r\nText." + more


def test_of_several_blocks_the_first_stays() -> None:
    one = with_block(b"# A\n")
    two = one + b"\nBetween.\n\n" + with_block(b"").replace(b"begin 0", b"begin 1")
    assert with_block(two) == one + b"\nBetween.\n"
    assert without_block(two) == b"# A\n\nBetween.\n"


def test_without_a_block_nothing_is_removed() -> None:
    assert without_block(b"<!-- claudetask:begin -->\n") == b"<!-- claudetask:begin -->\n"
    assert not has_block(b"# A\n")
    assert has_block(with_block(None))


def test_the_block_is_a_section_of_its_own() -> None:
    assert outline_of(sections_of(with_block(b"# A\n"))) == ["A", "A > Task board"]
    assert TEXT.startswith("## ")


async def test_a_file_that_was_made_for_the_block_goes_with_it(
    claude_md: ClaudeMdService, root: Path, told: list[tuple[str, str, str, str]]
) -> None:
    path = root / "CLAUDE.md"
    shown = await claude_md.set_block(present=True, actor="me", dry_run=True)
    assert (path.exists(), "+## Task board" in shown.diff) == (False, True)
    for _ in range(10):
        await claude_md.set_block(present=True, actor="me")
    assert path.read_text().count("## Task board") == 1
    assert len(told) == 1
    gone = await claude_md.set_block(present=False, actor="me")
    assert (path.exists(), gone.file.exists, len(told)) == (False, False, 2)
    again = await claude_md.set_block(present=False, actor="me")
    assert again.changed is False


@pytest.mark.parametrize("text", ["# Mine", "# Mine\n", "# Mine\r\n\r\n", ""])
async def test_a_file_of_the_users_is_left_to_the_byte(
    claude_md: ClaudeMdService, root: Path, text: str
) -> None:
    path = root / "CLAUDE.md"
    path.write_bytes(text.encode())
    await claude_md.set_block(present=True, actor="me")
    await claude_md.set_block(present=False, actor="me")
    assert path.read_bytes() == text.encode()


ABOVE, BELOW = b"# A\n\n## Commands\n\nRun it.\n", b"\nMine.\n\n## Style\n\nTabs.\n"
FRAMED = with_block(ABOVE) + BELOW


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("## Commands\n\nTest it.\n", b"## Commands\n\nTest it.\n"),
        ("## Commands", b"## Commands\n"),
        ("", b""),
    ],
)
def test_the_section_before_it_is_replaced_and_the_block_stays(content: str, left: bytes) -> None:
    section = find_section(sections_of(FRAMED), "Commands")
    assert FRAMED[section.start : section.end] == b"## Commands\n\nRun it.\n"
    changed = replace_section(FRAMED, section, content)
    assert without_block(changed) == b"# A\n\n" + left + BELOW
    assert with_block(changed) == changed


def test_what_is_added_to_the_section_before_it_is_not_added_to_the_block() -> None:
    section = find_section(sections_of(FRAMED), "Commands")
    added = append_to_section(FRAMED, section, "Mine too.")
    assert without_block(added) == ABOVE + b"\nMine too.\n" + BELOW


def test_its_own_section_is_what_stands_between_the_marks_and_grows_after_them() -> None:
    section = find_section(sections_of(FRAMED), "Task board")
    assert FRAMED[section.start : section.end].decode() == TEXT
    other = replace_section(FRAMED, section, "## Task board\n\nOurs.\n")
    assert without_block(other) == ABOVE + BELOW
    added = append_to_section(FRAMED, section, "More of mine.")
    assert without_block(added) == ABOVE + BELOW.replace(b"Mine.", b"Mine.\n\nMore of mine.")


def test_a_section_that_the_block_lies_in_whole_is_all_below_its_heading() -> None:
    section = find_section(sections_of(FRAMED), "A")
    assert (section.start, section.end) == (0, len(FRAMED))


@given(documents(), documents(), st.data())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_no_edit_of_another_section_harms_it(
    before: bytes, after: bytes, draw: st.DataObject
) -> None:
    framed = with_block(before) + after
    block = first_block(framed)
    assert block
    sections = [s for s in sections_of(framed) if not s.start <= block.first < block.end <= s.end]
    assume(sections)
    section = draw.draw(st.sampled_from(sections))
    with suppress(SectionWouldSpill):
        added = append_to_section(framed, section, "What I add.")
        assert framed[block.first : block.end] in added
        assert b"What I add." in (without_block(added) or b"")
    if not block.first <= section.start < block.end:
        with suppress(SectionWouldSpill):
            changed = replace_section(framed, section, "# What I write")
            assert framed[block.first : block.end] in changed
            assert b"# What I write" in (without_block(changed) or b"")
