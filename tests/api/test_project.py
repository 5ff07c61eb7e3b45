"""The project, search, jobs, health and the API's own document."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import SecretStr

from claudetask_api.app import create_app
from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from tests.api.support import MakeTask
from tests.support import HeldClock

SETTINGS = "/api/project/settings"


async def test_the_settings_can_be_sent_back_whole_and_changed(
    client: AsyncClient, project: Path
) -> None:
    settings = (await client.get(SETTINGS)).json()
    assert (settings["id"], settings["project_path"]) == (1, str(project))
    assert (await client.put(SETTINGS, json=settings)).json() == settings
    body = {"github_repo": "octocat/hello", "claude_config": "# Hi\n", "agent": "ann"}
    changed = (await client.put(SETTINGS, json=body)).json()
    assert (changed["github_repo"], changed["claude_config"]) == ("octocat/hello", "# Hi\n")
    assert (project / "CLAUDE.md").read_text() == "# Hi\n"


@pytest.mark.parametrize("field", ["id", "board_path"])
async def test_what_is_read_only_in_the_settings_is_refused(
    client: AsyncClient, field: str
) -> None:
    value: Any = 2 if field == "id" else "/elsewhere"
    answer = await client.put(SETTINGS, json={field: value})
    assert (answer.status_code, answer.json()["code"]) == (422, "read_only_field")


async def test_a_new_project_path_must_be_one(
    client: AsyncClient, make_project: Callable[[str], Path]
) -> None:
    other = make_project("other")
    (other / "CLAUDE.md").write_text("# Other\n")
    refused = await client.put(SETTINGS, json={"project_path": str(other / "nothing")})
    moved = await client.put(SETTINGS, json={"project_path": str(other)})
    assert (refused.status_code, refused.json()["code"]) == (422, "project_path_invalid")
    assert moved.json()["claude_config"] == "# Other\n"
    assert (await client.get("/api/claude/config")).json()["path"] == str(other / "CLAUDE.md")


async def test_a_path_that_is_not_valid_is_reported_with_200(
    client: AsyncClient, project: Path
) -> None:
    url = "/api/project/validate-path"
    good = await client.post(url, json={"path": str(project)})
    bad = await client.post(url, json={"path": str(project / "nothing")})
    assert (good.status_code, good.json()["valid"]) == (200, True)
    assert (bad.status_code, bad.json()["valid"]) == (200, False)
    assert bad.json()["problems"]


@pytest.mark.parametrize("path", ["", "/nul\0", "/" + "x" * 5000, "\n", "~nobody-of-this-name"])
async def test_what_can_be_no_path_is_reported_with_200_too(client: AsyncClient, path: str) -> None:
    answer = await client.post("/api/project/validate-path", json={"path": path})
    assert (answer.status_code, answer.json()["valid"]) == (200, False)
    assert len(answer.json()["problems"]) == 1
    assert len(answer.json()["path"]) <= 4096


async def test_search_answers_whole_lines(client: AsyncClient, core: Core, project: Path) -> None:
    (project / "dates.py").write_text("def parse_date(text):\n    return text\n")
    await core.search.start()
    await core.search.wait()
    answer = await client.get("/api/search?query=parse_date&top_k=3&language=python")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["query"], found["complete"]) == ("parse_date", 1.0)
    assert found["results"][0]["path"] == "dates.py"
    assert found["results"][0]["text"].startswith("def parse_date")


async def test_search_tells_where_the_words_stand_in_the_lines(
    client: AsyncClient, project: Path
) -> None:
    (project / "dates.py").write_text("# é\ndef parse_date(text):\n    return text\n")
    found = (await client.get("/api/search?query=parse_date&kind=code")).json()
    (hit,) = found["results"]
    assert hit["highlights"][0] == {"line": 2, "start": 4, "end": 14}
    assert found["message"] is None
    refused = await client.get("/api/search?query=parse_date&kind=pictures")
    assert (refused.status_code, refused.json()["code"]) == (422, "kind_unknown")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "query"),
        ("query=", "query"),
        (f"query={'x' * 2001}", "query"),
        ("query=x&top_k=0", "top_k"),
        ("query=x&top_k=101", "top_k"),
        ("query=x&min_score=nan", "min_score"),
        ("query=x&limit=3", "limit"),
    ],
)
async def test_a_question_outside_its_limits_is_refused(
    client: AsyncClient, query: str, field: str
) -> None:
    answer = await client.get(f"/api/search?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_similar_tasks_are_found_best_first(client: AsyncClient, make_task: MakeTask) -> None:
    await make_task("Parse dates with zones")
    await make_task("Paint the fence")
    answer = await client.get("/api/tasks/similar?query=dates+zones&top_k=5&status=Backlog")
    assert [hit["id"] for hit in answer.json()["results"]] == [1]
    assert (await client.get("/api/tasks/similar?query=x&top_k=5.0")).status_code == 422


async def test_an_analysis_without_claude_is_503_with_the_remedy(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("x")
    answer = await client.post("/api/tasks/1/analyze")
    assert answer.status_code == 503
    assert "CLAUDETASK_ANALYSIS_PROVIDER" in answer.json()["detail"]
    assert (await client.post("/api/tasks/2/analyze", json={})).status_code in {404, 503}


async def test_an_analysis_that_begins_is_202_with_the_place_of_its_job(
    client: AsyncClient, core: Core, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begun(task_id: int, caller: Caller) -> Job:
        return Job(
            id="j1",
            task_id=task_id,
            kind="analysis",
            status=JobStatus.QUEUED,
            progress=0,
            message=f"asked for by {caller.name}",
            error=None,
            provider="claude-code",
            cost_usd=None,
            turns=None,
            tokens=None,
            attempts=1,
            duration_seconds=None,
            created_at=clock.now(),
            started_at=None,
            finished_at=None,
        )

    monkeypatch.setattr(core.analysis, "start", begun)
    answer = await client.post("/api/tasks/1/analyze", json={"agent": "ann"})
    assert answer.status_code == 202
    assert answer.headers["location"] == "/api/jobs/j1"
    assert answer.json()["message"] == "asked for by ann"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_job_that_does_not_exist_is_404(client: AsyncClient, method: str) -> None:
    assert (await client.request(method, "/api/jobs/none")).status_code == 404


async def test_health_is_alive_and_ready_touches_what_it_names(
    client: AsyncClient, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public server's health check was a constant."""

    async def gone(*_: Any) -> None:
        raise Unavailable("The board does not answer.")

    assert (await client.get("/health")).json()["status"] == "ok"
    assert (await client.get("/health/ready")).json()["status"] == "ready"
    monkeypatch.setattr(core.events, "latest", gone)
    monkeypatch.setattr(core.project, "settings", gone)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "checks": {
            "database": "The board does not answer.",
            "project": "The board does not answer.",
        },
    }
    assert (await client.get("/health")).status_code == 200


