"""What every route does with requests that are not what they should be."""

import logging
import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from claudetask_api.errors import STATUS
from claudetask_core.core import Core
from claudetask_core.errors import Code, Internal
from tests.api.asgi import HOST, exchange, scope_of
from tests.api.support import MakeTask

JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


async def test_each_route_takes_the_parameters_that_the_document_names_and_no_other(
    client: AsyncClient, app: FastAPI
) -> None:
    document = app.openapi()
    tried = 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not path.startswith("/api/"):
                continue
            named = sorted(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query")
            there = path.format_map(dict.fromkeys(re.findall(r"{(\w+)}", path), "1"))
            answer = await client.request(method, there, params={"of_nobody": "1"})
            said = [one["message"] for one in answer.json()["errors"]]
            known = ", ".join(named) or "none"
            assert any(one.endswith(f"known: {known}") for one in said), (method, path, said)
            tried += 1
    assert tried > 50


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(Code)


async def test_a_refusal_is_a_problem_with_the_requests_id(client: AsyncClient) -> None:
    answer = await client.get("/api/tasks/3", headers={"X-Request-ID": "abc-1"})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:claudetask:task_not_found"
    assert problem["title"] == "Task not found"
    assert problem["status"] == answer.status_code == 404
    assert problem["instance"] == "/api/tasks/3"
    assert problem["request_id"] == answer.headers["x-request-id"] == "abc-1"


@pytest.mark.parametrize(
    "path",
    ["/api/tasks", "/api/agents", "/api/claude/config", "/api/project/settings", "/health", "/"],
)
async def test_an_unknown_parameter_is_refused_on_every_route(
    client: AsyncClient, path: str
) -> None:
    answer = await client.get(f"{path}?colour=red")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "colour"


@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("GET", "/api/search?query=x&kind=colour", None, ("query", "kind")),
        ("POST", "/api/tasks", {"title": "t", "parent_id": 7}, ("body", "parent_id")),
        ("POST", "/api/tasks", {"title": "t", "depends_on": [7]}, ("body", "depends_on")),
        ("PUT", "/api/project/settings", {"project_path": "/no"}, ("body", "project_path")),
        ("PUT", "/api/tasks/1", {"check": {"7": "seen"}}, ("body", "check")),
    ],
)
async def test_what_a_service_refuses_names_the_field_too(
    client: AsyncClient,
    make_task: MakeTask,
    method: str,
    path: str,
    body: Any,
    where: tuple[str, str],
) -> None:
    await make_task()
    answer = await client.request(method, path, json=body)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["location"], error["field"]) == where


