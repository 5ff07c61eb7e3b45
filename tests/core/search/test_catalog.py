"""What a process keeps of a large tree costs its garbage collector nothing."""

import gc

import pytest

from claudetask_core.search.index import catalog as catalog_module
from tests.core.search.trees import LIMITER, Tree


def test_the_collector_looks_at_the_files_of_a_large_tree_no_more(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "_MANY", 3)
    before = gc.get_freeze_count()
    try:
        for number in range(4):
            tree.write(f"part{number}/limiter.py", LIMITER)
        tree.index.refresh()
        frozen = gc.get_freeze_count()
        assert frozen > before
        tree.write("late.py", LIMITER)
        tree.index.refresh()
        assert gc.get_freeze_count() <= frozen  # one more file is not many
        assert len(tree.paths("acquire token")) == 5
    finally:
        gc.unfreeze()
