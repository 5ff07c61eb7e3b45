"""Over any document: an edit changes the section's bytes and no other."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudetask_core.services.claude_md.sections import (
    HeadingTooHigh,
    SectionWouldSpill,
    append_to_section,
    replace_section,
    sections_of,
)

TITLES = st.sampled_from(["A", "B", "Testing", "C# > x", "`code`", "ü 😀", "a\u2028b", "x\x0by"])
LINES = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["#", "##", "###", " ##"]), TITLES),
    st.builds("{}\n{}".format, TITLES, st.sampled_from(["===", "---"])),
    st.sampled_from(
        [
            "",
            "",
            "text",
            "    # indented",
            "> # quoted",
            "- # listed",
            "```\n# in a fence\n```",
            "~~~~ py\n# in a fence\n```\n~~~~",
            "<!--\n# in a comment\n-->",
            "<div>\n# in html\n</div>",
            "---",
            "#",
            "#nospace",
            "\ttab",
        ]
    ),
)
CONTENTS = st.lists(st.sampled_from(["", "text", "- item", "```\n# x\n```", "#### Deeper"]))

SLOW = [HealthCheck.too_slow]
"""A busy machine may take its time to make a document."""


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]))
    lines = "\n".join(draw(st.lists(LINES, min_size=1, max_size=15))).split("\n")
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines[:-1]) + lines[-1]
    text += draw(st.sampled_from(["", *ends]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + text).encode()


@given(documents(), CONTENTS, st.data())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_every_byte_outside_of_a_replaced_section_stays(
    data: bytes, content: list[str], draw: st.DataObject
) -> None:
    sections = sections_of(data)
    if not sections:
        return
    section = draw.draw(st.sampled_from(sections))
    text = "\n".join(["# New", *content])

    result = replace_section(data, section, text)

    before, after = data[: section.start], data[section.end :]
    assert result.startswith(before)
    assert result.endswith(after)
    middle = result[len(before) : len(result) - len(after)].decode()
    assert _lines(middle).rstrip("\n") == text.rstrip("\n")


@given(documents(), CONTENTS, st.data())
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_what_is_appended_is_put_in_and_every_byte_of_the_document_stays(
    data: bytes, content: list[str], draw: st.DataObject
) -> None:
    sections = sections_of(data)
    section = draw.draw(st.sampled_from([None, *sections]))
    text = "\n".join(["New.", *content])
    try:
        result = append_to_section(data, section, text)
    except (SectionWouldSpill, HeadingTooHigh):
        return
    first, last = (section.start, section.end) if section else (0, len(data))
    grown = len(result) - len(data)
    ways = [at for at in range(first, last + 1) if result == _without(result, at, grown, data)]
    assert ways
    assert text.strip("\n") in _lines(result.decode())
    assert grown <= len(text.replace("\n", "\r\n").encode()) + 6


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without(result: bytes, at: int, size: int, data: bytes) -> bytes:
    """The result where it is the document with `size` bytes put in at a place."""
    return result if result[:at] + result[at + size :] == data else b"\xff"


@given(documents(), st.data())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_a_section_that_is_taken_out_leaves_all_others(data: bytes, draw: st.DataObject) -> None:
    sections = sections_of(data)
    if not sections:
        return
    section = draw.draw(st.sampled_from(sections))
    try:
        result = replace_section(data, section, "")
    except SectionWouldSpill:
        return
    before, after = data[: section.start], data[section.end :]
    assert result in {before + end + after for end in (b"", b"\n", b"\r\n", b"\r")}


@given(documents())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_a_section_written_back_as_it_was_read_changes_no_byte(data: bytes) -> None:
    for section in sections_of(data):
        content = data[section.start : section.end].decode()
        assert replace_section(data, section, content) == data


@given(documents())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)
def test_sections_nest_and_cover_the_document_from_its_first_heading_on(data: bytes) -> None:
    sections = sections_of(data)
    covered = {at for section in sections for at in range(section.start, section.end)}
    assert covered == (set(range(sections[0].start, len(data))) if sections else set())
    for one, other in pairwise(sections):
        assert other.start >= one.end or other.end <= one.end
