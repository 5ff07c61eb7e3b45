"""One session of the real Claude Code claims a task, notes, and is killed; another goes on, or it
is continued, or cleared.

Runs where the client is installed (on PATH, or named by CLAUDE_BIN), offline, against a stand-in
for the API on loopback.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller
from tests.core.keeper.fake_api import FakeApi, serving
from tests.support import in_git

CLIENT = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
SECONDS = 120
FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
STREAMED = (
    *("--input-format", "stream-json", "--output-format", "stream-json"),
    "--verbose",
)
PRIME = str(Path(sysconfig.get_path("scripts"), "claudetask-mcp"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CLIENT is None, reason="Claude Code is not installed"),
]
Call = tuple[str, dict[str, Any]]


class Script(FakeApi):
    """A model that makes these calls and then ends, or thinks for ever.

    `before` is how often it spoke in the conversation that it goes on with; `shown` is what the
    client gave it as the calls' results, `told` all that it was told before its first one.
    """

    def __init__(self, calls: list[Call], *, endless: bool = False, before: int = 0) -> None:
        super().__init__([])
        self.calls = calls
        self.before = before
        self.thinking, self.over = threading.Event(), threading.Event()
        if not endless:
            self.over.set()
        self.shown: list[str] = []
        self.told = ""

    def blocks(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        spoken = sum(message["role"] == "assistant" for message in request["messages"])
        turn = spoken - self.before
        if turn == 0:
            self.told = json.dumps(request["messages"], ensure_ascii=False)
        self.shown = list(map(str, _results(request["messages"])))
        if turn < len(self.calls):
            tool, arguments = self.calls[turn]
            name = f"mcp__claudetask__{tool}"
            use = {"type": "tool_use", "id": f"toolu_{spoken}", "name": name, "input": arguments}
            return [use]
        self.thinking.set()
        self.over.wait(SECONDS)
        return [{"type": "text", "text": "finished"}]


def _results(messages: list[dict[str, Any]]) -> list[str]:
    results: list[dict[str, Any]] = []
    for message in messages:
        content: Any = message["content"]
        if not isinstance(content, str):
            results += [block for block in content if block["type"] == "tool_result"]
    return ["".join(part["text"] for part in block["content"]) for block in results]


@pytest.fixture
def shop(core: Core, project: Path, own_home: Path) -> Path:
    """A repository whose sessions start with `prime`, and have our server."""
    in_git(
        project, "init -q -b main", "commit -q --allow-empty -m first", "checkout -q -b fix/dates"
    )
    hook = {"hooks": [{"type": "command", "command": f"'{PRIME}' prime"}]}
    (project / ".claude").mkdir()
    settings = project / ".claude" / "settings.json"
    settings.write_text(json.dumps({"hooks": {"SessionStart": [hook]}}))
    server = {"command": sys.executable, "args": ["-I", "-m", "claudetask_mcp"]}
    (project / "mcp.json").write_text(json.dumps({"mcpServers": {"claudetask": server}}))
    (own_home / "tmp").mkdir(exist_ok=True)
    assert core.places.git is False  # opened before it was a repository; sessions see one
    return project


def session(shop: Path, home: Path, api: Script, *named: str) -> "subprocess.Popen[bytes]":
    assert CLIENT is not None
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "TMPDIR": str(home / "tmp"),
        "ANTHROPIC_BASE_URL": api.url,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "DISABLE_AUTOUPDATER": "1",
        "MCP_CONNECTION_NONBLOCKING": "0",
    }
    streamed = STREAMED[0] in named
    allowed = ["--allowedTools", "mcp__claudetask"]
    options = ["--mcp-config", "mcp.json", "--strict-mcp-config", *named, *allowed]
    return subprocess.Popen(
        [CLIENT, "-p", *([] if streamed else ["go"]), *options],
        cwd=shop,
        env=environment,
        stdin=subprocess.PIPE if streamed else subprocess.DEVNULL,
        stdout=subprocess.PIPE if streamed else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def prompted(process: "subprocess.Popen[bytes]", text: str) -> None:
    """Says something to a session that is streamed to, and waits until it is done with it."""
    assert process.stdin is not None
    assert process.stdout is not None
    message = {"type": "user", "message": {"role": "user", "content": text}}
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        while (line := process.stdout.readline()) and json.loads(line)["type"] != "result":
            pass
    finally:
        watch.cancel()
    assert line, "the session ended"


def run(shop: Path, home: Path, api: Script, *named: str, killed: bool = False) -> None:
    """Runs a session to its end, or kills it once its model has made its calls."""
    with serving(api):
        process = session(shop, home, api, *named)
        try:
            if killed:
                assert api.thinking.wait(SECONDS)
                process.send_signal(signal.SIGKILL)
            code = process.wait(SECONDS)
        finally:
            api.over.set()
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        assert code == (-signal.SIGKILL if killed else 0)


async def test_a_session_goes_on_from_its_first_call_where_a_killed_one_stopped(
    core: Core, shop: Path, own_home: Path, alice: Caller
) -> None:
    fields = {"title": "Parse dates", "acceptance_criteria": ["zones are kept"]}
    await core.tasks.create(TaskCreate.model_validate(fields), alice)
    gone = Script(
        [
            ("get_next_task", {"claim": True}),
            ("update_task", {"task_id": 1, "note": "the offset is dropped in parse()"}),
        ],
        endless=True,
    )
    run(shop, own_home, gone, "--session-id", FIRST, killed=True)
    assert f"Claimed for claude-code:{FIRST} until" in gone.shown[0]
    assert "branch fix/dates" in gone.shown[0]
    reason = "resuming after the session ended"
    taking = {"task_id": 1, "status": "In Progress", "force_reason": reason}
    heir = Script(
        [
            ("update_task_status", taking),
            ("update_task", {"task_id": 1, "check": {"1": "test_zones passes"}}),
            ("update_task_status", {"task_id": 1, "status": "Code Review"}),
        ]
    )
    run(shop, own_home, heir, "--session-id", SECOND)
    for known in (
        "Claimed from this worktree by others:",
        "#1 Parse dates (In Progress, branch fix/dates; ",
        "open: 1: zones are kept",
        "last note: the offset is dropped in parse()",
        f'force_reason=\\"{reason}\\"',
    ):
        assert known in heir.told.replace('\\\\"', '\\"'), heir.told
    assert "is in In Progress" in heir.shown[0]
    assert "Claimed by you until" in heir.shown[0]
    assert "#1 Parse dates is in Code Review" in heir.shown[2]
    taken = [e for e in await core.tasks.history(1) if e.action == "taken_over"]
    assert [(e.old, e.new, e.reason) for e in taken] == [
        (f"claude-code:{FIRST}", f"claude-code:{SECOND}", reason)
    ]


async def test_a_continued_session_still_holds_its_task(
    core: Core, shop: Path, own_home: Path, alice: Caller
) -> None:
    for title in ("Parse dates", "Other work"):
        await core.tasks.create(TaskCreate(title=title), alice)
    taking: list[Call] = [("get_next_task", {"claim": True})]
    run(shop, own_home, Script(taking), "--session-id", FIRST)
    moving = ("update_task_status", {"task_id": 1, "status": "Code Review"})
    again = Script([*taking, moving], before=2)
    run(shop, own_home, again, "--continue")
    assert "You hold:\\n#1 Parse dates" in again.told
    assert "you hold it already" in again.shown[-2]
    assert "#1 Parse dates is in Code Review" in again.shown[-1]
    actors = {entry.actor for entry in await core.tasks.history(1)}
    assert actors == {alice.name, f"claude-code:{FIRST}"}


async def test_a_cleared_session_still_holds_its_task(
    core: Core, shop: Path, own_home: Path, alice: Caller
) -> None:
    for title in ("Parse dates", "Other work"):
        await core.tasks.create(TaskCreate(title=title), alice)
    api = Script([("get_next_task", {"claim": True})])
    told: list[str] = []
    with serving(api):
        process = session(shop, own_home, api, "--session-id", FIRST, *STREAMED)
        try:
            for prompt in ("go", "/clear", "go on"):
                prompted(process, prompt)
                told.append(api.told)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=SECONDS)
    assert "You hold no task." in told[0]
    assert "SessionStart:clear" in told[-1]
    assert "You hold:\\n#1 Parse dates" in told[-1]
    assert "you hold it already" in api.shown[0]
