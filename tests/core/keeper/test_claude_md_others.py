"""Rules and the files of sub-folders: which there are, when they are loaded, reading one.

What is loaded when was seen in runs of Claude Code 2.1.197 and 2.1.332.
"""

import os
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdOther, ClaudeMdWrite, LoadedWhen, Place
from claudetask_core.services.announce import Announce
from claudetask_core.services.claude_md import others as claude_md_others
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.files import RootSource, digest
from claudetask_core.services.disk.kept import KeptCopies

RULES = ".claude/rules"


def write(base: Path, path: str, text: str = "Be kind.\n") -> Path:
    file = base / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


async def found(service: ClaudeMdService) -> dict[str, ClaudeMdOther]:
    others = await service.others()
    assert others.complete
    assert len({one.path for one in others.files}) == len(others.files)
    return {one.path: one for one in others.files}


async def test_rules_are_loaded_at_the_start(claude_md: ClaudeMdService, root: Path) -> None:
    for name in ("a.md", "deep/er/b.md", ".hidden.md", ".hid/c.md"):
        write(root, f"{RULES}/{name}")
    for name in ("a.txt", "a.MD", "a.markdown", "README"):
        write(root, f"{RULES}/{name}")
    named = await found(claude_md)
    assert set(named) == {
        f"{RULES}/{x}" for x in ("a.md", "deep/er/b.md", ".hidden.md", ".hid/c.md")
    }
    for one in named.values():
        assert (one.when, one.size, one.folder, one.paths) == (LoadedWhen.START, 9, "", [])


@pytest.mark.parametrize(
    ("head", "paths"),
    [
        ('paths: "src/**/*.py"', ["src/**/*.py"]),
        ("paths: src/**/*.py", ["src/**/*.py"]),
        ("paths: **/*.py", ["**/*.py"]),
        ('paths:\n  - "src/**/*.py"\n  - lib', ["src/**/*.py", "lib"]),
        ("paths: [src/**/*.py]", ["src/**/*.py"]),
        ('paths: "lib/*.ts, src/**/*.{py,pyi}"', ["lib/*.ts", "src/**/*.{py,pyi}"]),
        ('paths: ["src/**", "!src/deep/**"]', ["src/**", "!src/deep/**"]),
        ('paths: "**"', []),
        ("paths:", []),
        ("paths: []", []),
        ("paths: 5", []),
        ("paths: {a: b}", []),
        ('paths: "x\n\t- [', []),
        ('globs: "src/**"', []),
    ],
)
async def test_a_rule_with_paths_is_loaded_with_a_file_that_matches(
    claude_md: ClaudeMdService, root: Path, head: str, paths: list[str]
) -> None:
    for name, end in (("lf.md", "\n"), ("crlf.md", "\r\n")):
        text = f"---\n{head}\n---\nBe kind.\n".replace("\n", end)
        (write(root, f"{RULES}/{name}")).write_bytes(text.encode())
    for one in (await found(claude_md)).values():
        assert one.paths == paths
        assert one.when == (LoadedWhen.PATHS if paths else LoadedWhen.START)


