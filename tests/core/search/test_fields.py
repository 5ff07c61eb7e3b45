"""The fields of the first pass that say how much of a question a file has."""

import pytest

from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.store import Store
from claudetask_core.search.ranking.evidence import Memory, Witness, rarity
from claudetask_core.search.ranking.fields import FileScorer
from claudetask_core.search.ranking.question import understand
from tests.core.search.trees import Tree

FILES = {
    "session/refresh.py": "value = 1\n",
    "session/session.py": "token = 1\n",
    "client.py": "refresh(token)\n",
    "copy/refresh.py": "refresh(token)\n",
    "other.py": "nothing = 0\n",
}
PATHS = {
    "session/refresh.py": {"session", "refresh"},
    "session/session.py": {"session"},
    "copy/refresh.py": {"refresh"},
}
TEXTS = {
    "session/session.py": {"token"},
    "client.py": {"refresh", "token"},
    "copy/refresh.py": {"refresh", "token"},
}


def shares(tree: Tree, query: str) -> tuple[dict[str, float], dict[str, float]]:
    """How much of a question the path, and the whole, of each file holds."""
    for path, text in FILES.items():
        tree.write(path, text)
    tree.index.refresh()
    store = Store(tree.database, tree.root, tree.index.rules)
    try:
        catalog = Catalog()
        catalog.sync(store)
        witness = Witness(store, catalog, Memory())
        fields = FileScorer(witness, catalog, understand(query)).collect()
    finally:
        store.close()
    paths = [row.path for row in catalog.rows if row is not None]
    in_path = dict(zip(paths, fields.path_share.tolist(), strict=True))
    return in_path, dict(zip(paths, fields.held.tolist(), strict=True))


def test_a_word_counts_once_for_a_file_whether_its_name_its_folders_or_its_text_have_it(
    tree: Tree,
) -> None:
    in_path, held = shares(tree, "session refresh token")
    # the copy of a text is counted as the first file that has it
    rare = {
        "session": rarity(len(FILES), 0),
        "refresh": rarity(len(FILES), 1),
        "token": rarity(len(FILES), 2),
    }
    whole = sum(rare.values())
    for path in FILES:
        words = PATHS.get(path, set())
        assert in_path[path] == pytest.approx(sum(rare[word] for word in words) / whole)
        words = words | TEXTS.get(path, set())
        assert held[path] == pytest.approx(sum(rare[word] for word in words) / whole)


def test_a_question_of_which_nothing_is_found_is_held_by_no_file(tree: Tree) -> None:
    in_path, held = shares(tree, "kubernetes webhook")
    assert not any(in_path.values())
    assert not any(held.values())
