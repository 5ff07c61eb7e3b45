"""What `init` adds to a project and `uninstall` takes out, down to the byte."""

import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from claudetask_core.services import setup_ground
from claudetask_core.services.agent_templates import TEMPLATES, template
from claudetask_core.services.files import OutsideProject, digest
from claudetask_core.services.json_edit import NotJson
from claudetask_core.services.kept import KeptCopies
from claudetask_core.services.replace import ChangedUnderneath, NotWritable
from claudetask_core.services.setup import Setup, Wanted
from claudetask_core.services.setup_board import worth_keeping
from claudetask_core.services.setup_ground import ClientBusy, Launch, project_ground, user_ground
from claudetask_core.services.setup_record import (
    RecordBroken,
    SetupRecord,
    Written,
    WrittenFile,
    WrittenPart,
)

LAUNCH = Launch("claudetask-mcp")
ALL = Wanted(LAUNCH, hooks=True, approve=True, agents=TEMPLATES, block=True)
ODD = b'\xef\xbb\xbf{\r\n\t"other": {"deny": ["Bash(rm:*)"]},\r\n\t"z": 1   }'
Make = Callable[..., Setup]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def setup(root: Path) -> Setup:
    return made(root)


def made(root: Path) -> Setup:
    store = root / ".claudetask"
    store.mkdir(exist_ok=True)
    return Setup(project_ground(root), store, KeptCopies(store / "kept"))


def tree(root: Path) -> dict[str, object]:
    """Every file's bytes and mode and every folder, but for the board."""
    return {
        str(path.relative_to(root)): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(root.rglob("*"))
        if ".claudetask" not in path.parts
    }


def install(setup: Setup, wanted: Wanted = ALL) -> list[str]:
    plan = setup.plan(wanted)
    setup.apply(plan)
    return [change.name for change in plan.changes]


def uninstall(setup: Setup) -> None:
    setup.apply_removal(setup.plan_removal())


def test_an_empty_project_gets_all_of_it_and_is_empty_again_after_uninstall(
    setup: Setup, root: Path
) -> None:
    assert install(setup) == [
        ".mcp.json",
        ".claude/settings.json",
        ".claude/settings.local.json",
        *(f".claude/agents/{name}.md" for name in TEMPLATES),
        "CLAUDE.md",
    ]
    servers = json.loads((root / ".mcp.json").read_text())
    assert servers == {"mcpServers": {"claudetask": {"command": "claudetask-mcp", "args": []}}}
    hooks = json.loads((root / ".claude/settings.json").read_text())["hooks"]
    assert [hooks[e][0]["hooks"][0]["command"] for e in ("SessionStart", "PreCompact")] == [
        "claudetask-mcp prime"
    ] * 2
    uninstall(setup)
    assert tree(root) == {}


def test_a_second_time_there_is_nothing_to_do(setup: Setup, root: Path) -> None:
    install(setup)
    before = tree(root)
    for _ in range(10):
        assert install(setup) == []
    assert tree(root) == before


@pytest.mark.parametrize(
    "said", [ODD, b"", b"{}", b"{\n}\n", b'{"mcpServers":{"a":{}},"hooks":{"SessionStart":[]}}']
)
def test_what_was_there_is_kept_and_comes_back_to_the_byte(
    setup: Setup, root: Path, said: bytes
) -> None:
    (root / ".claude" / "agents").mkdir(parents=True)
    for name in (".mcp.json", ".claude/settings.json", ".claude/settings.local.json"):
        (root / name).write_bytes(said)
        (root / name).chmod(0o640)
    (root / "CLAUDE.md").write_bytes(b"# Shop\r\nNo newline")
    before = tree(root)
    install(setup)
    after = json.loads((root / ".claude/settings.json").read_bytes().decode("utf-8-sig"))
    was = json.loads(said.decode("utf-8-sig") or "{}")
    assert {key: after[key] for key in was if key != "hooks"} == {
        key: was[key] for key in was if key != "hooks"
    }
    uninstall(setup)
    assert tree(root) == before


