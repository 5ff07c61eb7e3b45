import threading

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.similar import similar
from claudetask_core.services.similar.compare import Comparison
from claudetask_core.services.tasks.claims import Caller


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


async def test_a_touched_file_finds_its_task_and_stands_in_the_outcome(
    core: Core, alice: Caller
) -> None:
    files = [f"billing/part{n}.py" for n in range(7)]
    await core.tasks.update(2, TaskUpdate(related_files=files), alice)
    hit = (await core.similar.find("billing/part3.py")).results[0]
    assert hit.id == 2
    assert hit.outcome.startswith("files billing/part0.py, billing/part1.py")
    assert hit.outcome.endswith("and 2 more")


async def test_a_word_that_stands_for_another_finds_its_task_and_both_are_named(core: Core) -> None:
    hit = (await core.similar.find("renew sign-in tokens")).results[0]
    assert hit.id == 1
    assert "sign in (login)" in hit.why


async def test_the_words_of_an_identifier_find_it_and_the_other_way_round(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="Bound the LeakyBucketStore"), alice)
    await core.tasks.create(TaskCreate(title="Empty the trash folder daily"), alice)
    assert (await found(core, "leaky bucket"))[0] == 4
    assert (await found(core, "trashFolder"))[0] == 5


async def test_all_of_a_question_is_a_score_of_one_and_half_of_it_is_less(core: Core) -> None:
    whole, half = [
        (await core.similar.find(query)).results[0].score
        for query in ("invoices pdf", "invoices heliotrope")
    ]
    assert whole == 1.0
    assert 0.3 < half < 0.7


async def test_an_outcome_tells_the_analysis_without_its_headings(
    core: Core, alice: Caller
) -> None:
    await core.tasks.update(1, TaskUpdate(analysis="## Summary\n\nRotate the keys."), alice)
    assert (await core.similar.find("login")).results[0].outcome == "Rotate the keys."


async def test_an_outcome_tells_the_note_that_was_written_last(core: Core, alice: Caller) -> None:
    for note in ("Tried it with a cache", "A generator\nkept memory flat"):
        await core.tasks.update(1, TaskUpdate(note=note), alice)
    await core.tasks.update(2, TaskUpdate(note="n" * 1000), alice)
    hit = (await core.similar.find("login")).results[0]
    assert hit.outcome == "last note: A generator kept memory flat"
    long = (await core.similar.find("invoices")).results[0]
    assert long.outcome == f"last note: {'n' * 160}…"


async def test_what_is_rare_is_learned_anew_as_the_board_grows(core: Core, alice: Caller) -> None:
    for number in range(30):
        await core.tasks.create(TaskCreate(title=f"invoices of branch {number}"), alice)
    hits = (await core.similar.find("invoices as PDF")).results
    assert hits[0].id == 2
    assert hits[1].score < 0.6  # what every task says counts for little


async def test_others_are_answered_while_long_tasks_are_compared(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: list[threading.Thread] = []

    class Seen(Comparison):
        def __init__(self, *args: object) -> None:
            where.append(threading.current_thread())
            super().__init__(*args)  # pyright: ignore[reportArgumentType] — as they came

    monkeypatch.setattr(similar, "Comparison", Seen)
    assert await found(core, "login tokens") == [1]
    assert where
    assert threading.main_thread() not in where