async def test_the_document_names_every_error_of_every_operation(client: AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) == 60
    for operation in operations:
        needed = {"403", "422", "429", "500", "503"}
        needed |= {"400", "413", "415"} if "requestBody" in operation else set[str]()
        assert needed <= set(operation["responses"]), operation["operationId"]
        assert operation["tags"]
        assert operation["summary"]
        for status, response in operation["responses"].items():
            if int(status) >= 400 and operation["operationId"] != "readiness":
                assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    update = document["components"]["schemas"]["TaskPut"]["properties"]
    assert update["created_at"]["anyOf"][0]["format"] == "date-time"
    assert update["version"]["readOnly"] is True
    assert update["title"]["type"] == "string"


async def test_the_document_speaks_of_the_token_where_there_is_one(core: Core) -> None:
    object.__setattr__(core, "settings", Settings(token=SecretStr("t")))
    app: FastAPI = create_app(core, limiter=RateLimiter(core.settings))
    document = app.openapi()
    assert document["paths"]["/api/tasks"]["get"]["security"] == [{"token": []}]
    assert "401" in document["paths"]["/api/tasks"]["get"]["responses"]
    object.__setattr__(core, "settings", Settings())
    open_one = create_app(core, limiter=RateLimiter(core.settings)).openapi()
    assert open_one["paths"]["/api/tasks"]["get"]["security"] == [{"token": []}, {}]
    assert "security" not in document["paths"]["/health"]["get"]
