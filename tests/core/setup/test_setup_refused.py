"""What is not written and not cut out: files that are broken, changed, or lead elsewhere."""

import json
from pathlib import Path

import pytest

from claudetask_core.services.disk.files import OutsideProject, digest
from claudetask_core.services.disk.json_edit import NotJson
from claudetask_core.services.disk.replace import ChangedUnderneath, NotWritable
from claudetask_core.services.setup.record import (
    RecordBroken,
    SetupRecord,
    Written,
    WrittenFile,
    WrittenPart,
)
from claudetask_core.services.setup.setup import Setup, Wanted
from tests.core.setup.installed import ALL, LAUNCH, install, tree, uninstall


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


def test_a_file_in_the_place_of_a_folder_is_told_before_anything_is_written(
    setup: Setup, root: Path
) -> None:
    (root / ".claude").write_text("a file")
    before = tree(root)
    with pytest.raises(NotWritable, match=r"\.claude is no folder. Nothing was changed"):
        install(setup)
    assert tree(root) == before
