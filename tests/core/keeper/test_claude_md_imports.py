"""What a CLAUDE.md takes in by `@path`, as Claude Code was seen to resolve it."""

from pathlib import Path

import pytest

from claudetask_core.schemas.claude_md import ClaudeMdImport, ImportState
from claudetask_core.services.claude_md.imports import MAX_IMPORTS, imports_of, mentions_of

DOCUMENT = """# @heading.md
@docs/a.md and @./rel.md
`@code.md` user@mail.md (@paren.md) [x](@link.md)
**@bold.md**
> @quote.md
- @list.md
  @docs/with\\ space.md#part

```
@fenced.md
```

<!-- @comment.md -->

<div>
@html.md
</div>

    @indented.md

@!odd @@twice @
"""


def test_mentions_are_found_in_running_text_alone_with_their_lines() -> None:
    assert [tuple(mention) for mention in mentions_of(DOCUMENT)] == [
        ("heading.md", 1),
        ("docs/a.md", 2),
        ("./rel.md", 2),
        ("bold.md", 4),
        ("quote.md", 5),
        ("list.md", 6),
        ("docs/with space.md", 7),
    ]


def test_the_front_matter_mentions_nothing_as_claude_code_leaves_it_out() -> None:
    assert mentions_of("---\nsee: @a.md\n---\n@b.md\n") == [("b.md", 4)]


def imports(root: Path, text: str, home: Path | None = None) -> list[ClaudeMdImport]:
    path = root / "CLAUDE.md"
    path.write_text(text)
    return imports_of(root, home, path, text.encode())


def states(found: list[ClaudeMdImport]) -> list[tuple[str, str]]:
    return [(one.written, one.state.value) for one in found]


def test_imports_are_resolved_from_the_file_that_names_them(root: Path) -> None:
    (root / "docs").mkdir()
    (root / "docs/a.md").write_text("One.\n\n@b.md\n")
    (root / "docs/b.md").write_text("Two.\n")
    found = imports(root, "# A\n\n@docs/a.md\n")
    assert [(one.path, one.line, one.depth, one.size) for one in found] == [
        (str(root / "docs/a.md"), 3, 1, 12),
        (str(root / "docs/b.md"), 3, 2, 5),
    ]
    assert found[1].file == str(root / "docs/a.md")


def test_loops_and_repetitions_are_told_and_end(root: Path) -> None:
    (root / "a.md").write_text("@b.md\n@CLAUDE.md\n@a.md\n")
    (root / "b.md").write_text("@a.md\n")
    assert states(imports(root, "@a.md\n@b.md\n@CLAUDE.md\n")) == [
        ("@a.md", "loaded"),
        ("@b.md", "loaded"),
        ("@a.md", "loop"),
        ("@CLAUDE.md", "loop"),
        ("@a.md", "loop"),
        ("@b.md", "repeated"),
        ("@CLAUDE.md", "loop"),
    ]


def test_imports_are_followed_four_deep(root: Path) -> None:
    for number in range(1, 7):
        (root / f"{number}.md").write_text(f"@{number + 1}.md\n")
    found = imports(root, "@1.md\n")
    assert [one.state for one in found] == [ImportState.LOADED] * 4 + [ImportState.TOO_DEEP]


def test_what_is_missing_is_told_where_it_looks_like_a_file(root: Path) -> None:
    text = "@gone.md @./gone @ann @scope/package @~/gone\n"
    assert states(imports(root, text)) == [
        ("@gone.md", "missing"),
        ("@./gone", "missing"),
        ("@~/gone", "missing"),
    ]


def test_what_lies_outside_is_named_and_never_opened(root: Path, home: Path) -> None:
    for path in (home / "h.md", root.parent / "secret.md"):
        path.write_text("@deeper.md\n")
    (root / "out.md").symlink_to(root.parent / "secret.md")
    found = imports(root, "@~/h.md\n@../secret.md\n@out.md\n@/etc/hostname\n", home)
    assert {one.state for one in found} == {ImportState.OUTSIDE}
    assert [one.size for one in found] == [None] * 4
    assert found[0].path == str(home / "h.md")


def test_folders_binaries_and_impossible_names_are_no_text(root: Path) -> None:
    (root / "folder").mkdir()
    (root / "picture.png").write_bytes(b"\x89PNG\0\0")
    (root / "loop.md").symlink_to("loop.md")
    found = imports(root, f"@folder\n@picture.png\n@loop.md\n@{'x' * 300}.md\n")
    assert {one.state for one in found} == {ImportState.UNREADABLE}
    assert len(found) == 4


def test_their_number_is_bounded(root: Path) -> None:
    text = "".join(f"@{number}.md\n" for number in range(MAX_IMPORTS + 50))
    assert len(imports(root, text)) == MAX_IMPORTS


@pytest.mark.parametrize(
    "data", [b"\xff @\xff.md\n", b"\xef\xbb\xbf@a.md\n", b"@a.md\r\n@b.md\r\n", b"", b"\0@a.md"]
)
def test_any_bytes_are_read(root: Path, data: bytes) -> None:
    (root / "a.md").write_text("A")
    found = imports_of(root, None, root / "CLAUDE.md", data)
    assert len(found) == data.count(b"\n@") + data.startswith((b"@", b"\xef"))
