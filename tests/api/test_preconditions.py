"""`If-Match` and `If-None-Match` on writes, as RFC 9110 (13.1) has them, on every route of one."""

from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from claudetask_core.core import Core
from tests.api.support import MakeTask

CONFIG = "/api/claude/config"
AGENT = "/api/agents/tester"
TASK = "/api/tasks/1"
SETTINGS = "/api/project/settings"

WRITES: list[tuple[str, str, dict[str, str] | None]] = [
    ("PUT", TASK, {"title": "y"}),
    ("PUT", f"{TASK}/status", {"status": "Ready"}),
    ("DELETE", TASK, None),
    ("PUT", CONFIG, {"content": "# Two\n"}),
    ("PUT", AGENT, {"model": "opus"}),
    ("POST", f"{AGENT}/fix", {}),
    ("DELETE", AGENT, None),
    ("PUT", SETTINGS, {"github_repo": "o/n"}),
]
EXCLUDED = "precondition_failed"


@pytest.fixture
async def _something(project: Path, make_task: MakeTask) -> None:
    """One of everything that can be written over."""
    await make_task("x")
    agent = project / ".claude" / "agents" / "tester.md"
    agent.parent.mkdir(parents=True)
    agent.write_text('---\ndescription: "Tests"\nname: "tester"\ntools: read\n---\nYou test.\n')
    (project / "CLAUDE.md").write_text("# One\n")


async def _everything(client: AsyncClient) -> list[str]:
    return [(await client.get(path)).text for path in (TASK, CONFIG, AGENT, SETTINGS)]


def _told(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


@pytest.mark.usefixtures("_something")
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_only_what_is_not_there_yet_is_written_with_if_none_match_any(
    client: AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    before = await _everything(client)
    answer = await client.request(method, path, json=body, headers={"If-None-Match": "*"})
    assert _told(answer) == (412, EXCLUDED)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await _everything(client) == before


@pytest.mark.usefixtures("_something")
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_any_state_will_do_with_if_match_any(
    client: AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    answer = await client.request(method, path, json=body, headers={"If-Match": "*"})
    assert answer.status_code in {200, 204}


@pytest.mark.usefixtures("_something")
@pytest.mark.parametrize("path", [TASK, CONFIG, AGENT])
async def test_a_state_that_if_none_match_names_is_not_written_over(
    client: AsyncClient, path: str
) -> None:
    body = {TASK: {"title": "y"}, CONFIG: {"content": "# Two\n"}, AGENT: {"model": "opus"}}[path]
    tag = (await client.get(path)).headers["etag"]
    before = await _everything(client)
    for named in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = await client.put(path, json=body, headers={"If-None-Match": named})
        assert _told(answer) == (412, EXCLUDED)
    assert await _everything(client) == before
    written = await client.put(path, json=body, headers={"If-None-Match": '"other"'})
    assert written.status_code == 200
    assert written.headers["etag"] != tag


@pytest.mark.usefixtures("_something")
async def test_both_headers_must_hold(client: AsyncClient) -> None:
    for match, unlike in (('"1"', '"1"'), ('"2"', '"2"'), ("*", "*")):
        headers = {"If-Match": match, "If-None-Match": unlike}
        assert (await client.put(TASK, json={"title": "y"}, headers=headers)).status_code == 412
    headers = {"If-Match": '"1"', "If-None-Match": '"2"'}
    assert (await client.put(TASK, json={"title": "y"}, headers=headers)).status_code == 200


async def test_what_does_not_exist_is_404_whatever_is_asked_of_it(client: AsyncClient) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": "*"}, {"If-Match": '"1"'}):
        for path, body in ((TASK, {"title": "y"}), (AGENT, {"model": "opus"})):
            assert (await client.put(path, json=body, headers=headers)).status_code == 404


async def test_a_missing_claude_md_is_made_with_if_none_match_any_and_by_no_if_match(
    client: AsyncClient, project: Path
) -> None:
    file = project / "CLAUDE.md"
    for tag in ("*", '""', '"none"', '"0a"'):
        answer = await client.put(CONFIG, json={"content": "# A\n"}, headers={"If-Match": tag})
        assert _told(answer) == (412, EXCLUDED)
        assert not file.exists()
    made = await client.put(CONFIG, json={"content": "# One\n"}, headers={"If-None-Match": "*"})
    assert made.status_code == 200
    assert file.read_text() == "# One\n"


async def test_a_claude_md_that_is_made_meanwhile_stays_as_it_was_made(
    client: AsyncClient, core: Core, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at what is there and the write are two; somebody may write between them."""
    file, read = project / "CLAUDE.md", core.claude_md.read

    async def read_before_another_writes(*asked: object) -> object:
        found = await read(*asked)  # pyright: ignore[reportArgumentType] — as it was called
        file.write_text("# By hand\n")
        return found

    monkeypatch.setattr(core.claude_md, "read", read_before_another_writes)
    answer = await client.put(CONFIG, json={"content": "# One\n"}, headers={"If-None-Match": "*"})
    assert _told(answer) == (412, "already_there")
    assert file.read_text() == "# By hand\n"


@pytest.mark.usefixtures("_something")
async def test_a_version_or_hash_without_its_quotes_is_a_tag_too(client: AsyncClient) -> None:
    """As many clients send it, who take it from the body and not from `ETag`."""
    found = (await client.get(CONFIG)).json()["hash"]
    for path, tag, body in ((TASK, "1", {"title": "y"}), (CONFIG, found, {"content": "# Two\n"})):
        known = await client.get(path, headers={"If-None-Match": f"0, {tag}"})
        excluded = await client.put(path, json=body, headers={"If-None-Match": tag})
        stale = await client.put(path, json=body, headers={"If-Match": f"W/{tag}, 7"})
        fresh = await client.put(path, json=body, headers={"If-Match": f"7, {tag}"})
        again = await client.put(path, json=body, headers={"If-Match": tag})
        told = [a.status_code for a in (known, excluded, stale, fresh, again)]
        assert told == [304, 412, 412, 200, 412]


@pytest.mark.usefixtures("_something")
@pytest.mark.parametrize("tag", ['""', f'"{"a" * 5000}"'])
async def test_an_empty_or_endless_tag_matches_nothing(client: AsyncClient, tag: str) -> None:
    before = await _everything(client)
    for path, body in ((CONFIG, {"content": "# A\n"}), (AGENT, {"model": "opus"})):
        answer = await client.put(path, json=body, headers={"If-Match": tag})
        assert _told(answer) == (412, "changed_underneath")
    assert await _everything(client) == before


async def test_no_tag_matches_the_settings_which_have_none(client: AsyncClient) -> None:
    before = (await client.get(SETTINGS)).json()
    body = {"github_repo": "o/n"}
    answer = await client.put(SETTINGS, json=body, headers={"If-Match": '"1"'})
    assert _told(answer) == (412, EXCLUDED)
    assert (await client.get(SETTINGS)).json() == before