async def test_a_parameter_given_twice_is_refused(client: AsyncClient) -> None:
    answer = await client.get("/api/tasks?limit=1&limit=2")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["type"] == "repeated"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b'{"title": "\\ud800"}',
        b"nul",
        b'{"a\\u0000b": 1, "title": NaN}',
        b'{"title": "a", "parent_id": -Infinity}',
    ],
    ids=[
        "open",
        "deep array",
        "deep object",
        "no UTF-8",
        "half a character",
        "no word",
        "no number",
        "infinite",
    ],
)
async def test_what_is_not_json_is_400(client: AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/tasks", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_json"


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"null", b'{"a\\u0000b": "NaN"}'])
async def test_json_of_another_shape_is_422(client: AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/tasks", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "a/json"])
async def test_a_body_that_is_not_sent_as_json_is_415(client: AsyncClient, kind: str) -> None:
    """Any web page could send a form to a public server of this kind and so start Claude."""
    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post("/api/tasks", content=b'{"title": "x"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


async def test_an_empty_form_starts_no_analysis(client: AsyncClient, make_task: MakeTask) -> None:
    await make_task("x")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post("/api/tasks/1/analyze", headers=headers)).status_code == 415


async def test_parameters_of_the_media_type_are_fine(client: AsyncClient) -> None:
    headers = {"Content-Type": "application/JSON; charset=utf-8"}
    answer = await client.post("/api/tasks", content=b'{"title": "x"}', headers=headers)
    assert answer.status_code == 201


async def test_a_body_over_one_mebibyte_is_413(client: AsyncClient) -> None:
    answer = await client.post("/api/tasks", json={"title": "x", "description": "y" * MIB})
    assert answer.status_code == 413
    assert answer.json()["code"] == "content_too_large"


async def test_a_body_of_no_announced_length_is_counted_as_it_comes(app: FastAPI) -> None:
    headers = [HOST, (b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    async with exchange(app, scope_of("POST", "/api/tasks", headers)) as (talk, _):
        for _ in range(17):
            talk.send(b" " * 65536, more=True)
        assert (await talk.next())["status"] == 413


async def test_a_client_that_hangs_up_within_its_body_changes_nothing(
    app: FastAPI, client: AsyncClient
) -> None:
    headers = [HOST, (b"content-type", b"application/json"), (b"content-length", b"14")]
    async with exchange(app, scope_of("POST", "/api/tasks", headers)) as (talk, _):
        talk.send(b'{"title"', more=True)
        talk.hang_up()
    assert talk.answers.empty()
    assert (await client.get("/api/tasks")).json() == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/tasks", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/api/tasks/1", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("GET", "/api/tasks/next", "OPTIONS, POST"),
        ("PUT", "/api/tasks/similar", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/agents/a/restore", "OPTIONS, POST"),
        ("HEAD", "/api/events", "GET, OPTIONS"),
    ],
)
async def test_a_method_that_is_not_possible_is_405_and_says_which_are(
    client: AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/api/tasks", "GET, HEAD, OPTIONS, POST"), ("/openapi.json", "GET, HEAD, OPTIONS")],
)
async def test_options_says_what_is_possible(client: AsyncClient, path: str, allowed: str) -> None:
    answer = await client.options(path)
    assert answer.status_code == 204
    assert answer.headers["allow"] == allowed


async def test_head_is_get_without_the_body(client: AsyncClient, make_task: MakeTask) -> None:
    await make_task("x")
    answer = await client.head("/api/tasks")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-total-count"] == "1"


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/tasks/", "/api/tasks/1/nothing"])
async def test_a_path_of_nothing_is_404(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "path_not_found"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/api/tasks/", "Leave out its last slash: /api/tasks."),
        ("/api/tasks/1/", "Leave out its last slash: /api/tasks/1."),
        ("/health/", "Leave out its last slash: /health."),
        ("/api/nothing/", "/openapi.json lists what there is."),
    ],
)
async def test_a_slash_too_many_is_told_of(client: AsyncClient, path: str, hint: str) -> None:
    for answer in (await client.get(path), await client.post(path, json={"title": "x"})):
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"There is nothing at {path}. {hint}"


async def test_no_agent_has_the_empty_name_that_a_slash_too_many_leaves(
    client: AsyncClient,
) -> None:
    read = await client.get("/api/agents/")
    written = await client.put("/api/agents/", json={"description": "d"})
    deleted = await client.delete("/api/agents/")
    for answer in (read, written, deleted):
        assert (answer.status_code, answer.json()["code"]) == (404, "path_not_found")
        assert answer.json()["detail"].endswith("Leave out its last slash: /api/agents.")


async def test_another_method_of_what_is_mounted_beside_is_405(
    client: AsyncClient,
) -> None:
    answer = await client.post("/openapi.json")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_strangers_exception_is_opaque_outside_and_whole_in_the_log(
    client: AsyncClient,
    core: Core,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(core.tasks, "find", broken)
    answer = await client.get("/api/tasks")
    problem = answer.json()
    assert answer.status_code == 500
    assert problem["code"] == "internal"
    assert "the secret" not in answer.text
    assert problem["request_id"] in problem["detail"]
    assert "the secret is 42" in caplog.text
    assert problem["request_id"] in caplog.text


@pytest.mark.parametrize(
    ("short", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (RuntimeError("can't start new thread"), "out_of_threads"),
    ],
)
async def test_what_the_system_no_longer_gives_is_told_by_name(
    client: AsyncClient, core: Core, monkeypatch: pytest.MonkeyPatch, short: Exception, code: str
) -> None:
    async def lacking(*_: Any) -> None:
        raise short

    monkeypatch.setattr(core.tasks, "find", lacking)
    answer = await client.get("/api/tasks")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert "ulimit" in answer.json()["detail"]


async def test_what_fails_after_an_upgrade_says_to_start_the_server_anew(
    client: AsyncClient,
    core: Core,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def gone(*_: Any) -> None:
        raise ImportError("no such name in claudetask_core")

    monkeypatch.setattr(core.tasks, "find", gone)
    monkeypatch.setattr("claudetask_core.replaced._FILE", "/nowhere/__init__.py")
    answer = await client.get("/api/tasks")
    assert (answer.status_code, answer.json()["code"]) == (503, "program_replaced")
    assert "Start the server anew" in answer.json()["detail"]
    assert "no such name" in caplog.text


async def test_a_fault_of_ours_is_logged_under_the_requests_id(
    client: AsyncClient,
    core: Core,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: Any) -> None:
        raise Internal("the criteria have lost their task")

    monkeypatch.setattr(core.tasks, "find", broken)
    answer = await client.get("/api/tasks")
    assert answer.status_code == 500
    assert answer.json()["request_id"] in caplog.text


async def test_an_answer_that_breaks_off_is_not_answered_twice(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app.state.streams, "frames", _breaking)
    with pytest.raises(RuntimeError, match="broke off"):
        async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
            assert (await talk.next())["status"] == 200
    assert "broke off" in caplog.text


async def _breaking(*_: object) -> AsyncGenerator[bytes]:
    yield b": connected\n\n"
    raise RuntimeError("the stream broke off")


async def test_the_log_has_a_line_for_every_request_and_nothing_secret(
    client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "claudetask_api.access")
    await client.get("/api/tasks?q=hunter2", headers={"X-Request-ID": "r 1 forged"})
    await client.post("/api/tasks", json={"title": "hunter2"}, headers={"X-Request-ID": "r-1"})
    await client.get("/api/tasks/1%0Aforged")
    lines = [r.getMessage() for r in caplog.records if r.name == "claudetask_api.access"]
    assert len(lines) == 3
    assert '"method": "POST", "path": "/api/tasks", "status": 201' in lines[1]
    assert '"request_id": "r-1"' in lines[1]
    assert "hunter2" not in "".join(lines)
    assert "\n" not in lines[2]


@pytest.mark.parametrize(
    ("encoding", "status"), [("gzip", 415), ("br, gzip", 415), ("identity", 201), ("Identity", 201)]
)
async def test_a_compressed_body_is_415_and_says_what_is_taken(
    client: AsyncClient, encoding: str, status: int
) -> None:
    headers = {**JSON, "Content-Encoding": encoding}
    content = b'{"title": "a"}' if status == 201 else b"\x1f\x8b"
    answer = await client.post("/api/tasks", content=content, headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.headers["accept-encoding"] == "identity"
        assert "must not be compressed" in answer.json()["detail"]