def test_parts_that_are_added_later_go_with_the_rest(setup: Setup, root: Path) -> None:
    (root / ".mcp.json").write_bytes(ODD)
    before = tree(root)
    install(setup, Wanted(LAUNCH))
    install(setup, Wanted(LAUNCH, hooks=True))
    install(setup, Wanted(LAUNCH, agents=("tester",), block=True))
    uninstall(setup)
    assert tree(root) == before


def test_what_others_added_since_stays_when_ours_goes(setup: Setup, root: Path) -> None:
    install(setup)
    file = root / ".mcp.json"
    theirs = '    },\n    "theirs": {}\n  }'
    file.write_text(file.read_text().replace("    }\n  }", theirs))
    (root / ".claude" / "agents" / "own.md").write_text("theirs")
    uninstall(setup)
    assert json.loads(file.read_text()) == {"mcpServers": {"theirs": {}}}
    assert list(tree(root)) == [
        ".claude",
        ".claude/agents",
        ".claude/agents/own.md",
        ".mcp.json",
    ]


def test_ours_is_found_after_another_program_wrote_the_files_anew(setup: Setup, root: Path) -> None:
    (root / ".claude").mkdir()
    own = {"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "date"}]}]}}
    (root / ".claude/settings.json").write_text(json.dumps(own))
    install(setup)
    for file in (root / ".mcp.json", *(root / ".claude").glob("*.json")):
        file.write_text(json.dumps(json.loads(file.read_text()), indent=4))
    uninstall(setup)
    assert list(tree(root)) == [".claude", ".claude/settings.json"]
    assert json.loads((root / ".claude/settings.json").read_text()) == own


def test_without_a_record_ours_is_found_by_what_it_is(setup: Setup, root: Path) -> None:
    (root / ".mcp.json").write_text('{"mcpServers": {"a": {"b": 1}}}')
    install(setup)
    (root / ".claudetask" / "setup.json").unlink()
    uninstall(setup)
    assert (root / ".mcp.json").read_text() == '{"mcpServers": {"a": {"b": 1}}}'
    assert "prime" not in (root / ".claude/settings.json").read_text()
    assert not (root / "CLAUDE.md").exists()
    kept = sorted(path.stem for path in (root / ".claude/agents").iterdir())
    assert kept == sorted(TEMPLATES), "an agent that nobody recorded may be somebody's own"


def test_an_agent_that_somebody_changed_is_kept_and_told(setup: Setup, root: Path) -> None:
    install(setup)
    file = root / ".claude/agents/tester.md"
    file.write_bytes(template("tester") + b"\nMine.\n")
    plan = setup.plan_removal()
    assert len(plan.remarks) == 1
    assert plan.remarks[0].startswith(".claude/agents/tester.md was changed since")
    setup.apply_removal(plan)
    assert file.read_bytes().endswith(b"Mine.\n")


def test_an_entry_or_an_agent_of_the_same_name_is_left_alone(setup: Setup, root: Path) -> None:
    (root / ".mcp.json").write_text('{"mcpServers": {"claudetask": {"command": "mine"}}}')
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".claude/agents/x.md").write_text("---\nname: tester\ndescription: d\n---\nMine.\n")
    before = tree(root)
    plan = setup.plan(Wanted(LAUNCH, agents=("tester",)))
    assert plan.changes == []
    assert len(plan.remarks) == 2
    assert tree(root) == before


def test_a_hook_of_ours_is_known_by_whatever_it_is_started_with(setup: Setup, root: Path) -> None:
    (root / ".claude").mkdir()
    for command in (
        "uvx claudetask-mcp prime",
        "'/a b/claudetask-mcp' prime",
        "/x/claudetask-mcp prime",
    ):
        groups = {e: [{"hooks": [{"command": command}]}] for e in ("SessionStart", "PreCompact")}
        (root / ".claude/settings.json").write_text(json.dumps({"hooks": groups}))
        assert install(setup, Wanted(LAUNCH, hooks=True)) in ([".mcp.json"], [])
    other = {"SessionStart": [{"hooks": [{"command": "my-claudetask-mcp primer"}, "x"]}, "y"]}
    (root / ".claude/settings.json").write_text(json.dumps({"hooks": other}))
    assert install(setup, Wanted(LAUNCH, hooks=True)) == [".claude/settings.json"]


