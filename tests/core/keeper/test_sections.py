import pytest

from claudetask_core.errors import DomainError
from claudetask_core.services.claude_md.sections import (
    append_to_section,
    end_of_line,
    find_section,
    outline_of,
    replace_section,
    sections_of,
)

DOCUMENT = b"""# Project

Intro.

## Commands

Run it.

### Testing

```bash
# not a heading
pytest
```

<!--
# nor this
-->

Deploy
------

> # quoted
- # in a list

## Style
"""


def cut(data: bytes, path: str) -> bytes:
    section = find_section(sections_of(data), path)
    return data[section.start : section.end]


def put(data: bytes, path: str, content: str) -> bytes:
    return replace_section(data, find_section(sections_of(data), path), content)


def refusal(data: bytes, path: str, content: str = "## X\n") -> DomainError:
    with pytest.raises(DomainError) as caught:
        put(data, path, content)
    return caught.value


def test_the_outline_holds_atx_and_setext_headings_and_no_fence_comment_quote_or_list() -> None:
    assert outline_of(sections_of(DOCUMENT)) == [
        "Project",
        "Project > Commands",
        "Project > Commands > Testing",
        "Project > Deploy",
        "Project > Style",
    ]


def test_a_section_ends_before_the_next_heading_of_its_level_or_a_higher_one() -> None:
    assert cut(DOCUMENT, "Commands").startswith(b"## Commands\n")
    assert cut(DOCUMENT, "Commands").endswith(b"-->\n\n")
    assert cut(DOCUMENT, "Project") == DOCUMENT
    assert cut(DOCUMENT, "Style") == b"## Style\n"


@pytest.mark.parametrize(
    "path",
    [
        "Testing",
        "testing",
        "COMMANDS > testing",
        "Project>Commands>Testing",
        "### Testing",
        "## Commands >  ### Testing ",
    ],
)
def test_a_section_is_found_by_a_unique_end_of_its_path_in_any_case(path: str) -> None:
    assert cut(DOCUMENT, path).startswith(b"### Testing")


def test_an_unknown_section_is_refused_with_the_outline() -> None:
    error = refusal(DOCUMENT, "Nothing")
    assert error.code == "section_not_found"
    assert "Project > Commands > Testing" in error.message


def test_the_outline_in_a_refusal_is_bounded() -> None:
    many = "".join(f"# Heading {number}\n" for number in range(500)).encode()
    error = refusal(many, "Nothing")
    assert len(error.details["outline"]) == 30
    assert "more." in error.message
    assert len(str(error)) <= 400


def test_a_document_without_headings_says_so() -> None:
    assert "no headings" in refusal(b"text\n", "A").message


def test_an_ambiguous_end_of_a_path_is_refused_with_the_candidates() -> None:
    data = b"# A\n## Testing\n# B\n## Testing\n"
    error = refusal(data, "Testing")
    assert error.code == "section_ambiguous"
    assert error.details["candidates"] == ["A > Testing", "B > Testing"]
    assert cut(data, "B > Testing") == b"## Testing\n"


def test_a_whole_path_wins_over_the_end_of_a_longer_one() -> None:
    assert cut(b"# A\n## Testing\n# Testing\nx\n", "Testing") == b"# Testing\nx\n"


def test_headings_with_one_and_the_same_path_are_told_apart_by_a_number() -> None:
    data = b"# Notes\na\n# Notes\nb\n"
    assert outline_of(sections_of(data)) == ["Notes (1)", "Notes (2)"]
    assert refusal(data, "Notes").code == "section_ambiguous"
    assert cut(data, "Notes (2)") == b"# Notes\nb\n"


def test_a_title_may_hold_the_separator() -> None:
    assert cut(b"# File > Open\nx\n", "File > Open") == b"# File > Open\nx\n"


def test_a_heading_without_text_bounds_a_section_and_is_not_listed() -> None:
    data = b"# A\nx\n#\ny\n"
    assert outline_of(sections_of(data)) == ["A"]
    assert cut(data, "A") == b"# A\nx\n"


def test_content_without_a_final_newline_gets_one_when_something_follows() -> None:
    assert put(b"# A\n# B\n", "A", "# A\nnew") == b"# A\nnew\n# B\n"


def test_the_last_section_keeps_the_final_newline_as_it_was() -> None:
    assert put(b"# A\nold\n", "A", "# A\nnew") == b"# A\nnew\n"
    assert put(b"# A\nold", "A", "# A\nnew") == b"# A\nnew"


