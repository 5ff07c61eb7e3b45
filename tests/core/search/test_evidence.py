"""What a question reads of the index, and what is remembered of it for the next."""

import pytest

from claudetask_core.search.ranking import evidence
from tests.core.search.trees import Tree


def test_a_word_that_stands_in_more_places_than_are_remembered_counts_all_the_same(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = sample.ask("token limiter")
    assert usual
    sample.write("late.py", "x = 1\n")  # what is remembered ends with a change
    sample.index.refresh()
    monkeypatch.setattr(evidence, "_MOST", 0)
    assert [hit.path for hit in sample.ask("token limiter")] == [hit.path for hit in usual]