@pytest.mark.parametrize("by_git", [True, False])
async def test_what_stands_in_a_sub_folder_is_loaded_with_a_file_there(
    claude_md: ClaudeMdService, root: Path, by_git: bool
) -> None:
    names = ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md", f"{RULES}/a.md")
    for name in names:
        write(root, f"src/web/{name}")
        write(root, f"node_modules/x/{name}")
    conditional = write(root, f"src/{RULES}/b.md", "---\npaths: web/*.py\n---\n")
    write(root, "src/web/a.py")
    write(root, "src/web/AGENTS.md")
    write(root, ".gitignore", "CLAUDE.local.md\nnode_modules/\n")
    if by_git:
        (root / ".git/objects").mkdir(parents=True)
        (root / ".git/refs").mkdir()
        (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    named = await found(claude_md)
    own = named.pop(f"src/{RULES}/b.md")
    assert (own.when, own.folder, own.paths) == (LoadedWhen.PATHS, "src", ["web/*.py"])
    assert own.size == conditional.stat().st_size
    assert set(named) == {f"src/web/{name}" for name in names}
    assert {(one.when, one.folder) for one in named.values()} == {(LoadedWhen.FOLDER, "src/web")}


async def test_the_four_files_of_the_project_are_not_among_them(
    claude_md: ClaudeMdService, root: Path
) -> None:
    for name in ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"):
        write(root, name)
    assert await found(claude_md) == {}


async def test_the_users_rules_are_named_and_read(
    claude_md: ClaudeMdService, home: Path, where: RootSource, kept: KeptCopies, announce: Announce
) -> None:
    write(home, f"{RULES}/mine.md", "Mine.\n")
    (one,) = (await found(claude_md)).values()
    assert (one.path, one.when, one.folder) == (f"~/{RULES}/mine.md", LoadedWhen.START, "")
    assert (await claude_md.other(one.path)).content == "Mine.\n"
    homeless = ClaudeMdService(root=where, home=None, kept=kept, announce=announce)
    assert await found(homeless) == {}
    with pytest.raises(DomainError) as refused:
        await homeless.other(one.path)
    assert refused.value.code == "claude_file_not_found"


async def test_no_link_is_followed_out_of_the_project(
    claude_md: ClaudeMdService, root: Path, tmp_path: Path
) -> None:
    secret = write(tmp_path, "outside/secret.md", "SECRET\n")
    write(root, f"{RULES}/a.md")
    write(root, "src/a.py")
    (root / "src/CLAUDE.md").symlink_to(secret)
    (root / RULES / "file.md").symlink_to(secret)
    (root / RULES / "folder").symlink_to(secret.parent)
    (root / "src/.claude").symlink_to(write(tmp_path, f"other/{RULES}/a.md").parents[1])
    named = await found(claude_md)
    files, folder = {"src/CLAUDE.md", f"{RULES}/file.md"}, f"src/{RULES}"
    left_alone = {*files, folder}
    assert {p for p, one in named.items() if one.when is LoadedWhen.OUTSIDE} == left_alone
    assert set(named) == {*left_alone, f"{RULES}/a.md"}
    for path in (*files, f"{folder}/a.md", f"{RULES}/folder/secret.md"):
        with pytest.raises(DomainError) as refused:
            await claude_md.other(path)
        assert refused.value.code == "outside_project"
        assert "SECRET" not in str(refused.value)


async def test_links_inside_are_followed_and_every_folder_is_looked_at_once(
    claude_md: ClaudeMdService, root: Path
) -> None:
    write(root, "shared/a.md")
    write(root, f"{RULES}/b.md")
    for number in range(12):
        (root / RULES / f"l{number}").symlink_to(root / "shared")
        (root / "shared" / f"back{number}").symlink_to(root / RULES)
    (root / RULES / "in.md").symlink_to(root / "shared/a.md")
    named = set(await found(claude_md))
    assert named == {f"{RULES}/b.md", f"{RULES}/in.md", f"{RULES}/l0/a.md"}
    for path in named:
        assert (await claude_md.other(path)).content == "Be kind.\n"


async def test_one_is_read_with_its_hash(claude_md: ClaudeMdService, root: Path) -> None:
    file = write(root, "src/CLAUDE.md", "# Source\n")
    for path in ("src/CLAUDE.md", "./src/CLAUDE.md"):
        read = await claude_md.other(path)
        assert read.content == "# Source\n"
        assert read.path == str(file)
        assert read.hash == digest(file.read_bytes())


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("README.md", "not_loaded"),
        (".env", "not_loaded"),
        (".claude/settings.json", "not_loaded"),
        (f"{RULES}/x.txt", "not_loaded"),
        (f"{RULES}.md", "not_loaded"),
        ("x.claude/rules/x.md", "not_loaded"),
        (".claude/x/rules/x.md", "not_loaded"),
        ("/etc/CLAUDE.md", "not_loaded"),
        ("../CLAUDE.md", "not_loaded"),
        (f"{RULES}/../../../CLAUDE.md", "not_loaded"),
        ("~/CLAUDE.md", "not_loaded"),
        (f"~/x/{RULES}/x.md", "not_loaded"),
        ("~", "not_loaded"),
        (".", "not_loaded"),
        ("src/CLAUDE.md", "claude_file_not_found"),
        (f"~/{RULES}/x.md", "claude_file_not_found"),
        (f"{RULES}/folder.md", "not_a_file"),
        (f"{RULES}/pipe.md", "not_a_file"),
    ],
)
async def test_nothing_else_is_read(
    claude_md: ClaudeMdService, root: Path, path: str, code: str
) -> None:
    (root / RULES / "folder.md").mkdir(parents=True)
    os.mkfifo(root / RULES / "pipe.md")
    with pytest.raises(DomainError) as refused:
        await claude_md.other(path)
    assert refused.value.code == code


