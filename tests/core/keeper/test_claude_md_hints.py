"""What could be better is said, with its line, and never done."""

import json
from pathlib import Path

import pytest

from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.claude_md.hints import LONG, LONGISH, hints_of

FINE = """# A

Run `make test`. Never run `git push`.

## B

```sh
make
```
"""


def rules(text: str | bytes, *denied: str) -> list[tuple[str, int]]:
    data = text.encode() if isinstance(text, str) else text
    return [(hint.rule, hint.line) for hint in hints_of(data, [], denied)]


def test_a_good_file_has_no_hints() -> None:
    assert rules(FINE, "Bash(git push:*)", "Read(.env)") == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# A\n" + "x" * LONGISH, [("long", 1)]),
        ("# A\n" + "x" * LONG, [("too_long", 1)]),
        ("x" * 2001, [("no_headings", 1)]),
        ("# A\n## B\n## B\n", [("duplicate_heading", 2), ("duplicate_heading", 3)]),
        ("# A\n### B\n", [("heading_skips", 2)]),
        ("# A\n```\n# B\n", [("open_fence", 2)]),
        ("# A\n\n~~~~\nx\n~~~\n", [("open_fence", 3)]),
        ("# A\n```", [("open_fence", 2)]),
        ("# A\n```\nx\n```\n", []),
        (b"# A\n\xff\n", [("not_utf8", 1)]),
    ],
)
def test_size_and_form_are_hinted_at(text: str | bytes, wanted: list[tuple[str, int]]) -> None:
    assert rules(text) == wanted


@pytest.mark.parametrize(
    ("line", "pattern", "found"),
    [
        ("Run `npm publish --tag x`.", "npm publish:*", True),
        ("Run `npm publish`.", "npm publish *", True),
        ("Run `npm publisher`.", "npm publish:*", False),
        ("Run `npm publish`.", "npm publish", True),
        ("Run `npm publish x`.", "npm publish", False),
        ("```\n$ npm publish\n```", "npm publish:*", True),
        ("npm publish", "npm publish:*", False),
        ("Don't run `npm publish`.", "npm publish:*", False),
    ],
)
def test_a_command_that_the_settings_deny_is_a_contradiction(
    line: str, pattern: str, *, found: bool
) -> None:
    said = [rule for rule, _ in rules(f"# A\n\n{line}\n", f"Bash({pattern})")]
    assert said == (["denied_command"] if found else [])


async def test_settings_of_project_and_user_are_read_and_left_alone(
    claude_md: ClaudeMdService, root: Path, home: Path
) -> None:
    (root / "CLAUDE.md").write_text("# A\n\nRun `a x`, `b` and `c`.\n")
    for folder, name, deny in (
        (root, "settings.json", ["Bash(a:*)", 5]),
        (root, "settings.local.json", ["Bash(b)"]),
        (home, "settings.json", ["Bash(c)"]),
    ):
        (folder / ".claude").mkdir(exist_ok=True)
        (folder / ".claude" / name).write_text(json.dumps({"permissions": {"deny": deny}}))
    before = (root / ".claude" / "settings.json").read_bytes()
    hints = (await claude_md.overview()).hints
    assert [hint.message[-10:] for hint in hints] == ["Bash(a:*).", "h Bash(b).", "h Bash(c)."]
    assert (root / ".claude" / "settings.json").read_bytes() == before
    for broken in ("{", "[]", '{"permissions": []}', '{"permissions": {"deny": 5}}'):
        (root / ".claude" / "settings.json").write_text(broken)
        assert len((await claude_md.overview()).hints) == 2


async def test_a_folder_of_settings_that_cannot_be_looked_at_denies_nothing(
    claude_md: ClaudeMdService, root: Path, home: Path
) -> None:
    (root / "CLAUDE.md").write_text("# A\n\nRun `a x`.\n")
    (home / ".claude").symlink_to("name" * 100)
    assert (await claude_md.overview()).hints == []


async def test_imports_that_do_not_work_are_hints(claude_md: ClaudeMdService, root: Path) -> None:
    (root / "a.md").write_text("@gone.md\n@CLAUDE.md\n" + "x" * LONGISH)
    (root / "CLAUDE.md").write_text("# A\n\n@a.md\n\n@../out.md\n@none.md\n")
    hints = (await claude_md.overview()).hints
    assert [(hint.rule, hint.line) for hint in hints] == [
        ("long", 1),
        ("import_missing", 1),
        ("import_loop", 1),
        ("import_outside", 5),
        ("import_missing", 6),
    ]
    assert "with its imports" in hints[0].message
    assert f"@gone.md (in {root / 'a.md'})" in hints[1].message
