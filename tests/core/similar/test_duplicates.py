import itertools
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from bench.duplicates import evaluate
from bench.duplicates.board import board
from bench.duplicates.pairs import FRESH, HALVES, KINDS, LEARNED, PARTS, load, mixed
from claudetask_core.core import Core
from claudetask_core.schemas.task import SimilarTask, TaskCreate
from claudetask_core.services.similar import rarity as similar_rarity
from claudetask_core.services.tasks.claims import Caller


async def made(core: Core, caller: Caller, title: str, description: str = "") -> list[SimilarTask]:
    data = TaskCreate(title=title, description=description)
    return (await core.tasks.create(data, caller)).duplicates


async def test_the_same_work_in_other_words_is_named_with_its_words(
    core: Core, alice: Caller
) -> None:
    said = "`apply_voucher` in cart/totals.py uses `list_price`."
    await made(core, alice, "Cart total is wrong with a voucher", said)
    named = await made(core, alice, "Discount code gives an incorrect sum in the basket", said)
    assert [hit.id for hit in named] == [1]
    assert 0.504 < named[0].score <= 1
    assert "apply_voucher" in named[0].why


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Import invoices from CSV files", "Export invoices to CSV files"),
        ("Translate the app into German", "Translate the app into Japanese"),
        ("Login with Google", "Login with Facebook"),
        ("Support MySQL for the reports", "Support Oracle for the reports"),
    ],
)
async def test_a_word_that_excludes_another_tells_two_tasks_apart(
    core: Core, alice: Caller, first: str, second: str
) -> None:
    await made(core, alice, first)
    assert await made(core, alice, second) == []
    assert [hit.id for hit in await made(core, alice, first)][-1] == 1


async def test_at_most_three_are_named_and_the_surest_first(core: Core, alice: Caller) -> None:
    for _ in range(5):
        await made(core, alice, "Rotate the signing keys", "Every 90 days, in keys/rotate.py")
    named = await made(core, alice, "Rotate the signing keys", "Every 90 days, in keys/rotate.py")
    assert len(named) == 3
    assert [hit.score for hit in named] == sorted((hit.score for hit in named), reverse=True)


async def test_an_empty_board_and_a_title_without_words_name_nothing(
    core: Core, alice: Caller
) -> None:
    assert await made(core, alice, "!!!") == []
    assert await made(core, alice, "the") == []


async def test_without_the_table_of_vectors_words_still_meet(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(similar_rarity, "PATH", tmp_path / "none.bin")
    similar_rarity.table.cache_clear()
    try:
        await made(core, alice, "Export invoices as PDF", "For accounting")
        assert await made(core, alice, "Export invoices as PDF", "For accounting")
    finally:
        similar_rarity.table.cache_clear()


def test_the_labelled_halves_hold_ten_projects_and_enough_pairs_that_differ() -> None:
    triples = [triple for half in HALVES for triple in load(half)]
    assert len({triple.project for triple in triples}) == 10
    assert len(triples) >= 120


def test_the_part_that_was_written_afterwards_has_other_projects_and_no_text_stands_twice() -> None:
    fresh = load(FRESH)
    known = {triple.project for part in PARTS if part != FRESH for triple in load(part)}
    assert len(fresh) >= 40
    assert not {triple.project for triple in fresh} & known
    triples = [triple for part in PARTS for triple in load(part)]
    titles = [one.title for t in triples for one in (t.task, t.same, t.other)]
    assert len(set(titles)) == len(titles)


@pytest.mark.slow
async def test_what_is_promised_holds_on_the_parts_that_nothing_was_learned_from() -> None:
    parts = [mixed(load(part)) for part in PARTS]
    whole = [case for cases in parts for case in cases]
    starts = list(itertools.accumulate(map(len, parts), initial=1))

    async def asked(find: evaluate.Find, names: Iterable[str]) -> list[evaluate.Answers]:
        places = [place for place, part in enumerate(PARTS) if part in set(names)]
        return [await evaluate.ask(find, parts[place], starts[place]) for place in places]

    held_out = [part for part in PARTS if part not in LEARNED]
    async with board(case.task for case in whole) as core:
        rates = evaluate.rates_of(await asked(evaluate.ours(core), held_out), 0.0)
    assert rates.caught >= 0.90
    assert rates.alarms <= 0.08
    with closing(evaluate.indexed(whole)) as index:
        find = evaluate.bm25(index)
        least = evaluate.best_threshold(await asked(find, LEARNED))
        plain = evaluate.rates_of(await asked(find, held_out), least)
    assert rates.caught > plain.caught


def test_a_kind_says_who_names_places_in_the_code() -> None:
    triple = load("a")[0]
    cases = {name: kind(triple) for name, kind in KINDS.items()}
    places = triple.task.places
    assert [name for name, case in cases.items() if places in case.task[1]] == ["both", "one-sided"]
    assert triple.same.places not in cases["one-sided"].same[1]
    assert cases["titles"].same == (triple.same.title, "")
