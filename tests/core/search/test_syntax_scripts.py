"""The scripts of pages, in their place."""

import pytest

from claudetask_core.search.chunks.syntax_scripts import script_of


def kept(page: str) -> list[str]:
    return script_of(page.encode()).decode().split()


def test_everything_but_the_scripts_is_blanked_in_its_place() -> None:
    page = b"<p>\xc3\xa9</p>\n<script>\nlet a\n</script>\n<p>"
    script = script_of(page)
    assert len(script) == len(page)
    assert script.count(b"\n") == page.count(b"\n")
    assert script.index(b"let a") == page.index(b"let a")
    assert script.split() == [b"let", b"a"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<script setup lang="ts" generic="T extends A<B>">one</script>', ["one"]),
        ("<SCRIPT>one</SCRIPT >", ["one"]),
        ("<script>one</script><p>x</p><script>two</script>", ["one", "two"]),
        ("<script\n  type='module'\n>one</script>", ["one"]),
        ("<script type=text/javascript>one</script>", ["one"]),
        ('<script type="text/babel">one</script>', ["one"]),
        ('<script type="application/json">{}</script><script>one</script>', ["one"]),
        ('<script type="text/x-template"><p></script>', []),
        ("<script>never ends", []),
        ("<scripts>one</scripts>", []),
        ("<script", []),
        ("---\none\n---\n<p>x</p>", ["one"]),
        ("---\nnever ends", []),
        ("<p>x</p>\n---\nx\n---\n", []),
    ],
)
def test_only_scripts_that_are_code_are_kept(page: str, expected: list[str]) -> None:
    assert kept(page) == expected


def test_a_page_of_openings_takes_no_long() -> None:
    assert kept('<script "' * 5000) == []
