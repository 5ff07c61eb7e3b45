from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.search.index.catalog import NOBODY, Catalog
from claudetask_core.search.index.store import Store
from claudetask_core.search.ranking import evidence
from claudetask_core.search.ranking.evidence import Memory, Witness
from claudetask_core.search.ranking.standing import siblings
from tests.core.search.trees import Tree

BESIDE = 3


def plainly(scores: list[float], folders: list[int], number: int) -> float:
    others = [
        score
        for other, (score, folder) in enumerate(zip(scores, folders, strict=True))
        if folder == folders[number] and other != number
    ]
    best = sorted(others, reverse=True)[:BESIDE]
    return sum(best) / max(1, len(best)) / (max(scores) or 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 50).map(float), st.integers(0, 4)), min_size=1, max_size=30),
    st.data(),
)
def test_a_file_has_the_mean_of_the_best_that_stand_beside_it(
    rows: list[tuple[float, int]], data: st.DataObject
) -> None:
    scores, folders = [score for score, _ in rows], [folder for _, folder in rows]
    numbers = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, unique=True))
    spare = [*folders, NOBODY, NOBODY]
    found = siblings(np.array(scores), np.array(spare, np.int32), np.array(numbers))
    assert found == pytest.approx([plainly(scores, folders, number) for number in numbers])


def test_what_is_gone_counts_for_nobody() -> None:
    found = siblings(np.array([4.0, 2.0]), np.array([NOBODY, 0], np.int32), np.array([1]))
    assert found == pytest.approx([0.0])


def test_of_two_files_the_one_that_others_name_comes_first(tree: Tree) -> None:
    for name in ("alpha", "beta"):
        tree.write(f"{name}.py", "def rotate_image(pixels):\n    return pixels[::-1]\n")
    for number in range(6):
        tree.write(f"uses_{number}.py", "import beta\n\nbeta.run()\n")
    tree.index.refresh()
    assert tree.paths("rotate an image by pixels")[:2] == ["beta.py", "alpha.py"]
    tree.write("uses_7.py", "import beta\n")
    tree.index.refresh()
    assert tree.paths("rotate an image by pixels")[:2] == ["beta.py", "alpha.py"]


def test_files_are_counted_anew_once_the_tree_is_another(tree: Tree) -> None:
    for name in ("alpha", "beta"):
        tree.write(f"{name}.py", "def rotate_image(pixels):\n    return pixels[::-1]\n")
    tree.index.refresh()
    assert tree.paths("rotate an image by pixels")[:2] == ["alpha.py", "beta.py"]
    for number in range(6):
        tree.write(f"uses_{number}.py", "import beta\n\nbeta.run()\n")
    tree.index.refresh()
    assert tree.paths("rotate an image by pixels")[:2] == ["beta.py", "alpha.py"]


def test_how_many_files_hold_a_name_does_not_depend_on_how_much_is_counted_at_once(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        said = f"import alpha, a{number}\n" + "import beta\n" * (number % 2)
        tree.write(f"part_{number}.py", said)
    tree.index.refresh()
    terms = ["alpha", "beta", "gamma", "alpha"]
    with closing(Store(tree.database, tree.root, tree.index.rules)) as store:
        catalog = Catalog()
        catalog.sync(store)
        witness = Witness(store, catalog, Memory())
        assert witness.holders(terms) == [8, 4, 0, 8]
        monkeypatch.setattr(evidence, "_AT_ONCE", 0)
        assert witness.holders(terms) == [8, 4, 0, 8]


def test_a_file_among_others_on_the_matter_comes_before_one_that_stands_alone(tree: Tree) -> None:
    tree.write("aside/render.py", "def shade(light):\n    return light\n")
    for name in ("render", "light", "shade"):
        tree.write(f"scene/{name}.py", "def shade(light):\n    return light\n")
    tree.index.refresh()
    assert tree.paths("shade light render")[0] == "scene/render.py"
