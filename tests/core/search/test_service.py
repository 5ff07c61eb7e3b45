import asyncio
import stat
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import respx

from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search import watching
from claudetask_core.search.connection import IndexUnavailable
from claudetask_core.search.index import CodeIndex, Progress
from claudetask_core.search.kinds import KindUnknown
from claudetask_core.search.listing import TreeTooWide
from claudetask_core.services import search as search_module
from claudetask_core.services.search import SearchClosed, SearchService, TreeMissing
from claudetask_core.services.search_embedding import Embedding
from claudetask_core.services.search_tree import Tree
from claudetask_core.stopping import Stop
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


class Gate:
    """Holds a refresh until it is opened or told to stop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.runs = 0
        real = CodeIndex.refresh

        def held(index: CodeIndex, stop: Stop) -> bool:
            self.runs += 1
            self.entered.set()
            while not self.opened.wait(0.01) and not stop():
                pass
            return real(index, stop)

        monkeypatch.setattr(CodeIndex, "refresh", held)


async def test_a_question_does_not_wait_for_a_long_build(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    monkeypatch.setattr(search_module, "PATIENCE", 0.05)
    results = await project.service.search(SearchQuery(query="RateLimiter"))
    assert (results.complete, results.results) == (0.0, [])
    state = await project.service.state()
    assert state.state == "building"
    gate.opened.set()
    assert (await project.service.wait()).state == "ready"


async def test_an_answer_from_before_the_look_at_the_tree_ended_is_not_called_complete(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 50,000 files an edit takes longer to notice than a question waits."""
    assert (await project.service.wait()).complete == 1.0
    gate = Gate(monkeypatch)
    monkeypatch.setattr(search_module, "PATIENCE", 0.05)
    results = await project.service.search(SearchQuery(query="RateLimiter"))
    assert results.results[0].path == "limiter.py"
    assert results.complete < 1
    gate.opened.set()


async def test_an_answer_during_a_build_says_how_far_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "PATIENCE", 0.05)
    gate = Gate(monkeypatch)
    first = await project.service.search(SearchQuery(query="RateLimiter"))
    assert first.message is not None
    assert first.message.endswith(
        "The index is being built: hits may be missing; ask again in a moment."
    )
    monkeypatch.setattr(CodeIndex, "progress", Progress(total=4000, fresh=120, chunks=7))
    second = await project.service.search(SearchQuery(query="RateLimiter"))
    assert "The index is being built, 120 of 4,000 files so far" in str(second.message)
    assert (await project.service.state()).message == "120 of 4000 files are indexed."
    gate.opened.set()


async def test_on_a_large_tree_a_question_hardly_waits_and_says_what_may_be_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "QUICK", -1.0)
    monkeypatch.setattr(search_module, "PATIENCE", 60.0)
    await project.service.wait()
    gate = Gate(monkeypatch)
    began = time.monotonic()
    results = await project.service.search(SearchQuery(query="RateLimiter"))
    assert time.monotonic() - began < SECONDS
    assert results.results[0].path == "limiter.py"
    assert results.message == "Edits of the last moments may be missing; ask again for those."
    gate.opened.set()


async def test_on_a_small_tree_a_question_waits_for_what_was_just_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "HASTE", 0.0)
    monkeypatch.setattr(search_module, "QUICK", SECONDS)
    await project.service.wait()
    for number in range(20):
        (project.root / f"new{number}.py").write_text(PARSER, encoding="utf-8")
        assert f"new{number}.py" in await project.paths("parse_header")


async def test_how_long_a_look_takes_is_known_from_the_last_or_guessed_from_the_build(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = CodeIndex(project.root, project.folder / "i.db", max_file_bytes=1000)
    tree = Tree(index)
    monkeypatch.setattr(CodeIndex, "progress", Progress(total=50_000, fresh=50_000, chunks=1))
    tree.refreshed(30.0, changed=True)
    assert tree.expected == 1.0
    tree.refreshed(0.4, changed=False)
    tree.refreshed(5.0, changed=True)
    assert tree.expected == 0.4
    index.close()


async def test_a_question_that_is_given_up_harms_neither_the_build_nor_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    asked = asyncio.create_task(project.paths("RateLimiter"))
    await asyncio.to_thread(gate.entered.wait, SECONDS)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    gate.opened.set()
    assert await project.paths("RateLimiter") == ["limiter.py"]
    assert (await project.service.state()).state == "ready"


async def test_a_wrong_filter_is_refused_before_anything_is_indexed(project: Project) -> None:
    with pytest.raises(KindUnknown):
        await project.service.search(SearchQuery(query="x", kind="pictures"))
    assert (await project.service.state()).state == "idle"


async def test_a_filter_that_hides_all_is_named(project: Project) -> None:
    results = await project.service.search(SearchQuery(query="RateLimiter", kind="docs"))
    assert results.results == []
    assert str(results.message).startswith("Nothing found with kind='docs'. Without that the best")
    assert (await project.service.search(SearchQuery(query="RateLimiter"))).message is None


async def test_questions_during_a_build_share_one_further_refresh(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    first = asyncio.create_task(project.service.wait())
    await asyncio.to_thread(gate.entered.wait, SECONDS)
    others = [asyncio.create_task(project.service.wait()) for _ in range(5)]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.wait_for(asyncio.gather(first, *others), SECONDS)
    assert gate.runs == 2


async def test_closing_during_a_build_is_prompt_and_final(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    await project.service.start()
    await asyncio.to_thread(gate.entered.wait, SECONDS)
    await asyncio.wait_for(project.service.close(), 1)
    for call in (project.service.state(), project.service.wait(), project.paths("x")):
        with pytest.raises(SearchClosed) as failure:
            await call
        assert failure.value.code == "search_closed"
    await project.service.start()
    await project.service.close()


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


async def test_questions_that_come_first_at_once_open_one_index(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[CodeIndex] = []
    real = SearchService._index_of  # pyright: ignore[reportPrivateUsage] — who opens

    def noted(self: SearchService, root: Path) -> CodeIndex:
        made.append(real(self, root))
        return made[-1]

    monkeypatch.setattr(SearchService, "_index_of", noted)
    await asyncio.gather(*(project.paths("RateLimiter") for _ in range(5)))
    assert len(made) == 1


async def test_an_index_that_is_being_opened_while_the_service_closes_is_closed_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, closed = threading.Event(), threading.Event()
    real = SearchService._index_of  # pyright: ignore[reportPrivateUsage] — who opens

    def held(self: SearchService, root: Path) -> CodeIndex:
        entered.set()
        closed.wait(SECONDS)
        return real(self, root)

    monkeypatch.setattr(SearchService, "_index_of", held)
    asked = asyncio.create_task(project.paths("RateLimiter"))
    await asyncio.to_thread(entered.wait, SECONDS)
    closing = asyncio.create_task(project.service.close())
    await asyncio.sleep(0)
    closed.set()
    await asyncio.wait_for(closing, SECONDS)
    with pytest.raises(SearchClosed):
        await asked


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
    async with open_core(named, start=home, home=home) as core:
        assert (await core.search.wait()).files == 1
    async with open_core(Settings(analysis_provider="none"), start=home, home=home) as core:
        with pytest.raises(TreeTooWide):
            await core.search.wait()
