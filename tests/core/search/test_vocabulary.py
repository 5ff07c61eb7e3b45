"""Runs are numbered with arrays; the words of a text are found one by one to compare."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.search.text.tokens import word_terms, words
from claudetask_core.search.text.vocabulary import Vocabulary

TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab_Z09 .\n—é汉")),
    max_size=4,
)


def terms_of(vocabulary: Vocabulary, text: str) -> list[str]:
    """The terms of a text by its runs, in their order."""
    data = text.encode()
    starts, runs = vocabulary.runs(data)
    assert np.all(np.diff(starts) > 0)
    terms, owners = vocabulary.expand(runs, np.arange(starts.size, dtype=np.int32))
    assert np.all(np.diff(owners) >= 0)
    spelled = vocabulary.spelled()
    return [spelled[number] for number in terms.tolist()]


@given(TEXTS)
def test_the_terms_of_a_text_are_those_of_its_words(texts: list[str]) -> None:
    vocabulary = Vocabulary()
    for text in texts:
        assert terms_of(vocabulary, text) == [
            term for word in words(text) for term in word_terms(word)
        ]


@given(st.lists(st.text("abc_1", min_size=1, max_size=20), min_size=1, max_size=40))
def test_a_run_keeps_its_number(runs: list[str]) -> None:
    vocabulary = Vocabulary()
    _, first = vocabulary.runs(" ".join(runs).encode())
    _, again = vocabulary.runs(" ".join(reversed(runs)).encode())
    assert again.tolist() == first.tolist()[::-1]
    assert len(set(first.tolist())) == len(set(runs))


def test_many_runs_are_told_apart_when_the_table_grows() -> None:
    vocabulary = Vocabulary()
    names = [f"name{number}" for number in range(60_000)]
    _, first = vocabulary.runs(" ".join(names).encode())
    _, again = vocabulary.runs(" ".join(names).encode())
    assert first.tolist() == again.tolist()
    assert len(set(first.tolist())) == len(names)


def test_a_run_that_a_credential_begins_with_is_told() -> None:
    vocabulary = Vocabulary()
    _, runs = vocabulary.runs(b"one AKIAABCDEFGH234567 two 12AKIAABCDEFGH234567")
    assert np.isin(runs, vocabulary.suspicious).tolist() == [False, True, False, True]
