"""Vectors of chunks from bags of terms, and how close they are to a question."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.ranking.meaning import of_question
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.text.packed import count
from claudetask_core.search.vectors.vectors import Vectors, closeness, encode, packed, unit

KNOWN = {"dog": (1.0, 0.0), "cat": (0.0, 1.0)}


class Fixed:
    """A table of two words."""

    digest = "fixed"
    dimensions = 2

    def vectors(self, terms: Sequence[str]) -> Vectors:
        return np.array([KNOWN.get(term, (0.0, 0.0)) for term in terms], np.float32).reshape(-1, 2)


def encoded(texts: list[list[str]]) -> Vectors:
    spelled = sorted({term for text in texts for term in text})
    numbers = {term: number for number, term in enumerate(spelled)}
    terms = np.array([numbers[term] for text in texts for term in text], np.int32)
    owners = np.array([at for at, text in enumerate(texts) for _ in text], np.int32)
    counts = count(terms, owners, spelled)
    return encode(counts, counts.spelled, len(texts), Fixed())


def test_a_chunk_is_the_damped_sum_of_its_words() -> None:
    found = encoded([["dog", "dog", "cat"], [], ["unknown"], ["#cat", "@cat", "=cat", "dog"]])
    assert found.shape == (4, 2)
    twice = 1 + np.log(2)
    assert np.allclose(found[0], np.array([twice, 1.0]) / np.hypot(twice, 1.0), atol=1e-6)
    assert not found[1].any()
    assert not found[2].any()
    assert np.allclose(found[3], [1.0, 0.0])


@given(st.lists(st.lists(st.sampled_from(["dog", "cat", "x"]), max_size=5), max_size=600))
@settings(max_examples=10, deadline=None)
def test_every_chunk_has_a_unit_vector_or_none(texts: list[list[str]]) -> None:
    lengths = np.linalg.norm(encoded(texts), axis=1)
    has_any = [bool({"dog", "cat"} & set(text)) for text in texts]
    assert np.allclose(lengths, has_any, atol=1e-5)


def test_more_chunks_than_go_at_once_are_encoded_as_each_alone() -> None:
    texts = [["dog"] if at % 3 else ["cat", "dog"] for at in range(600)]
    assert np.allclose(encoded(texts)[[0, 1]], encoded(texts[:2]))
    assert np.allclose(encoded(texts)[-1], encoded(texts[-1:])[0])


def test_closeness_is_the_cosine_and_never_below_zero() -> None:
    rows = unit(np.array([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0]], np.float32))
    question = np.array([1.0, 0.0], np.float32)
    found = closeness([packed(rows), b"", b"short"], [3, 2, 1], question)
    assert np.allclose(found, [1.0, np.sqrt(0.5), 0.0, 0.0, 0.0, 0.0], atol=0.01)


def test_a_question_means_the_sum_of_its_words_or_nothing() -> None:
    meaning = of_question(understand("dog dog"), Fixed())
    assert meaning is not None
    assert meaning.encoder == "table:fixed"
    assert np.allclose(meaning.vector, [1.0, 0.0])
    assert of_question(understand("nothing"), Fixed()) is None
    assert of_question(understand(""), Fixed()) is None
    assert of_question(understand("dog"), None) is None
