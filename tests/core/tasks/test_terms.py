"""Any part of a text is found by the terms of it, and nothing else is."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from claudetask_core.services.matching import number_sets, postings, terms
from claudetask_core.services.matching.postings import Building, Segment
from claudetask_core.services.matching.terms import Asked, Piece, Side

CHARACTERS = "aab  .,-\n_Aé\u0141中文ไ\U0001f642%\xff\x7f"
TEXT = st.text(CHARACTERS, max_size=12)
TASK = st.tuples(TEXT, TEXT)


def made(tasks: Sequence[tuple[str, str]], *, first: int = 1) -> Segment:
    building = Building()
    for number, (title, description) in enumerate(tasks, first):
        building.add(number, title, description)
    return building.made()


def holding(tasks: Sequence[tuple[str, str]], text: str) -> int | None:
    """By two segments, of every second task each."""
    asked = terms.asked(text)
    if asked is None:
        return None
    half = len(tasks) // 2
    parts = [
        made(part, first=first) for part, first in ((tasks[:half], 1), (tasks[half:], half + 1))
    ]
    return postings.holding([part for part in parts if part.numbers.size], asked)


def looked_for(tasks: Sequence[tuple[str, str]], text: str) -> int:
    """By a look at each."""
    sought = text.encode()
    return number_sets.of(
        number
        for number, task in enumerate(tasks, 1)
        if any(sought in said.encode().lower() for said in task)
    )


@hypothesis_settings(deadline=None, max_examples=400)
@given(tasks=st.lists(TASK, min_size=1, max_size=8), data=st.data())
def test_what_terms_find_is_what_a_look_at_each_text_finds(
    tasks: list[tuple[str, str]], data: st.DataObject
) -> None:
    texts = [said.encode().lower().decode() for task in tasks for said in task if said]
    parts = [st.text(CHARACTERS.lower(), min_size=1, max_size=4)]
    if texts:
        said = data.draw(st.sampled_from(texts))
        start = data.draw(st.integers(0, len(said) - 1))
        parts.append(st.just(said[start : data.draw(st.integers(start + 1, len(said)))]))
    text = data.draw(st.one_of(*parts))
    found = holding(tasks, text)
    assert found == (None if text == " " else looked_for(tasks, text))


@pytest.mark.parametrize("dense", [1, 16, 1 << 20], ids=["never", "often", "always"])
def test_each_short_text_is_found_where_it_is_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, dense: int
) -> None:
    """By a look at each place of its rarest term, or at all places."""
    monkeypatch.setattr(postings, "DENSE", dense)
    monkeypatch.setattr(postings, "AT_ONCE", 1000)

    def every(longest: int) -> list[str]:
        sizes = range(1, longest + 1)
        return ["".join(one) for size in sizes for one in itertools.product("ab -中", repeat=size)]

    tasks = [(said, "") for said in every(4)]
    halves = [made(tasks[:400]), made(tasks[400:], first=401)]
    for text in every(3):
        asked = terms.asked(text)
        assert (asked is None) == (text == " ")
        if asked is not None:
            assert postings.holding(halves, asked) == looked_for(tasks, text), text


@pytest.mark.parametrize("many", [1, 2, 400])
def test_terms_that_are_many_or_often_there_are_found_as_others_are(many: int) -> None:
    tasks = [(f"w{n % many}x", f"often {n} the word, and W{n % many}x.") for n in range(900)]
    for text in (
        "w",
        "often",
        "ften",
        "often ",
        " word",
        "word, and",
        "1",
        "x",
        "x.",
        "7 the",
        "ord,",
    ):
        assert holding(tasks, text) == looked_for(tasks, text), text
        assert text == "x." or looked_for(tasks, text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("login", [("login", Side.ANYWHERE)]),
        ("the log", [("the", Side.END), ("log", Side.BEGINNING)]),
        ("a, b-", [("a", Side.END), (", ", Side.ALL), ("b", Side.ALL), ("-", Side.BEGINNING)]),
        ("登录 a", [("登", Side.ALL), ("录", Side.ALL), (" ", Side.ALL), ("a", Side.BEGINNING)]),
        ("- a", [("- ", Side.END), ("a", Side.BEGINNING)]),
        ("  ", [("  ", Side.ANYWHERE)]),
    ],
)  # fmt: skip
def test_a_part_of_a_text_is_terms_in_a_row_of_which_the_ends_may_be_parts(
    text: str, pieces: list[tuple[str, Side]]
) -> None:
    assert terms.asked(text) == Asked(tuple(Piece(*piece) for piece in pieces))


def test_a_blank_at_an_end_is_one_that_stands_next_to_a_word() -> None:
    word = (Piece("fix", Side.END),)
    assert terms.asked("fix ") == Asked(word, before_blank=True)
    assert terms.asked(" fix") == Asked((Piece("fix", Side.BEGINNING),), after_blank=True)
    assert terms.asked(" fix ") == Asked((Piece("fix", Side.ALL),), True, True)


@pytest.mark.parametrize("text", ["", " ", "\0", "a\0b"])
def test_what_no_term_says_is_not_asked_of_them(text: str) -> None:
    assert terms.asked(text) is None
