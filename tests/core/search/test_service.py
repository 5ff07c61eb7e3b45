"""The search of a project: its index by itself, what is asked of it, and what goes wrong."""

import asyncio
import stat
import sys
from pathlib import Path

import httpx
import pytest
import respx

from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.home import Home
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.tree import watching
from claudetask_core.search.tree.kinds import KindUnknown
from claudetask_core.search.tree.listing import TreeTooWide
from claudetask_core.services.code import search as search_module
from claudetask_core.services.code.embedding import Embedding
from claudetask_core.services.code.search import TreeMissing
from tests.core.search.projects import SECONDS, Project
from tests.core.search.trees import PARSER


async def test_a_question_starts_the_index_by_itself(project: Project) -> None:
    results = await project.service.search(SearchQuery(query="RateLimiter"))
    assert results.complete == 1.0
    assert results.query == "RateLimiter"
    assert results.results[0].path == "limiter.py"


async def test_before_anything_the_index_is_idle_and_after_waiting_ready(project: Project) -> None:
    assert (await project.service.state()).state == "idle"
    state = await project.service.wait()
    assert (state.state, state.complete, state.files) == ("ready", 1.0, 1)
    assert state.chunks >= 1


async def test_a_question_sees_the_tree_as_it_is(project: Project) -> None:
    await project.service.wait()
    (project.root / "parser.py").write_text(PARSER, encoding="utf-8")
    assert await project.paths("parse_header") == ["parser.py"]
    (project.root / "parser.py").unlink()
    assert await project.paths("parse_header") == []


async def test_roots_share_an_index_file_and_see_only_their_own_files(project: Project) -> None:
    await project.service.wait()
    first, project.root = project.root, project.folder / "two"
    project.root.mkdir()
    (project.root / "parser.py").write_text(PARSER, encoding="utf-8")
    assert await project.paths("parse_header RateLimiter") == ["parser.py"]
    project.root = first
    assert await project.paths("parse_header RateLimiter") == ["limiter.py"]
    folder = project.folder / "data" / "index"
    assert len(list(folder.glob("*.db"))) == 1
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_missing_root_is_said_in_words(project: Project) -> None:
    project.root = project.folder / "gone"
    with pytest.raises(TreeMissing) as failure:
        await project.paths("x")
    assert failure.value.code == "tree_missing"


async def test_listeners_hear_of_builds_that_changed_something(project: Project) -> None:
    heard: list[str] = []

    async def listen(action: str) -> None:
        heard.append(action)

    project.service.on_change(listen)
    await project.service.wait()
    assert heard == ["built"]


async def test_starting_is_idempotent_and_indexes_in_the_background(project: Project) -> None:
    done = asyncio.Event()

    async def listen(_: str) -> None:
        done.set()

    project.service.on_change(listen)
    await project.service.start()
    await project.service.start()
    await asyncio.wait_for(done.wait(), SECONDS)
    assert (await project.service.state()).state == "ready"


async def test_starting_without_a_tree_harms_nothing(project: Project) -> None:
    project.root = project.folder / "gone"
    await project.service.start()
    assert (await project.service.state()).state == "idle"
    await asyncio.sleep(0)


async def test_a_watched_tree_is_looked_at_again_and_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(search_module, "_WATCH_SHARE", 0)
    built: asyncio.Queue[str] = asyncio.Queue()
    service = project.another(watch=True)
    service.on_change(built.put)
    await service.start()
    await asyncio.wait_for(built.get(), SECONDS)
    (project.root / "parser.py").write_text(PARSER, encoding="utf-8")
    await asyncio.wait_for(built.get(), SECONDS)
    await service.close()


async def test_a_wrong_filter_is_refused_before_anything_is_indexed(project: Project) -> None:
    with pytest.raises(KindUnknown):
        await project.service.search(SearchQuery(query="x", kind="pictures"))
    assert (await project.service.state()).state == "idle"


async def test_a_filter_that_hides_all_is_named(project: Project) -> None:
    results = await project.service.search(SearchQuery(query="RateLimiter", kind="docs"))
    assert results.results == []
    assert str(results.message).startswith("Nothing found with kind='docs'. Without that the best")
    assert (await project.service.search(SearchQuery(query="RateLimiter"))).message is None


