"""How the client is called: so that neither it nor a hostile repository can change anything."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.services.analysis import answer as analysis_answer
from claudetask_core.services.analysis.claude_code.command import arguments, environment
from tests.core.analysis.support import FakeClaude, analysed, new_task


def value(argv: list[str], flag: str) -> str:
    return argv[argv.index(flag) + 1]


async def call(core: Core, fake: FakeClaude, **fields: Any) -> dict[str, Any]:
    await analysed(core, await new_task(core, **fields))
    return fake.calls()[-1]


def test_the_client_may_read_and_nothing_else(settings: Settings) -> None:
    argv = arguments("/bin/claude", settings, {})
    assert argv[:2] == ["/bin/claude", "-p"]
    assert value(argv, "--tools") == "Read,Grep,Glob"
    assert value(argv, "--permission-mode") == "dontAsk"
    assert value(argv, "--setting-sources") == "user"
    assert "--strict-mcp-config" in argv
    assert "--mcp-config" not in argv
    assert "--no-session-persistence" in argv
    assert "Read(**/.env)" in argv
    assert "--model" not in argv


def test_the_client_is_bounded_and_streams(settings: Settings) -> None:
    argv = arguments("/bin/claude", settings, {})
    assert (value(argv, "--max-turns"), value(argv, "--max-budget-usd")) == ("30", "1")
    assert value(argv, "--output-format") == "stream-json"
    assert "--verbose" in argv


async def test_the_prompt_goes_in_by_stdin_and_never_starts_a_command(
    core: Core, fake: FakeClaude
) -> None:
    called = await call(core, fake, title="/exit now")
    assert "/exit now" in called["stdin"]
    assert not called["stdin"].startswith("/")
    assert not any("/exit" in argument for argument in called["argv"])
    assert json.loads(value(called["argv"], "--json-schema")) == analysis_answer.schema()


async def test_no_mention_in_the_prompt_has_the_client_read_a_file(
    core: Core, fake: FakeClaude
) -> None:
    called = await call(core, fake, title="see @/etc/passwd")
    assert "see @ /etc/passwd" in called["stdin"]
    assert "@/" not in called["stdin"]


async def test_the_client_works_in_the_project_without_our_variables_and_an_outer_sessions(
    core: Core, fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = ("CLAUDETASK_TOKEN", "MCP_TIMEOUT", "CLAUDECODE", "CLAUDE_CODE_MESSAGING_TOKEN")
    for name in (*outer, "GIT_DIR", "KEPT_VARIABLE"):
        monkeypatch.setenv(name, "x")
    called = await call(core, fake)
    env = called["env"]
    assert called["cwd"] == str(core.places.root)
    assert env["KEPT_VARIABLE"] == "x"
    assert not set(outer) & env.keys()
    assert env["CLAUDETASK_IN_ANALYSIS"] == "1"
    assert env["GIT_DIR"] == os.devnull
    assert env["CLAUDE_CODE_MAX_RETRIES"] == "2"
    assert env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"


def test_a_model_is_named_where_a_setting_names_it(settings: Settings) -> None:
    named = settings.model_copy(update={"analysis_model": "haiku"})
    assert value(arguments("claude", named, {}), "--model") == "haiku"


def test_to_git_in_the_client_the_project_is_no_repository_whose_programs_could_run(
    project: Path,
) -> None:
    subprocess.run(["git", "init", "-q", project], check=True)
    command = ["git", "-C", project, "status"]
    said = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert said.returncode != 0
    assert b"not a git repository" in said.stderr


def test_the_client_looks_for_what_is_the_users_where_it_was_moved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    assert environment()["CLAUDE_CONFIG_DIR"] == str(tmp_path)


def test_the_form_is_an_object_without_references() -> None:
    schema = analysis_answer.schema()
    assert schema["type"] == "object"
    assert "$ref" not in json.dumps(schema)
    assert set(schema["properties"]["files"]["items"]["properties"]) == {"path", "line", "why"}
