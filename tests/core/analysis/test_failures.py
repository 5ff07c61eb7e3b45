"""How each way in which the client fails is told to people."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import Unavailable
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.services.analysis import analyses as analysis
from claudetask_core.services.analysis.claude_code import process as claude_code_process
from claudetask_core.services.analysis.claude_code.failures import of_result, of_silence, redacted
from claudetask_core.services.analysis.claude_code.process import Ended, Exit
from tests.core.analysis.support import (
    ALICE,
    ANSWER,
    FakeClaude,
    analysed,
    inside,
    new_task,
    result,
)
from tests.support import eventually, is_alive


def api_error(status: int | None, words: str) -> dict[str, Any]:
    """An error of the API comes as subtype success."""
    return result(is_error=True, api_error_status=status, result=words, structured_output=None)


async def failure(core: Core) -> tuple[Job, str]:
    job = await analysed(core, await new_task(core))
    assert job.status is JobStatus.FAILED
    return job, job.error or ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (api_error(None, "Not logged in · Please run /login"), "Run `claude` once"),
        (api_error(401, "Invalid API key · Fix external API key"), "401: Invalid API key"),
        (api_error(429, "API Error: Request rejected (429)"), "limit is reached: try again later"),
        (api_error(404, "There's an issue with the model"), "CLAUDETASK_ANALYSIS_MODEL"),
        (api_error(529, "Overloaded"), "The Claude API answered 529: Overloaded — Try again later"),
        (api_error(None, "Connection refused"), "Claude Code failed: Connection refused"),
        (api_error(400, "Prompt is too long"), "Prompt is too long — The task with all"),
        (api_error(400, "Credit balance is too low"), "too low — Add credit to the account"),
        (
            api_error(None, "Claude's response exceeded the 128000 output token maximum."),
            "maximum. — Narrow the task down",
        ),
        (result(is_error=True, stop_reason="refusal", result="No."), "Claude refused to work"),
        (result(subtype="error_max_turns", is_error=True), "CLAUDETASK_ANALYSIS_MAX_TURNS"),
        (result(subtype="error_max_budget_usd", is_error=True), "ANALYSIS_MAX_BUDGET_USD"),
        (
            result(subtype="error_max_structured_output_retries", is_error=True),
            "did not manage to answer in the form",
        ),
        (
            result(subtype="error_during_execution", result=None, errors=["it broke"]),
            "Claude Code failed: it broke",
        ),
        (
            result(subtype="error_during_execution", result=None),
            "Claude Code failed: it gave no reason",
        ),
    ],
)
def test_an_error_of_the_client_is_told_with_what_to_do(line: dict[str, Any], said: str) -> None:
    assert said in (of_result(line, 1) or "")


async def test_a_failed_run_keeps_its_cost_and_turns(core: Core, fake: FakeClaude) -> None:
    fake.script(lines=[api_error(401, "Invalid API key")], exit=1)
    job, error = await failure(core)
    assert "log in" in error
    assert (job.cost_usd, job.turns) == (0.25, 3)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"lines": [result()], "kill": "SIGTERM"}, "exit code 143 after its answer"),
        ({"stderr": "error: bad flag", "exit": 1}, "exit code 1: error: bad flag"),
        ({"kill": "SIGKILL"}, "ended by signal 9"),
        (
            {"lines": [result(structured_output={**ANSWER, "size": "XXL"})]},
            "not the form that was asked for: size: Input should be 'S', 'M' or 'L'",
        ),
    ],
)
async def test_anything_but_a_whole_success_is_a_failure(
    core: Core, fake: FakeClaude, script: dict[str, Any], said: str
) -> None:
    fake.script(**script)
    _, error = await failure(core)
    assert said in error


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (result(structured_output=None), 0, "answered in words and not in the form"),
        (result(structured_output=[]), 0, "answered in words and not in the form"),
        (result(result="Unknown command: /x", structured_output=None), 0, "Unknown command: /x"),
        (result(), 3, "exit code 3 after its answer"),
        (result(subtype="success", is_error=True), 0, "Claude Code failed: words"),
        ({"type": "result"}, 0, "Claude Code failed: it gave no reason"),
    ],
)
def test_a_result_that_is_no_whole_success_is_a_failure(
    line: dict[str, Any], code: int, said: str
) -> None:
    assert said in (of_result(line, code) or "")


def test_a_whole_success_is_none() -> None:
    assert of_result(result(), 0) is None


def test_a_run_without_a_word_is_told() -> None:
    assert "exit code 0 and said nothing" in of_silence(Exit(Ended.BY_ITSELF, 0, ""))


@pytest.mark.parametrize(
    "said",
    [
        "error: unknown option '--json-schema'",
        "error: option '--permission-mode <mode>' argument 'dontAsk' is invalid. Allowed: plan.",
    ],
)
async def test_a_client_that_is_too_old_is_told_so(core: Core, fake: FakeClaude, said: str) -> None:
    fake.script(stderr=said, exit=1)
    _, error = await failure(core)
    assert said in error
    assert error.endswith("2.1.0 or newer (`claude update`), then start the analysis again.")


async def test_a_client_that_takes_too_long_is_ended(
    core: Core, fake: FakeClaude, settings: Settings
) -> None:
    fake.script(hang=True)
    hurried = settings.model_copy(update={"analysis_timeout_seconds": 0.5})
    async with open_core(hurried, start=core.places.root, home=None) as other:
        _, error = await failure(other)
    assert "after 0.5 seconds" in error
    assert "CLAUDETASK_ANALYSIS_TIMEOUT_SECONDS" in error
    for call in fake.calls():
        await eventually(lambda pid=call["pid"]: not is_alive(pid))


async def test_a_line_without_end_ends_the_client(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_code_process, "MAX_LINE", 100_000)
    fake.script(hang=True, long=400_000)
    _, error = await failure(core)
    assert "more than can be taken in" in error


async def test_a_program_that_cannot_be_started_is_told(core: Core, fake: FakeClaude) -> None:
    fake.binary.write_text("#!/no/such/interpreter\n")
    _, error = await failure(core)
    assert "cannot be started" in error
    assert "No such file" in error


async def test_a_project_that_is_gone_is_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone() -> Path:
        return Path("/no/such/project")

    monkeypatch.setattr(inside(core, "work"), "_root", gone)
    _, error = await failure(core)
    assert "Check the project's path" in error


async def test_secrets_of_the_client_are_not_told(core: Core, fake: FakeClaude) -> None:
    fake.script(stderr="bad key sk-ant-api03-verysecret\n", exit=1)
    _, error = await failure(core)
    assert "verysecret" not in error
    assert "bad key [redacted]" in error


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hidden-hidden",
        'api_key="hidden"',
        "https://me:hidden@proxy.invalid/",
        "ANTHROPIC_API_KEY=hidden",
    ],
)
def test_what_looks_like_a_secret_is_redacted(text: str) -> None:
    assert "hidden" not in redacted(text)


def test_a_long_text_is_cut() -> None:
    assert len(redacted("word " * 1000)) == 301


async def test_a_fault_of_ours_fails_the_job_and_stands_in_the_log(
    core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr(analysis.analysis_prompt, "build", broken)
    with caplog.at_level(logging.ERROR):
        _, error = await failure(core)
        await eventually(lambda: not inside(core, "background").living)
    assert "a bug" not in error
    assert "a bug" in caplog.text


async def test_a_board_that_cannot_be_written_delays_a_heartbeat_and_no_more(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script(hang=True)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await fake.called()
    beat, tried = inside(core, "jobs").beat, asyncio.Event()

    async def busy(_present: object) -> dict[str, str]:
        tried.set()
        monkeypatch.setattr(inside(core, "jobs"), "beat", beat)
        raise Unavailable("busy")

    monkeypatch.setattr(inside(core, "jobs"), "beat", busy)
    await asyncio.wait_for(tried.wait(), 5)
    assert (await core.analysis.cancel(job.id, ALICE)).status is JobStatus.CANCELLED


@pytest.mark.parametrize(("times", "status"), [(2, JobStatus.SUCCEEDED), (3, JobStatus.RUNNING)])
async def test_an_end_that_cannot_be_written_is_tried_again_and_then_left_to_the_next_server(
    core: Core, monkeypatch: pytest.MonkeyPatch, times: int, status: JobStatus
) -> None:
    jobs = inside(core, "jobs")
    finish, failures = jobs.finish, iter(range(times))

    async def busy(*given: object, **named: object) -> None:
        if next(failures, None) is not None:
            raise Unavailable("busy")
        await finish(*given, **named)

    monkeypatch.setattr(analysis, "END_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(jobs, "finish", busy)
    job = await core.analysis.start((await new_task(core)).id, ALICE)
    await eventually(lambda: not inside(core, "background").living)
    assert (await core.analysis.get(job.id)).status is status


@pytest.mark.parametrize(
    "said",
    [
        {"num_turns": 10**30, "total_cost_usd": 10**400, "usage": {"input_tokens": 10**30}},
        {"num_turns": 2**31, "total_cost_usd": 1e300, "usage": {"output_tokens": 2**31}},
        {"num_turns": -1, "total_cost_usd": -1, "usage": {"input_tokens": -1}},
        {"num_turns": True, "total_cost_usd": True, "usage": {"input_tokens": True}},
        {"num_turns": "3", "total_cost_usd": "1", "usage": {"input_tokens": "3"}},
        {"num_turns": 0.5, "total_cost_usd": float("nan"), "usage": {"input_tokens": 0.5}},
    ],
)
async def test_an_account_that_cannot_be_is_none_and_ends_the_job_too(
    core: Core, fake: FakeClaude, said: dict[str, Any]
) -> None:
    fake.script(lines=[result(**said)])
    job = await analysed(core, await new_task(core))
    assert job.status is JobStatus.SUCCEEDED
    assert (job.turns, job.cost_usd, job.tokens) == (None, None, None)


async def test_words_that_no_task_may_hold_end_the_job_too(core: Core, fake: FakeClaude) -> None:
    fake.script(stderr="bro\0ken", exit=1)
    _, error = await failure(core)
    assert "bro" in error
    assert "\0" not in error
