from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.ranking.meaning import PathVectors, of_question
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.tree.reading import Signature

THEMES = ({"invoic", "pay", "money", "due"}, {"sound", "audio", "play", "nois"})
MONEY = np.array([1.0, 0.0], np.float32)


class TwoThemes:
    """A table of two directions: words of money and words of sound."""

    digest = "themes"
    dimensions = 2

    def __init__(self) -> None:
        self.asked = 0

    def vectors(self, terms: Sequence[str]) -> NDArray[np.float32]:
        self.asked += len(terms)
        rows = [[float(term in theme) for theme in THEMES] for term in terms]
        return np.array(rows, np.float32).reshape(-1, 2)


def catalog_of(*paths: str) -> Catalog:
    catalog = Catalog()
    nothing = Signature(0, 0, 0, 0)
    catalog.rows = [FileRow(path, nothing, b"", None, None) if path else None for path in paths]
    return catalog


def closeness(paths: PathVectors, catalog: Catalog) -> list[float]:
    return paths.closeness(np.arange(len(catalog.rows)), catalog, MONEY).tolist()


def test_a_path_is_close_to_a_question_by_the_words_of_its_folders_and_its_name() -> None:
    catalog = catalog_of("pay/core.py", "audio/invoice.py", "src/x.py", "sound/y.py", "")
    close = closeness(PathVectors(TwoThemes()), catalog)
    assert close == pytest.approx([1.0, 0.5**0.5, 0.0, 0.0, 0.0], abs=1e-3)
    assert closeness(PathVectors(TwoThemes()), catalog_of()) == []


def test_the_words_of_a_path_are_looked_up_once() -> None:
    table = TwoThemes()
    paths = PathVectors(table)
    catalog = catalog_of("money/pay.py")
    assert closeness(paths, catalog) == [1.0]
    before = table.asked
    assert closeness(paths, catalog) == [1.0]
    assert table.asked == before
    catalog.rows += catalog_of("money/due.py", "noise/x.py").rows
    assert closeness(paths, catalog) == [1.0, 1.0, 0.0]
    assert table.asked > before


def test_a_question_of_words_the_table_does_not_know_has_no_meaning() -> None:
    assert of_question(understand("money due"), TwoThemes()) is not None
    assert of_question(understand("zebra"), TwoThemes()) is None
    assert of_question(understand("money due"), None) is None


def test_of_two_files_alike_in_words_the_one_in_the_folder_that_is_meant_comes_first(
    tmp_path: Path,
) -> None:
    root = tmp_path / "tree"
    for folder in ("audio", "invoice"):
        (root / folder).mkdir(parents=True)
        (root / folder / "total.py").write_text("def total(rows):\n    return sum(rows)\n", "utf-8")
    for table, expected in ((None, "audio"), (TwoThemes(), "invoice")):
        database = tmp_path / f"{expected}.db"
        index = CodeIndex(root, database, max_file_bytes=10_000, table=table)
        index.refresh()
        hits = index.ask(SearchQuery(query="total that is due"))
        assert hits[0].path.split("/")[0] == expected
        index.close()


def test_a_table_counts_at_once_where_words_alone_were_indexed_before(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("invoice", "sound"):
        (root / f"{name}.py").write_text(f"def total_{name}(): ...\n", "utf-8")

    def found(file: str, table: TwoThemes | None) -> list[tuple[str, float]]:
        index = CodeIndex(root, tmp_path / file, max_file_bytes=10_000, table=table)
        index.refresh()
        hits = index.ask(SearchQuery(query="total that is due"))
        index.close()
        return [(hit.path, hit.score) for hit in hits]

    words = found("index.db", None)
    assert found("index.db", TwoThemes()) == found("fresh.db", TwoThemes()) != words
    assert found("index.db", None) == words


def test_a_question_after_settling_looks_up_its_own_words_alone(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    for number in range(7):
        (root / f"invoice_{number}.py").write_text(f"def pay{number}(): ...\n", "utf-8")
    table = TwoThemes()
    index = CodeIndex(root, tmp_path / "index.db", max_file_bytes=10_000, table=table)
    index.refresh()
    while index.settle():
        pass
    before = table.asked
    assert index.ask(SearchQuery(query="pay invoice"))
    assert table.asked - before == 2
    index.close()
