import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.claims import Caller


@pytest.fixture(autouse=True)
async def board(core: Core, alice: Caller) -> None:
    for title, description in (
        ("Refresh the login tokens", "Sessions end after an hour"),
        ("Export invoices as PDF", "Accounting asks for it"),
        ("Rate limit the search endpoint", "Robots ask too often"),
    ):
        await core.tasks.create(TaskCreate(title=title, description=description), alice)


async def found(core: Core, query: str, status: Status | None = None) -> list[int]:
    return [hit.id for hit in (await core.similar.find(query, status=status)).results]


async def test_the_task_that_shares_the_rare_words_comes_first(core: Core) -> None:
    assert (await found(core, "token refresh fails at login"))[0] == 1


async def test_analysis_and_notes_are_searched_too(core: Core, alice: Caller) -> None:
    await core.tasks.update(2, TaskUpdate(analysis="use reportlab"), alice)
    await core.notes.create(3, "a leaky bucket would do", alice)
    assert await found(core, "reportlab") == [2]
    assert await found(core, "leaky buckets") == [3]


async def test_a_renamed_and_a_deleted_task_are_no_longer_found(core: Core, alice: Caller) -> None:
    await core.tasks.update(1, TaskUpdate(title="Something else"), alice)
    await core.tasks.delete(2, alice)
    assert await found(core, "tokens") == []
    assert await found(core, "invoices") == []


async def test_the_status_narrows_and_the_outcome_tells_what_was_done(
    core: Core, alice: Caller
) -> None:
    done = StatusChange(status=Status.DONE, force_reason="x")
    await core.tasks.update(1, TaskUpdate(analysis="Rotate them", git_branch="tokens"), alice)
    await core.tasks.move(1, done, alice)
    assert await found(core, "search login", Status.DONE) == [1]
    hit = (await core.similar.find("login tokens")).results[0]
    assert hit.outcome == "Done 2026-01-05; branch tokens; Rotate them"
    assert hit.score == 1.0
    assert "login" in hit.why


@pytest.mark.parametrize("query", ["the", '"', "AND OR NOT", "title:x*", "((", "ünï", "🙂", "- -"])
async def test_any_text_is_a_question(core: Core, query: str) -> None:
    results = (await core.similar.find(query)).results
    assert all(0 <= hit.score <= 1 for hit in results)


async def test_top_k_bounds_the_answer(core: Core) -> None:
    assert len((await core.similar.find("login invoices search", top_k=2)).results) == 2