def test_our_hook_in_a_group_of_others_goes_alone(setup: Setup, root: Path) -> None:
    (root / ".claude").mkdir()
    ours, theirs = {"command": "claudetask-mcp prime"}, {"command": "date"}
    file = root / ".claude/settings.json"
    file.write_text(json.dumps({"hooks": {"SessionStart": [{"hooks": [theirs, ours]}]}}))
    uninstall(setup)
    assert json.loads(file.read_text()) == {"hooks": {"SessionStart": [{"hooks": [theirs]}]}}


def test_invalid_json_is_refused_before_anything_is_written(setup: Setup, root: Path) -> None:
    (root / ".claude").mkdir()
    (root / ".claude/settings.json").write_text('{"a": 1, // no\n}')
    before = tree(root)
    with pytest.raises(NotJson):
        setup.plan(ALL)
    assert tree(root) == before


def test_what_was_broken_since_is_refused_and_not_cut(setup: Setup, root: Path) -> None:
    install(setup, Wanted(LAUNCH))
    with (root / ".mcp.json").open("a") as file:
        file.write("oops")
    with pytest.raises(NotJson):
        setup.plan_removal()


def test_a_file_that_changes_between_showing_and_writing_is_refused(
    setup: Setup, root: Path
) -> None:
    plan = setup.plan(Wanted(LAUNCH))
    (root / ".mcp.json").write_text("{}")
    with pytest.raises(ChangedUnderneath):
        setup.apply(plan)
    assert (root / ".mcp.json").read_text() == "{}"


def test_a_part_whose_place_is_no_longer_certain_is_looked_for_by_what_it_is(
    setup: Setup, root: Path
) -> None:
    """Somebody reordered the servers: the comma that was put in stands nowhere any more."""
    (root / ".mcp.json").write_text('{"mcpServers": {"a": 1}}')
    install(setup, Wanted(LAUNCH))
    said = '{"mcpServers": {"claudetask": {"command": "claudetask-mcp", "args": []}, "a": 1}}'
    (root / ".mcp.json").write_text(said)
    install(setup, Wanted(LAUNCH, block=True))
    uninstall(setup)
    assert (root / ".mcp.json").read_text() == '{"mcpServers": {"a": 1}}'


def test_a_text_that_stands_there_twice_is_not_guessed_at(setup: Setup, root: Path) -> None:
    install(setup, Wanted(LAUNCH, hooks=True))
    file = root / ".claude/settings.json"
    text = file.read_text()
    group = json.loads(text)["hooks"]["SessionStart"]
    file.write_text(json.dumps({"hooks": {"SessionStart": group * 2, "Stop": group}}, indent=2))
    uninstall(setup)
    assert json.loads(file.read_text()) == {"hooks": {"Stop": []}}


