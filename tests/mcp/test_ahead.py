"""The client's first questions, answered while the program is still being loaded."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from claudetask_mcp.ahead import ANSWERS, Ahead, ahead
from claudetask_mcp.wire import Wire
from tests.mcp.process import DISCOVER, INITIALIZE, SOON, Program, started
from tests.mcp.write_snapshot import first_answers

LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
UNLOADED = """
import sys, types
from claudetask_mcp import start

def never(given, wire):
    wire.thread.join()
    print(sorted(sys.modules), file=sys.stderr)
    return 0

sys.modules["claudetask_mcp.cli"] = types.SimpleNamespace(main=never)
import claudetask_mcp
claudetask_mcp.cli = sys.modules["claudetask_mcp.cli"]
sys.exit(start.main([]))
"""
"""The program without all that it loads after its first answers."""
HEAVY = {"mcp", "mcp_types", "pydantic", "asyncio", "anyio", "typing", "argparse", "platformdirs"}


@pytest.fixture
def known() -> Ahead:
    return Ahead(json.loads(Path(ANSWERS).read_text("utf-8")))


def line(method: str, params: Any = None, number: Any = 1) -> bytes:
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
    message["params"] = params or {}
    return json.dumps({k: v for k, v in message.items() if v is not None}).encode() + b"\n"


GREETING = line("initialize", INITIALIZE, 0)
GREETED = line("notifications/initialized", number=None)


LISTENING = {
    "notifications": {"toolsListChanged": True, "resourcesListChanged": True},
    **DISCOVER,
}


async def listened(program: Program) -> dict[str, Any]:
    """What is told to a client of the newer era that listens."""
    program.send("subscriptions/listen", LISTENING)
    return await program.message()


async def asked_first(program: Program, era: str) -> list[dict[str, Any]]:
    """The answers to what a client asks at its start."""
    if era == "modern":
        hello, listens = await program.ask("server/discover", DISCOVER), await listened(program)
        return [hello, *[await program.ask(method, DISCOVER) for method in LISTS], listens]
    return [await program.greet(), *[await program.ask(method) for method in LISTS]]


async def test_the_file_says_what_the_server_says() -> None:
    """`python -m tests.mcp.write_snapshot` writes it anew."""
    assert json.loads(Path(ANSWERS).read_text("utf-8")) == await first_answers()


@pytest.mark.embedded(reason="the address of a server is a setting")
@pytest.mark.slow
@pytest.mark.parametrize("era", ["handshake", "modern"])
async def test_the_first_answers_wait_for_nothing_to_be_loaded(project: Path, era: str) -> None:
    async with started(project, code=UNLOADED) as program:
        answers = await asked_first(program, era)
        program.end()
        code, rest = await program.ended(within=SOON)
        assert program.process.stderr is not None
        loaded = (await program.process.stderr.read()).decode()
    assert code == 0
    assert rest == b""
    assert len(answers[1]["result"]["tools"]) == 17
    assert [name for name in HEAVY if f"'{name}'" in loaded] == []


@pytest.mark.slow
@pytest.mark.parametrize("era", ["handshake", "modern"])
async def test_each_question_is_answered_once_and_as_by_the_server(project: Path, era: str) -> None:
    async with started(project) as program:
        quick = await asked_first(program, era)
        params = DISCOVER if era == "modern" else {}
        call = {"name": "list_tasks", "arguments": {}, **params}
        said = await program.ask("tools/call", call)
        again = await program.ask("tools/list", params)
        program.end()
        _, rest = await program.ended(within=SOON)
        assert program.process.stderr is not None
        assert await program.process.stderr.read() == b""
    async with started(project, CLAUDETASK_LOG_LEVEL="WARNING") as program:
        whole = await asked_first(program, era)
    assert quick == whole
    assert said["result"]["content"][0]["text"] == "No task matches."
    assert again["result"] == quick[1]["result"]
    # the end of what it listened to
    assert [json.loads(line).get("id") for line in rest.splitlines()] == [2] * (era == "modern")


@pytest.mark.slow
async def test_a_client_that_asks_in_one_era_and_goes_on_in_the_other_is_left_to_the_server(
    project: Path,
) -> None:
    async with started(project) as program:
        await program.ask("server/discover", DISCOVER)
        answer = await program.ask("initialize", INITIALIZE)
    assert answer["error"]["code"] == -32022


def test_a_list_is_given_once_the_client_is_greeted(known: Ahead) -> None:
    assert known.answer(line("tools/list")) == b""
    assert b'"protocolVersion":"2025-11-25"' in known.answer(GREETING)
    assert known.answer(line("tools/list")) == b""
    assert known.answer(GREETED) == b""
    assert b'"name":"get_next_task"' in known.answer(line("tools/list"))
    assert known.answer(line("tools/list")) == b""  # its number waits for the server's answer
    assert known.drops(1)
    assert not known.drops(1)
    assert not known.drops("0")
    assert known.drops(0)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"junk\n",
        b"[" * 60000 + b"\n",
        b"[]\n",
        b'{"id": 1, "method": "initialize"}\n',
        line("tools/list", number=True),
        line("tools/list", number=1.5),
        line("tools/list", {"cursor": "a"}),
        line("tools/list", DISCOVER),
        line("tools/list", [1]),
        line("tools/call", {"name": "list_tasks"}),
        line("server/discover", DISCOVER),
        line("ping"),
        GREETING,
    ],
)
def test_what_is_not_plain_is_left_to_the_server(known: Ahead, said: bytes) -> None:
    known.answer(GREETING)
    known.answer(GREETED)
    assert known.answer(said) == b""


@pytest.mark.parametrize(
    "said",
    [
        {"notifications": {"toolsListChanged": True}},
        {"notifications": {"toolsListChanged": "yes"}, **DISCOVER},
        {"notifications": {"resourceSubscriptions": ["claudetask://tasks"]}, **DISCOVER},
        {"notifications": {}, "more": 1, **DISCOVER},
        DISCOVER,
    ],
)
def test_who_listens_to_more_than_lists_is_left_to_the_server(
    known: Ahead, said: Mapping[str, Any]
) -> None:
    assert known.answer(line("subscriptions/listen", LISTENING)) == b""
    known.answer(line("server/discover", DISCOVER, "probe"))
    assert known.answer(line("subscriptions/listen", said)) == b""
    acknowledged = json.loads(known.answer(line("subscriptions/listen", LISTENING)))
    assert known.answer(line("subscriptions/listen", LISTENING)) == b""
    assert not known.drops_told("notifications/message", {})
    assert known.drops_told(acknowledged["method"], acknowledged["params"])
    assert not known.drops_told(acknowledged["method"], acknowledged["params"])


@pytest.mark.parametrize(
    "changed",
    [
        {"protocolVersion": "2024-11-05"},
        {"protocolVersion": ["2025-11-25"]},
        {"capabilities": None},
        {"capabilities": {"roots": 5}},
        {"capabilities": {"roots": {"listChanged": "yes"}}},
        {"clientInfo": {"name": "x"}},
        {"clientInfo": {"name": "x", "version": 1}},
    ],
)
def test_a_greeting_that_the_server_may_refuse_is_left_to_it(
    known: Ahead, changed: Mapping[str, Any]
) -> None:
    assert known.answer(line("initialize", {**INITIALIZE, **changed})) == b""
    assert known.answer(GREETING)


@pytest.mark.parametrize(
    ("arguments", "environment", "config", "answers"),
    [
        ([], {}, None, True),
        (["--project", "."], {}, None, True),
        (["--project=."], {}, None, True),
        ([], {"CLAUDETASK_PROJECT_PATH": ".", "CLAUDETASK_TOKEN": ""}, None, True),
        ([], {}, '[verify]\ncommands = [["true"]]\n', True),
        ([], {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}, None, True),
        ([], {}, "[workflow]\n", False),
        ([], {}, '["work\\u0066low"]\n', False),
        ([], {"ANTHROPIC_BASE_URL": "nowhere"}, None, False),
        ([], {"CLAUDETASK_LOG_LEVEL": "DEBUG"}, None, False),
        ([], {"claudetask_data_dir": "/x"}, None, False),
        ([], {"CLAUDE_PROJECT_DIR": "/no/such/folder"}, None, False),
        (["--project", "/no/such/folder"], {}, None, False),
        (["--project"], {}, None, False),
        (["--project", ".", "search", "x"], {}, None, False),
        (["--help"], {}, None, False),
    ],
)
def test_a_start_with_settings_waits_for_them_to_be_read(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    config: str | None,
    answers: bool,
) -> None:
    monkeypatch.chdir(project)
    if config is not None:
        (project / ".claudetask").mkdir(exist_ok=True)
        (project / ".claudetask" / "config.toml").write_text(config, "utf-8")
    home = {"HOME": str(project / "nobody")}
    assert (ahead(arguments, {**home, **environment}, str(project)) is not None) == answers


def test_a_user_with_settings_of_their_own_waits_too(project: Path) -> None:
    assert ahead([], {"HOME": str(project)}, str(project)) is not None
    own = project / ".config" / "claudetask"
    own.mkdir(parents=True)
    (own / "config.toml").write_text("lease_seconds = 5\n", "utf-8")
    elsewhere = {"XDG_CONFIG_HOME": str(own.parent)}
    assert ahead([], elsewhere, str(project)) is None


def test_a_client_that_went_away_before_its_answer_is_no_error(known: Ahead) -> None:
    reading, writing = os.pipe()
    gone, out = os.pipe()
    os.close(gone)
    os.write(writing, GREETING)
    os.close(writing)
    came: list[bytes | None] = []
    with os.fdopen(reading, "rb") as stream, os.fdopen(out, "wb"):
        wire = Wire(stream, out, known)
        wire.thread.join(SOON)
        wire.hand_to(came.append)
    assert came == [GREETING, None]
