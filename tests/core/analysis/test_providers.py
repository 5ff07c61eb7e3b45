"""Which provider carries out an analysis, and what each is kept from."""

import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import respx
from pydantic import SecretStr

from claudetask_core.config import Settings, load_settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.job import JobStatus
from claudetask_core.schemas.task import Status
from tests.core.analysis.messages import BASE, URL, answer, failure, use
from tests.core.analysis.support import (
    ANSWER,
    FakeClaude,
    analysed,
    inside,
    new_task,
    turn,
)


@asynccontextmanager
async def opened(core: Core, settings: Settings, **changed: Any) -> AsyncGenerator[Core]:
    """The same board with other settings, and no index to wait for."""
    start = core.places.root
    async with open_core(settings.model_copy(update=changed), start=start, home=None) as other:
        work = inside(other, "work")
        work.context = replace(work.context, search=None)
        yield other


KEY = {"anthropic_api_key": SecretStr("sk-ant-test"), "anthropic_base_url": BASE}


async def test_with_a_key_and_without_a_client_the_api_is_asked(
    core: Core, settings: Settings
) -> None:
    with respx.mock() as api:
        api.post(URL).mock(return_value=answer(use("submit_analysis", **ANSWER)))
        async with opened(core, settings, claude_bin="no-such-client", **KEY) as other:
            task = await new_task(other)
            job = await analysed(other, task)
    assert (job.status, job.provider, job.turns, job.tokens) == (
        JobStatus.SUCCEEDED,
        "anthropic",
        1,
        120,
    )
    assert job.cost_usd is not None
    assert job.duration_seconds is not None
    assert (await core.tasks.get(task.id)).status is Status.READY


async def test_a_client_that_is_there_comes_before_a_key(core: Core, settings: Settings) -> None:
    async with opened(core, settings, **KEY) as other:
        assert (await analysed(other, await new_task(other))).provider == "claude-code"


async def test_the_api_may_be_wanted_though_a_client_is_there(
    core: Core, settings: Settings, fake: FakeClaude
) -> None:
    with respx.mock() as api:
        api.post(URL).mock(return_value=failure(401, "invalid x-api-key"))
        async with opened(core, settings, analysis_provider="anthropic", **KEY) as other:
            task = await new_task(other)
            job = await analysed(other, task)
    assert job.status is JobStatus.FAILED
    assert "Check ANTHROPIC_API_KEY" in (job.error or "")
    assert fake.calls() == []
    assert (await core.tasks.get(task.id)).status is Status.BACKLOG


async def test_a_client_that_uses_up_its_tokens_is_ended(
    core: Core, settings: Settings, fake: FakeClaude
) -> None:
    event = turn(1, "Grep", pattern="a")
    event["message"]["usage"] = {"input_tokens": 90, "output_tokens": 20, "cache": None}
    fake.script(hang=True, lines=[event])
    async with opened(core, settings, analysis_max_tokens=100) as other:
        job = await analysed(other, await new_task(other))
    assert job.status is JobStatus.FAILED
    assert "limit of 100 tokens" in (job.error or "")
    assert job.tokens == 110


def repository(root: Path) -> None:
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / ".gitignore").write_text("*.local\ncache/\n")
    (root / "cache").mkdir()
    for name in ("keys.local", "odd(1).local", "cache/x"):
        (root / name).write_text("x")


async def test_what_git_ignores_and_what_people_exclude_is_denied_to_the_client(
    core: Core, settings: Settings, fake: FakeClaude
) -> None:
    repository(core.places.root)
    async with opened(core, settings, index_exclude=("built/**",)) as other:
        await analysed(other, await new_task(other))
    argv = fake.calls()[-1]["argv"]
    denied = argv[argv.index("--disallowedTools") + 1 :]
    assert "Read(**/.env)" in denied
    assert {"built/**", "./keys.local", "./odd?1?.local", "./cache/**"} <= {
        rule.removeprefix("Read(").removesuffix(")") for rule in denied
    }


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "CLAUDETASK_ANTHROPIC_API_KEY"])
def test_the_key_is_read_under_the_name_that_all_programs_use(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "sk-ant-mine")
    key = load_settings().anthropic_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-ant-mine"
    assert "mine" not in repr(load_settings())