def test_a_link_that_leads_out_is_refused(setup: Setup, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("{}")
    (root / ".mcp.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(OutsideProject):
        setup.plan(Wanted(LAUNCH))


def test_a_link_inside_stays_a_link(setup: Setup, root: Path) -> None:
    (root / "real.json").write_text("{}")
    (root / ".mcp.json").symlink_to("real.json")
    install(setup, Wanted(LAUNCH))
    assert (root / ".mcp.json").is_symlink()
    assert "claudetask" in (root / "real.json").read_text()
    uninstall(setup)
    assert (root / "real.json").read_text() == "{}"


def test_a_record_that_leads_out_of_the_project_removes_nothing_there(
    setup: Setup, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    record = SetupRecord(root / ".claudetask", root)
    record.write(Written(folders=("../empty",)))
    uninstall(setup)
    assert (tmp_path / "empty").is_dir()


def test_a_record_that_came_with_a_clone_touches_no_other_file(setup: Setup, root: Path) -> None:
    (root / "precious").write_text("keep this")
    part = WrittenPart(at=0, text="keep ")
    file = WrittenFile(created=True, hash=digest(b"keep this"), parts=(part,))
    SetupRecord(root / ".claudetask", root).write(Written(files={"precious": file}))
    assert setup.plan_removal().changes == []


def test_what_was_put_in_is_only_cut_out_where_it_certainly_stands() -> None:
    file = WrittenFile(created=False, hash=digest(b"ab"), parts=(WrittenPart(at=1, text="b"),))
    assert file.undone(b"ab") == b"a"
    assert file.undone(b"xab") == b"xa"
    assert file.undone(b"xa") is None
    assert file.undone(b"abab") is None
    assert file.model_copy(update={"hash": digest(b"ac")}).undone(b"ac") is None


def test_a_disk_that_takes_no_record_is_told(root: Path) -> None:
    record = SetupRecord(root / "missing", root)
    with pytest.raises(NotWritable):
        record.write(Written(board=True))


def test_a_broken_record_is_told_with_the_way_out(setup: Setup, root: Path) -> None:
    (root / ".claudetask/setup.json").write_text("{")
    with pytest.raises(RecordBroken, match="Delete it"):
        setup.plan_removal()


def test_a_record_that_cannot_be_written_stops_before_any_file_is(setup: Setup, root: Path) -> None:
    plan = setup.plan(Wanted(LAUNCH))
    (root / ".claudetask/setup.json").mkdir()
    with pytest.raises((NotWritable, RecordBroken)):
        setup.apply(plan)
    assert tree(root) == {}


def test_worktrees_have_records_of_their_own_and_the_last_one_takes_the_board(
    root: Path, tmp_path: Path
) -> None:
    store = root / ".claudetask"
    store.mkdir()
    linked = tmp_path / "linked"
    linked.mkdir()
    first, second = (
        Setup(project_ground(folder), store, KeptCopies(store / "kept"))
        for folder in (root, linked)
    )
    first.apply(first.plan(ALL), new_board=True)
    second.apply(second.plan(ALL))
    assert first.apply_removal(first.plan_removal()).board
    assert tree(root) == {}
    assert tree(linked) != {}
    assert second.apply_removal(second.plan_removal()).board
    assert tree(linked) == {}
    assert worth_keeping(store, ()) == []


def user(home: Path, config: Path | None = None) -> Setup:
    store = home / ".local/share/claudetask/setup"
    store.mkdir(parents=True)
    return Setup(user_ground(home, config), store, KeptCopies(store / "kept"))


def test_for_all_projects_the_users_own_files_are_written(tmp_path: Path) -> None:
    (tmp_path / ".claude.json").write_text('{\n  "numStartups": 3\n}')
    (tmp_path / ".claude").mkdir()
    setup = user(tmp_path)
    assert install(setup, Wanted(LAUNCH, hooks=True, approve=True)) == [
        ".claude.json",
        ".claude/settings.json",
    ]
    assert not (tmp_path / ".claude.json.lock").exists()
    uninstall(setup)
    assert (tmp_path / ".claude.json").read_text() == '{\n  "numStartups": 3\n}'
    assert list((tmp_path / ".claude").iterdir()) == []


def test_claude_codes_own_folder_is_followed_where_the_user_moved_it(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    setup = user(tmp_path, tmp_path / "conf")
    assert install(setup, Wanted(LAUNCH, hooks=True)) == [".claude.json", "settings.json"]
    assert (tmp_path / "conf" / ".claude.json").exists()


def test_claude_codes_lock_on_its_file_is_waited_for_and_a_stale_one_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_ground, "CLIENT_LOCK_SECONDS", 0.05)
    lock = tmp_path / ".claude.json.lock"
    lock.mkdir()
    setup = user(tmp_path)
    plan = setup.plan(Wanted(LAUNCH))
    with pytest.raises(ClientBusy):
        setup.apply(plan)
    assert not (tmp_path / ".claude.json").exists()
    old = time.time() - 60
    os.utime(lock, (old, old))
    setup.apply(plan)
    assert (tmp_path / ".claude.json").exists()
    assert not lock.exists()


def test_a_folder_that_takes_no_lock_is_told(tmp_path: Path) -> None:
    ground = replace(user_ground(tmp_path / "gone", None))
    with pytest.raises(NotWritable), ground.client_lock(ground.servers):
        raise AssertionError
