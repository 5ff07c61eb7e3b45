"""What `init` adds to a project and `uninstall` takes out, down to the byte."""

import json
from pathlib import Path

import pytest

from claudetask_core.services.agents.templates import TEMPLATES, template
from claudetask_core.services.setup.setup import Setup, Wanted
from tests.core.setup.installed import LAUNCH, install, tree, uninstall

ODD = b'\xef\xbb\xbf{\r\n\t"other": {"deny": ["Bash(rm:*)"]},\r\n\t"z": 1   }'


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


def test_a_block_beside_agents_md_imports_it_and_goes_without_a_trace(
    setup: Setup, root: Path
) -> None:
    (root / "AGENTS.md").write_text("Theirs.\n")
    before = tree(root)
    for _ in range(2):
        install(setup, Wanted(LAUNCH, block=True))
    assert (root / "CLAUDE.md").read_text().count("\n@AGENTS.md\n") == 1
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


@pytest.mark.parametrize("entry", [{"command": "npx", "args": ["another"]}, "text", {"url": "x"}])
def test_another_programs_server_of_our_name_is_kept_and_told(
    setup: Setup, root: Path, entry: object
) -> None:
    (root / ".mcp.json").write_text(json.dumps({"mcpServers": {"claudetask": entry}}))
    before = tree(root)
    install(setup)
    (remark,) = setup.plan_removal().remarks
    assert remark.startswith("The server claudetask in .mcp.json was not written by init")
    uninstall(setup)
    assert tree(root) == before


def test_what_was_made_where_a_link_led_nowhere_goes_and_the_link_stays(
    setup: Setup, root: Path
) -> None:
    (root / ".mcp.json").symlink_to("later.json")
    install(setup)
    assert (root / "later.json").exists()
    uninstall(setup)
    assert not (root / "later.json").exists()
    assert (root / ".mcp.json").readlink() == Path("later.json")


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
