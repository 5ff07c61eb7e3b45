"""Questions, and the end, while the index is being opened, built or compared with the tree."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex, Progress
from claudetask_core.services.code import search as search_module
from claudetask_core.services.code.search import SearchClosed, SearchService
from claudetask_core.services.code.tree import Tree
from claudetask_core.stopping import Stop
from tests.core.search.projects import SECONDS, Project
from tests.core.search.trees import PARSER


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
    assert first.message == "Nothing found yet: the index is being built. Ask again in a moment."
    monkeypatch.setattr(CodeIndex, "progress", Progress(total=4000, fresh=120, chunks=7))
    second = await project.service.search(SearchQuery(query="RateLimiter"))
    assert second.message == (
        "Nothing found yet: the index is being built, 120 of 4,000 files so far. "
        "Ask again in a moment."
    )
    assert (await project.service.state()).message == "120 of 4000 files are indexed."
    gate.opened.set()


async def test_hits_from_a_part_of_the_tree_are_not_called_the_best_there_are(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.service.wait()
    monkeypatch.setattr(search_module, "PATIENCE", 0.05)
    monkeypatch.setattr(CodeIndex, "progress", Progress(total=4000, fresh=120, chunks=7))
    gate = Gate(monkeypatch)
    for query in ("RateLimiter", "a limiter of what nobody wrote"):
        answer = await project.service.search(SearchQuery(query=query))
        assert answer.results[0].path == "limiter.py"
        assert answer.message == (
            "The index is being built, 120 of 4,000 files so far: better hits may be missing; "
            "ask again in a moment."
        )
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