async def test_what_cannot_be_read_is_named_as_such(claude_md: ClaudeMdService, root: Path) -> None:
    (write(root, f"{RULES}/large.md")).write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    (root / RULES / "gone.md").symlink_to(root / "nowhere.md")
    named = await found(claude_md)
    assert named[f"{RULES}/large.md"].when is LoadedWhen.UNREADABLE
    assert named[f"{RULES}/gone.md"].when is LoadedWhen.UNREADABLE


@pytest.mark.parametrize(("limit", "most"), [("MOST_FILES", 3), ("SECONDS", -1.0), ("MOST", 2)])
async def test_too_much_to_look_through_is_said(
    claude_md: ClaudeMdService,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    most: float,
) -> None:
    for number in range(4):
        write(root, f"src{number}/CLAUDE.md")
    write(root, f"{RULES}/a.md")
    monkeypatch.setattr(claude_md_others, limit, most)
    others = await claude_md.others()
    assert not others.complete
    assert others.files[0].path == f"{RULES}/a.md"
    assert len(others.files) <= 2


async def test_agents_md_is_among_them_where_no_claude_md_of_the_project_says_anything(
    claude_md: ClaudeMdService, root: Path
) -> None:
    """As 2.1.332 does; 2.1.197 reads none of them."""
    start = ("AGENTS.md", ".claude/AGENTS.md")
    for path in (
        *start,
        "src/AGENTS.md",
        "src/.claude/AGENTS.md",
        "lib/AGENTS.md",
        "lib/CLAUDE.md",
    ):
        write(root, path)
    write(root, "CLAUDE.md", "\n")
    named = await found(claude_md)
    assert set(named) == {*start, "src/AGENTS.md", "src/.claude/AGENTS.md", "lib/CLAUDE.md"}
    assert {(one.when, one.folder) for path, one in named.items() if path in start} == {
        (LoadedWhen.START, "")
    }
    assert (named["src/.claude/AGENTS.md"].when, named["src/.claude/AGENTS.md"].folder) == (
        LoadedWhen.FOLDER,
        "src",
    )
    assert (await claude_md.other("src/AGENTS.md")).content == "Be kind.\n"
    for path in ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"):
        said = write(root, path)
        named = await found(claude_md)
        hidden = {path for path, one in named.items() if one.when is LoadedWhen.HIDDEN}
        assert hidden == {"src/AGENTS.md", "src/.claude/AGENTS.md"}
        assert set(named) == {*hidden, "lib/CLAUDE.md"}
        said.unlink()


async def test_who_begins_a_claude_md_is_told_of_each_agents_md_that_is_hidden_by_it(
    claude_md: ClaudeMdService, root: Path
) -> None:
    for path in ("AGENTS.md", "src/AGENTS.md", "web/AGENTS.md", "lib/AGENTS.md", "lib/CLAUDE.md"):
        write(root, path)
    first = ClaudeMdWrite(content="Be quick.\n")
    hints = (await claude_md.write(first, "me", require_hash=True)).hints
    assert "read src/AGENTS.md and 1 more either" in hints[1].message
    assert len(hints) == 2
    local = ClaudeMdWrite(content="Be quick.\n", place=Place.LOCAL)
    assert len((await claude_md.write(local, "me", require_hash=True)).hints) == 1
