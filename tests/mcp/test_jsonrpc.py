"""Lines that are no messages of the protocol, and what their sender is told."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp.types import (
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCResponse,
)

from claudetask_mcp.jsonrpc import Answers, Messages, Unanswered, looked_at
from tests.mcp.process import started

pytestmark = pytest.mark.boardless

PING = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
PARSE, REQUEST, PARAMS = -32700, -32600, -32602
FAULTS: list[tuple[str, int, str | int | None]] = [
    ("this is not json\n", PARSE, None),
    ('{"jsonrpc": "2.0", "id": 1, "method": "pi\n', PARSE, None),
    ("[" * 200_000 + "\n", PARSE, None),
    (
        '{"jsonrpc": "2.0", "id": 1, "method": "m", "params": {"n": ' + "9" * 5000 + "}}\n",
        PARSE,
        None,
    ),
    ("42\n", REQUEST, None),
    (f"[{PING.strip()}]\n", REQUEST, None),
    ("{}\n", REQUEST, None),
    ('{"jsonrpc": "1.0", "id": 7, "method": "ping"}\n', REQUEST, 7),
    ('{"jsonrpc": "2.0", "id": 7}\n', REQUEST, 7),
    ('{"jsonrpc": "2.0", "id": "a", "method": 5}\n', REQUEST, "a"),
    ('{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}\n', REQUEST, None),
    ('{"jsonrpc": "2.0", "id": null, "method": "ping"}\n', REQUEST, None),
    ('{"jsonrpc": "2.0", "id": true, "method": "ping"}\n', REQUEST, None),
    ('{"jsonrpc": "2.0", "id": [[]]}\n', REQUEST, None),
    ('{"jsonrpc": "2.0", "id": 8, "method": "tools/list", "params": [1]}\n', PARAMS, 8),
    ('{"jsonrpc": "2.0", "id": "b", "method": "tools/list", "params": "x"}\n', PARAMS, "b"),
]
UNANSWERED = [
    PING,
    '{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": null}\n',
    '{"jsonrpc": "2.0", "method": "notifications/unheard_of"}\n',
    '{"jsonrpc": "2.0", "method": "notifications/unheard_of", "params": {"id": 1}}\n',
    '{"jsonrpc": "2.0", "id": 1, "result": {}}\n',
    '{"jsonrpc": "2.0", "id": 1, "result": 5}\n',
    '{"jsonrpc": "2.0", "error": 5}\n',
    "\n",
    " \r\n",
]


@pytest.mark.parametrize(("line", "code", "number"), FAULTS)
def test_a_line_that_is_no_message_is_answered_under_its_id_where_it_has_one(
    line: str, code: int, number: str | int | None
) -> None:
    _, error = looked_at(line)
    assert error is not None
    assert (error.error.code, error.id) == (code, number)
    assert len(error.error.message) < 400


@pytest.mark.parametrize("line", UNANSWERED)
def test_messages_answers_and_blank_lines_are_not_refused(line: str) -> None:
    assert looked_at(line)[1] is None


async def lines(*texts: str) -> AsyncGenerator[str]:
    for text in texts:
        yield text


async def test_only_messages_are_passed_on_and_the_others_answered() -> None:
    out, sent = anyio.create_memory_object_stream[SessionMessage](9)
    messages = Messages(lines("junk\n", PING, "[]\n"))
    messages.sender = out
    assert [line async for line in messages] == [PING]
    out.close()
    async with sent:
        answers = [item.message async for item in sent]
    assert [answer.id for answer in answers if isinstance(answer, JSONRPCError)] == [None, None]


async def test_a_line_that_nobody_can_be_told_about_is_dropped() -> None:
    out, sent = anyio.create_memory_object_stream[SessionMessage](9)
    messages = Messages(lines("junk\n", PING, "junk\n", PING))
    passed: list[str] = []
    async for line in messages:
        passed.append(line)
        messages.sender = out
        sent.close()
    out.close()
    assert passed == [PING, PING]


@pytest.mark.slow
async def test_a_request_that_is_malformed_is_not_left_waiting(project: Path) -> None:
    async with started(project) as program:
        await program.greet()
        stdin = program.process.stdin
        assert stdin is not None
        told: list[dict[str, Any]] = []
        for line, _, _ in FAULTS[:2] + FAULTS[-1:]:
            stdin.write(line.encode())
            told.append(await program.message())
        assert (await program.ask("ping"))["result"] == {}
    assert [(said["error"]["code"], said["id"]) for said in told] == [
        (code, number) for _, code, number in FAULTS[:2] + FAULTS[-1:]
    ]
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in program.lines)


LISTEN = '{"jsonrpc": "2.0", "id": 2, "method": "subscriptions/listen", "params": {}}\n'
GIVEN_UP = '{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": %s}}\n'


@pytest.mark.parametrize(
    ("after", "settled"),
    [
        ([], False),
        ([JSONRPCResponse(jsonrpc="2.0", id=1, result={})], True),
        ([JSONRPCError(jsonrpc="2.0", id=1, error=ErrorData(code=1, message="m"))], True),
        ([JSONRPCResponse(jsonrpc="2.0", id="1", result={})], False),
        ([JSONRPCNotification(jsonrpc="2.0", method="notifications/message")], False),
    ],
)
async def test_the_end_of_input_waits_for_answers_alone(
    after: list[JSONRPCMessage], *, settled: bool
) -> None:
    seen: list[bool] = []

    async def patience(unanswered: Unanswered) -> None:
        for message in after:
            await answers.send(SessionMessage(message))
        with anyio.move_on_after(0.05):
            await unanswered.none()
            seen.append(True)

    async def lines() -> AsyncGenerator[str]:
        yield PING
        yield LISTEN

    messages = Messages(lines(), patience)
    outgoing, incoming = anyio.create_memory_object_stream[SessionMessage](9)
    async with incoming, Answers(outgoing, messages.unanswered) as answers:
        assert [line async for line in messages] == [PING, LISTEN]
        await answers.aclose()
    assert seen == [True] * settled


@pytest.mark.parametrize(("number", "settled"), [("1", True), ('"1"', False), ("[]", False)])
async def test_what_was_given_up_is_not_waited_for(number: str, *, settled: bool) -> None:
    async def lines() -> AsyncGenerator[str]:
        yield PING
        yield GIVEN_UP % number

    messages = Messages(lines())
    assert len([line async for line in messages]) == 2
    with anyio.move_on_after(0.05) as scope:
        await messages.unanswered.none()
    assert scope.cancelled_caught is not settled
