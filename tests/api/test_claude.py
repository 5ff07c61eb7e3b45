"""CLAUDE.md and agents over REST."""

from pathlib import Path

import pytest
from httpx2 import AsyncClient

from tests.api.support import Json

CONFIG = "/api/claude/config"
REVIEWER: Json = {
    "name": "reviewer",
    "description": "Reviews a change.",
    "prompt": "You review.\n",
    "tools": ["Read"],
}


@pytest.fixture
def agent_file(project: Path) -> Path:
    """An agent as a person writes one: comments, unknown keys, their own order."""
    file = project / ".claude" / "agents" / "tester.md"
    file.parent.mkdir(parents=True)
    file.write_text(
        "---\n# ours\ncolor: blue\nname: tester\n"
        "description: |\n  Tests a change.\n---\nYou test.\n"
    )
    return file


async def test_claude_md_is_read_and_written_with_its_hash_as_tag(
    client: AsyncClient, project: Path
) -> None:
    missing = await client.get(CONFIG)
    assert (missing.json()["exists"], missing.json()["content"]) == (False, "")
    assert "etag" not in missing.headers
    written = await client.put(CONFIG, json={"content": "# One\n"})
    assert (project / "CLAUDE.md").read_text() == "# One\n"
    assert written.headers["etag"] == f'"{written.json()["hash"]}"'
    known = {"If-None-Match": written.headers["etag"]}
    assert (await client.get(CONFIG, headers=known)).status_code == 304


