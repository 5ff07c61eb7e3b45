"""Several processes write the same file: each is served in turn or told that it is late."""

import asyncio
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from claudetask_core.errors import Stale
from claudetask_core.schemas.agent import AgentCreate
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.claude_md.claude_md import ClaudeMdService

WRITER = """
import asyncio, sys
from pathlib import Path
from claudetask_core.errors import Stale
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.kept import KeptCopies

root, name = Path(sys.argv[1]), sys.argv[2]

async def where():
    return root

async def announce(type, action, id, actor):
    pass

async def main():
    kept = KeptCopies(root / ".claudetask" / "kept")
    service = ClaudeMdService(root=where, home=None, kept=kept, announce=announce)
    print("ready", flush=True)
    sys.stdin.readline()
    for turn in range(10):
        while True:
            now = await service.read()
            data = ClaudeMdWrite(content=f"{now.content}{name} {turn}\\n", expected_hash=now.hash)
            try:
                await service.write(data, name, require_hash=True)
            except Stale:
                continue
            break

asyncio.run(main())
"""


def test_of_forty_lines_added_by_four_processes_none_is_lost(root: Path) -> None:
    (root / "CLAUDE.md").write_text("# Lines\n")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), f"w{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            writer.communicate("go\n", timeout=30)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait(10)
    lines = (root / "CLAUDE.md").read_text().splitlines()
    wanted = [f"w{number} {turn}" for number in range(4) for turn in range(10)]
    assert sorted(lines[1:]) == sorted(wanted)


EDITOR = """
import asyncio, json, sys
from pathlib import Path
from claudetask_core.errors import Stale
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.kept import KeptCopies

root, name = Path(sys.argv[1]), sys.argv[2]

async def where():
    return root

async def announce(type, action, id, actor):
    pass

async def edit(service, turn):
    now = await service.section("Rules > Style")
    print("read", flush=True)
    sys.stdin.readline()
    content = f"## Style\\n\\n{name} in turn {turn}.\\n\\n"
    data = ClaudeMdWrite(section=now.section, content=content, expected_hash=now.hash)
    try:
        await service.write(data, name, require_hash=True)
    except Stale as conflict:
        return {"code": conflict.code, "said": str(conflict), **conflict.details}
    return {"code": "written"}

async def main():
    kept = KeptCopies(root / ".claudetask" / "kept")
    service = ClaudeMdService(root=where, home=None, kept=kept, announce=announce)
    for turn in range(int(sys.argv[3])):
        print(json.dumps(await edit(service, turn)), flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""
BEFORE = "# Rules\n\nBe kind.\n\n## Style\n\nNone yet.\n\n## Tests\n\nMany.\n"
TURNS = 10


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_of_two_processes_that_edit_one_section_at_once_one_wins_and_one_gets_the_conflict(
    root: Path,
) -> None:
    path = root / "CLAUDE.md"
    path.write_text(BEFORE)
    names = ("ann", "bob")
    editors = [
        subprocess.Popen(
            [sys.executable, "-c", EDITOR, str(root), name, str(TURNS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    try:
        for turn in range(TURNS):
            assert [hear(editor) for editor in editors] == ["read\n", "read\n"]
            for editor in editors:
                say(editor)
            ends = [json.loads(hear(editor)) for editor in editors]
            assert sorted(end["code"] for end in ends) == ["changed_underneath", "written"]
            won = next(name for name, end in zip(names, ends, strict=True) if len(end) == 1)
            lost = next(end for end in ends if len(end) > 1)
            text = path.read_text()
            assert text == BEFORE.replace("None yet.", f"{won} in turn {turn}.")
            assert f"+{won} in turn {turn}." in lost["diff"]
            assert lost["current_hash"] == hashlib.sha256(text.encode()).hexdigest()
            assert "changed by someone else" in lost["said"]
            for editor in editors:
                say(editor)
    finally:
        for editor in editors:
            editor.kill()
            editor.communicate(timeout=10)


async def test_of_many_who_read_the_same_one_writes_and_the_rest_are_told(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_text("one\n")
    current = (await claude_md.read()).hash
    writes = (
        claude_md.write(
            ClaudeMdWrite(content=f"{n}\n", expected_hash=current), "me", require_hash=True
        )
        for n in range(8)
    )
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(isinstance(result, Stale) for result in results) == 7


async def test_of_many_who_create_the_same_agent_one_does(agents: AgentService) -> None:
    creates = (
        agents.create(AgentCreate(name="x", description="d", prompt=str(n)), "me") for n in range(8)
    )
    results = await asyncio.gather(*creates, return_exceptions=True)
    codes = [getattr(result, "code", "") for result in results]
    assert codes.count("agent_exists") == 7