def test_crlf_and_a_byte_order_mark_are_kept() -> None:
    data = b"\xef\xbb\xbf# A\r\n\r\nold\r\n# B\r\n"
    assert put(data, "A", "# A\nnew\n") == b"\xef\xbb\xbf# A\r\nnew\r\n# B\r\n"
    assert end_of_line(data) == "\r\n"


def test_mixed_line_ends_stay_when_a_section_is_written_back_as_it_was_read() -> None:
    data = b"# A\r\nx\ny\n# B\n"
    assert put(data, "A", "# A\nx\ny\n") == data


def test_old_mac_line_ends_are_lines() -> None:
    assert cut(b"# A\rx\r# B\r", "A") == b"# A\rx\r"


def test_empty_content_removes_the_section() -> None:
    assert put(DOCUMENT, "Commands", " \n") == DOCUMENT.replace(cut(DOCUMENT, "Commands"), b"")


def test_content_must_begin_with_a_heading_and_the_refusal_gives_the_old_one() -> None:
    error = refusal(DOCUMENT, "Testing", "Just text\n")
    assert error.code == "heading_missing"
    assert "### Testing" in error.next_step
    assert refusal(DOCUMENT, "Testing", "text\n\n### Testing\n").code == "heading_missing"


def test_an_open_fence_that_would_swallow_what_follows_is_refused() -> None:
    for content in ("### Testing\n```\n", "### Testing\n<!-- open\n"):
        assert refusal(DOCUMENT, "Testing", content).code == "section_would_spill"


def test_an_underlined_heading_that_would_take_the_paragraph_before_it_is_refused() -> None:
    assert refusal(b"text\n# A\n", "A", "A\n===\n").code == "section_would_spill"


def test_a_paragraph_does_not_run_into_an_underlined_heading_that_follows() -> None:
    data = b"# A\n\nB\n===\n"
    assert put(data, "A", "# A\nnew") == b"# A\nnew\n\nB\n===\n"


def test_a_document_that_is_not_utf8_has_no_sections() -> None:
    with pytest.raises(DomainError) as caught:
        sections_of(b"# caf\xe9\n")
    assert caught.value.code == "not_utf8"


def test_a_very_long_document_is_outlined_in_bounded_time() -> None:
    assert len(sections_of(b"# a\n## b\n" * 10_000)) == 20_000


def test_front_matter_that_never_ends_is_looked_at_in_bounded_time() -> None:
    data = b"---\r\n" + b"key: value\r\n" * 1_000 + b"# A\r\n"
    assert [section.heading for section in sections_of(data)] == ["# A"]


def test_lines_that_end_with_cr_alone_stay_so() -> None:
    data = b"# A\rx\r# B\ry\r"
    assert replace_section(data, find_section(sections_of(data), "A"), "# A\n\nnew\n") == (
        b"# A\r\rnew\r# B\ry\r"
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_front_matter_is_no_heading_and_stays_as_it_is(start: bytes, end: bytes) -> None:
    head = b"---\ntitle: A\n# why\ntags:\n  - b\n- c\n\nlast: d\n---\n\n"
    data = start + (head + b"# A\n\nx\n\n# B\n").replace(b"\n", end)
    assert outline_of(sections_of(data)) == ["A", "B"]
    assert put(data, "A", "# A\n\ny\n\n") == data.replace(b"x", b"y")
    assert put(data, "A", "") == start + (head + b"# B\n").replace(b"\n", end)
    assert append_to_section(data, None, "# C") == data + b"\n# C\n".replace(b"\n", end)


def test_a_document_of_front_matter_alone_has_no_sections_and_takes_one() -> None:
    data = b"---\ntitle: A\n---"
    assert sections_of(data) == []
    assert append_to_section(data, None, "# B") == data + b"\n\n# B\n"


@pytest.mark.parametrize(
    "data",
    [
        b"---\n\n# A\n\n---\n",
        b"---\n# A\n---\n",
        b"---\nwords: and\nwords\n\n# A\n\n---\n",
        b"---\nkey: 1\n# A\n",
        b"\n---\nkey: 1\n---\n# A\n",
    ],
)
def test_a_rule_at_the_head_hides_no_heading(data: bytes) -> None:
    assert outline_of(sections_of(data))[-1] == "A"


def test_a_rule_within_the_document_opens_no_front_matter() -> None:
    added = append_to_section(b"# A\n", None, "---\nkey: 1\n---\n")
    assert outline_of(sections_of(added)) == ["A", "A > key: 1"]