async def test_a_stale_hash_is_412_and_nothing_is_written(
    client: AsyncClient, project: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# One\n")
    tag = (await client.get(CONFIG)).headers["etag"]
    file.write_text("# By hand\n")
    answer = await client.put(CONFIG, json={"content": "# Two\n"}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert file.read_text() == "# By hand\n"


async def test_a_write_without_a_tag_keeps_what_was_there_and_it_can_be_restored(
    client: AsyncClient, project: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_bytes(b"# One\r\n")
    await client.put(CONFIG, json={"content": "# Two\n"})
    versions = (await client.get(f"{CONFIG}/versions")).json()
    assert len(versions) == 1
    body = {"version": versions[0]["version"], "agent": "ann"}
    restored = await client.post(f"{CONFIG}/restore", json=body)
    assert restored.status_code == 200
    assert file.read_bytes() == b"# One\r\n"
    missing = await client.post(f"{CONFIG}/restore", json={"version": "20200101"})
    assert (missing.status_code, missing.json()["code"]) == (404, "version_not_found")


async def test_a_whole_config_can_be_sent_back_and_a_stale_one_is_refused(
    client: AsyncClient, project: Path
) -> None:
    (project / "CLAUDE.md").write_text("# One\n")
    config = (await client.get(CONFIG)).json()
    assert (await client.put(CONFIG, json=config)).json() == config
    (project / "CLAUDE.md").write_text("# By hand\n")
    answer = await client.put(CONFIG, json=config)
    assert answer.status_code == 422
    assert answer.json()["code"] == "read_only_field"


async def test_a_whole_config_or_agent_with_a_stale_tag_is_refused_by_the_tag(
    client: AsyncClient, project: Path, agent_file: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# One\n")
    for path, changed in ((CONFIG, file), ("/api/agents/tester", agent_file)):
        read = await client.get(path)
        changed.write_text(changed.read_text() + "By hand.\n")
        headers = {"If-Match": read.headers["etag"]}
        answer = await client.put(path, json=read.json(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_underneath")
        assert changed.read_text().endswith("By hand.\n")


async def test_an_agent_is_created_read_changed_and_deleted(
    client: AsyncClient, project: Path
) -> None:
    made = await client.post("/api/agents", json=REVIEWER)
    assert made.status_code == 201
    assert made.headers["location"] == "/api/agents/reviewer"
    again = await client.post("/api/agents", json=REVIEWER)
    assert (again.status_code, again.json()["code"]) == (409, "agent_exists")
    changed = await client.put("/api/agents/reviewer", json={"model": "sonnet"})
    assert changed.json()["model"] == "sonnet"
    headers = {"If-Match": made.headers["etag"]}
    for method, body in (("PUT", {"model": "opus"}), ("DELETE", None)):
        stale = await client.request(method, "/api/agents/reviewer", json=body, headers=headers)
        assert stale.status_code == 412
    headers = {"If-Match": changed.headers["etag"]}
    assert (await client.get("/api/agents/reviewer", headers=headers)).status_code == 200
    gone = await client.delete("/api/agents/reviewer", headers=headers)
    assert gone.status_code == 204
    assert "content-type" not in gone.headers
    assert gone.headers["claude-code-restart"] == "needed"
    gone = await client.get("/api/agents/reviewer")
    assert (gone.status_code, gone.json()["code"]) == (404, "agent_not_found")
    assert not (project / ".claude" / "agents" / "reviewer.md").exists()


async def test_a_deleted_agent_can_be_restored(client: AsyncClient) -> None:
    made = (await client.post("/api/agents", json=REVIEWER)).json()
    await client.delete("/api/agents/reviewer")
    versions = (await client.get("/api/agents/reviewer/versions")).json()
    body = {"version": versions[0]["version"]}
    restored = await client.post("/api/agents/reviewer/restore", json=body)
    assert restored.status_code == 200
    assert restored.json()["hash"] == made["hash"]


async def test_a_whole_agent_sent_back_leaves_its_file_as_it_is_to_the_byte(
    client: AsyncClient, agent_file: Path
) -> None:
    before = agent_file.read_bytes()
    answer = await client.get("/api/agents/tester")
    back = await client.put("/api/agents/tester", json=answer.json())
    assert (back.status_code, back.json()) == (200, answer.json())
    assert agent_file.read_bytes() == before
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get("/api/agents/tester", headers=known)).status_code == 304


async def test_a_changed_field_leaves_the_rest_of_the_file(
    client: AsyncClient, agent_file: Path
) -> None:
    agent = (await client.get("/api/agents/tester")).json()
    prompt = agent["prompt"].replace("You test", "You test well")
    await client.put("/api/agents/tester", json={**agent, "prompt": prompt})
    text = agent_file.read_text()
    assert text.startswith("---\n# ours\ncolor: blue\nname: tester\n")
    assert text.endswith("You test well.\n")


async def test_a_read_only_field_of_an_agent_is_refused(
    client: AsyncClient, agent_file: Path
) -> None:
    answer = await client.put("/api/agents/tester", json={"path": "/etc/passwd"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "path"


async def test_the_users_agents_are_shown_and_read_only(
    client: AsyncClient, own_home: Path
) -> None:
    file = own_home / ".claude" / "agents" / "mine.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\nname: mine\ndescription: Mine.\n---\nHello.\n")
    try:
        shown = (await client.get("/api/agents")).json()
        refused = await client.put("/api/agents/mine", json={"prompt": "x"})
    finally:
        file.unlink()
    assert [(agent["id"], agent["scope"]) for agent in shown] == [("mine", "user")]
    assert (refused.status_code, refused.json()["code"]) == (403, "user_scope_read_only")


async def test_a_name_with_a_slash_is_reached_by_its_encoded_form(
    client: AsyncClient, project: Path
) -> None:
    file = project / ".claude" / "agents" / "odd.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\nname: team/odd one\ndescription: Odd.\n---\nHello.\n")
    answer = await client.get("/api/agents/team%2Fodd%20one")
    assert answer.json()["id"] == "team/odd one"


async def test_a_write_says_that_running_sessions_must_restart_to_see_it(
    client: AsyncClient, agent_file: Path
) -> None:
    header = "claude-code-restart"
    asked = [
        await client.post("/api/agents", json=REVIEWER),
        await client.put("/api/agents/reviewer", json={"model": "opus"}),
        await client.post("/api/agents/reviewer/restore", json={"version": "last"}),
        await client.delete("/api/agents/reviewer"),
        await client.post("/api/agent-templates/reviewer/install"),
    ]
    assert [answer.headers.get(header) for answer in asked] == ["needed"] * 5
    unchanged = await client.put("/api/agents/tester", json={"name": "tester"})
    assert header not in unchanged.headers
    assert header not in (await client.get("/api/agents/tester")).headers


async def test_a_fix_is_shown_and_made(client: AsyncClient, agent_file: Path) -> None:
    agent_file.write_text("---\nname: tester\ndescription: Use: this\n---\nYou test.\n")
    problem = (await client.get("/api/agents/tester")).json()["problems"][0]
    assert (problem["rule"], problem["fixable"], problem["line"]) == ("yaml_lenient", True, 3)
    url = "/api/agents/tester/fix"
    shown = await client.post(url, json={"dry_run": True})
    assert "claude-code-restart" not in shown.headers
    assert "Use: this\n---" in agent_file.read_text()
    stale = await client.post(url, json={}, headers={"If-Match": '"0"'})
    done = await client.post(url, json={}, headers={"If-Match": shown.headers["etag"]})
    assert stale.status_code == 412
    assert done.json()["fixed"] == shown.json()["fixed"] == ["yaml_lenient"]
    assert done.json()["diff"] == shown.json()["diff"]
    assert done.headers["etag"] == f'"{done.json()["agent"]["hash"]}"'
    assert done.headers["claude-code-restart"] == "needed"
    again = await client.post(url, json={})
    assert (again.json()["fixed"], "claude-code-restart" in again.headers) == ([], False)


async def test_templates_are_listed_and_installed_once(client: AsyncClient, project: Path) -> None:
    listed = (await client.get("/api/agent-templates")).json()
    assert [one["name"] for one in listed][:2] == ["planner", "builder"]
    made = await client.post("/api/agent-templates/planner/install", json={"agent": "ann"})
    assert (made.status_code, made.headers["location"]) == (201, "/api/agents/planner")
    assert (project / ".claude/agents/planner.md").exists()
    assert (await client.post("/api/agent-templates/planner/install")).status_code == 409
    assert (await client.post("/api/agent-templates/x/install")).json()["code"] == (
        "template_not_found"
    )


async def test_each_place_has_its_own_contents_and_versions(
    client: AsyncClient, project: Path
) -> None:
    local = {"place": "local"}
    await client.put(CONFIG, json={"content": "# One\n"}, params=local)
    await client.put(CONFIG, json={"content": "# Two\n"}, params=local)
    assert (project / "CLAUDE.local.md").read_text() == "# Two\n"
    assert (await client.get(CONFIG)).json()["exists"] is False
    assert len((await client.get(f"{CONFIG}/versions", params=local)).json()) == 1
    back = await client.post(f"{CONFIG}/restore", json={"version": "last"}, params=local)
    assert back.json()["content"] == "# One\n"
    refused = await client.put(CONFIG, json={"content": "x"}, params={"place": "user"})
    assert (refused.status_code, refused.json()["code"]) == (403, "user_claude_md_read_only")
    assert (await client.get(CONFIG, params={"place": "x"})).status_code == 422


async def test_sections_are_read_and_edited_with_a_difference_first(
    client: AsyncClient, project: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# A\n\nOne.\n")
    url = "/api/claude/section"
    read = (await client.get(url, params={"section": "A"})).json()
    body = {"section": "A", "mode": "append", "content": "Two.", "expected_hash": read["hash"]}
    shown = (await client.post(url, json={**body, "dry_run": True})).json()
    assert (read["content"], file.read_text()) == ("# A\n\nOne.\n", "# A\n\nOne.\n")
    done = await client.post(url, json={**body, "agent": "ann"})
    assert done.json()["diff"] == shown["diff"]
    assert file.read_text() == "# A\n\nOne.\n\nTwo.\n"
    stale = await client.post(url, json=body)
    assert stale.status_code == 412
    assert "+Two." in stale.json()["diff"]
    await client.post(url, json={"section": "A", "mode": "delete"})
    assert file.read_text() == ""
    missing = await client.get(url, params={"section": "A"})
    assert (missing.status_code, missing.json()["code"]) == (404, "section_not_found")


async def test_places_show_sections_imports_and_hints(client: AsyncClient, project: Path) -> None:
    (project / "CLAUDE.md").write_text("# A\n\n@gone.md\n")
    project_file, *others = (await client.get("/api/claude/places")).json()
    assert [one["place"] for one in others] == ["dot-claude", "local", "user"]
    assert project_file["outline"] == ["A"]
    assert project_file["imports"][0]["state"] == "missing"
    assert project_file["hints"][0]["rule"] == "import_missing"


async def test_what_else_is_loaded_is_listed_and_read(client: AsyncClient, project: Path) -> None:
    assert (await client.get("/api/claude/files")).json() == {"complete": True, "files": []}
    rule = project / ".claude" / "rules" / "a.md"
    rule.parent.mkdir(parents=True)
    rule.write_text("---\npaths: src/**\n---\nBe kind.\n")
    path = ".claude/rules/a.md"
    described = {"path": path, "size": 31, "when": "paths", "folder": "", "paths": ["src/**"]}
    listed = await client.get("/api/claude/files")
    assert listed.json() == {"complete": True, "files": [described]}
    read = (await client.get("/api/claude/file", params={"path": path})).json()
    assert (read["content"], read["exists"]) == (rule.read_text(), True)
    gone = await client.get("/api/claude/file", params={"path": ".claude/rules/b.md"})
    assert (gone.status_code, gone.json()["code"]) == (404, "claude_file_not_found")
    assert "GET /api/claude/files names the files" in gone.json()["detail"]
    for wrong, code in (("README.md", 422), ("../CLAUDE.md", 422), ("", 422)):
        answer = await client.get("/api/claude/file", params={"path": wrong})
        assert answer.status_code == code


async def test_our_block_comes_once_and_goes_without_a_trace(
    client: AsyncClient, project: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# Mine")
    url = "/api/claude/block"
    shown = await client.put(url, json={"present": True, "dry_run": True})
    assert (shown.json()["changed"], file.read_text()) == (True, "# Mine")
    for _ in range(3):
        await client.put(url, json={"present": True})
    assert file.read_text().count("Task board") == 1
    await client.put(url, json={"present": False, "agent": "ann"})
    assert file.read_text() == "# Mine"