async def test_a_failure_is_raised_to_who_waits_and_shown_in_the_state(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise IndexUnavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(CodeIndex, "refresh", full)
        with pytest.raises(IndexUnavailable):
            await project.service.wait()
        with pytest.raises(IndexUnavailable):
            await project.paths("x")
        state = await project.service.state()
        assert (state.state, state.message) == ("failed", "The disk is full.")
    assert (await project.service.wait()).state == "ready"


async def test_an_index_that_can_only_be_read_answers_and_says_why_it_may_lack_something(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.service.wait()

    def full(*_: object) -> bool:
        raise IndexUnavailable("The disk is full.", next_step="Make room.")

    with monkeypatch.context() as broken:
        broken.setattr(CodeIndex, "catch_up", full)
        broken.setattr(CodeIndex, "refresh", full)
        for _ in range(2):
            results = await project.service.search(SearchQuery(query="RateLimiter"))
            assert [hit.path for hit in results.results] == ["limiter.py"]
            assert results.complete < 1
            assert results.message == "Better hits may be missing. The disk is full. Make room."
    results = await project.service.search(SearchQuery(query="RateLimiter"))
    assert (results.complete, results.message) == (1.0, None)


async def test_the_event_loop_is_free_while_files_are_indexed(project: Project) -> None:
    for number in range(60):
        (project.root / f"f{number}.py").write_text(PARSER * 20, encoding="utf-8")
    beats = 0
    building = asyncio.create_task(project.service.wait())
    while not building.done():
        await asyncio.sleep(0.001)
        beats += 1
    assert beats > 5
    assert (await building).files == 61


async def test_a_watched_tree_is_asked_about_without_a_look_at_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LOCAL", {watching._file_system(project.root)})  # pyright: ignore[reportPrivateUsage] — wherever the tests are run
    service = project.another(watch=True)
    heard: asyncio.Queue[str] = asyncio.Queue()
    service.on_change(heard.put)
    await service.wait()
    if sys.platform == "linux":
        monkeypatch.setattr(CodeIndex, "refresh", None)
    (project.root / "limiter.py").write_text(PARSER, encoding="utf-8")
    results = await service.search(SearchQuery(query="parse_header"))
    assert [hit.path for hit in results.results] == ["limiter.py"]
    assert results.complete == 1.0
    assert [heard.get_nowait(), heard.get_nowait()] == ["built", "built"]
    await service.close()


async def test_what_hinders_catching_up_leads_to_a_look(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.service.wait()

    def busy(*_: object) -> bool:
        raise IndexUnavailable("busy")

    monkeypatch.setattr(CodeIndex, "catch_up", busy)
    assert await project.paths("RateLimiter") == ["limiter.py"]


async def test_a_second_process_finds_the_index_complete(project: Project) -> None:
    await project.service.wait()
    other = project.another()
    state = await other.wait()
    assert state.complete == 1.0
    await other.close()


@pytest.mark.parametrize("setting", ["https://models.example/v1", "missing-folder"])
async def test_a_tier_that_does_not_help_is_done_without_and_said(
    project: Project, setting: str
) -> None:
    service = project.another(embedding=Embedding(setting, "small", "s3cret"))
    with respx.mock(base_url="https://models.example", assert_all_called=False) as routes:
        routes.post("/v1/embeddings").mock(return_value=httpx.Response(500))
        await service.wait()
        results = await service.search(SearchQuery(query="RateLimiter"))
    await service.close()
    assert [hit.path for hit in results.results] == ["limiter.py"]
    assert results.message is not None
    assert "Answered without it." in results.message
    assert "s3cret" not in results.message


async def test_a_home_folder_is_not_indexed_where_it_holds_much(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "MOST_AT_LARGE", 3)
    service = project.another(wide=(project.root,))
    for number in range(3):
        (project.root / f"photo{number}.txt").touch()
    with pytest.raises(TreeTooWide, match="is no project's folder and holds more than 3 files"):
        await service.wait()
    assert (await service.state()).state == "failed"
    for number in range(3):
        (project.root / f"photo{number}.txt").unlink()
    assert (await service.wait()).state == "ready"
    await service.close()


async def test_the_home_folder_is_wide_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(search_module, "MOST_AT_LARGE", 0)
    home = tmp_path / "me"
    home.mkdir()
    (home / "notes.txt").write_text("milk", encoding="utf-8")
    named = Settings(project_path=home, analysis_provider="none")
    async with open_core(named, start=home, home=Home(home)) as core:
        assert (await core.search.wait()).files == 1
    async with open_core(Settings(analysis_provider="none"), start=home, home=Home(home)) as core:
        with pytest.raises(TreeTooWide):
            await core.search.wait()
