"""A short run of each part; `python -m bench.index_soak` runs the long ones."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from bench.index_soak import check, compare, crowd, edits, index_of, kills
from bench.soak.compare import difference, is_sound
from bench.soak.repository import Repository
from claudetask_core.schemas.search import SearchHit
from claudetask_core.search.code_index import CodeIndex


@pytest.mark.slow
def test_random_edits_of_two_processes_leave_no_stale_hit_and_an_index_like_a_fresh_one(
    tmp_path: Path,
) -> None:
    assert edits(tmp_path, 30, 5).endswith("none stale; the index equals a fresh one")


@pytest.mark.slow
def test_an_indexer_that_is_killed_leaves_an_index_that_the_next_start_completes(
    tmp_path: Path,
) -> None:
    assert kills(tmp_path, 2, 5).endswith("the index equals a fresh one")


@pytest.mark.slow
def test_a_service_that_several_ask_while_files_are_edited_goes_on(tmp_path: Path) -> None:
    assert crowd(tmp_path, 30, 5).endswith("the index equals a fresh one")


def refreshed(root: Path, database: Path) -> None:
    with closing(index_of(root, database)) as index:
        index.refresh()


def test_an_index_that_lacks_something_is_told_from_a_fresh_one(tmp_path: Path) -> None:
    root, database = tmp_path / "tree", tmp_path / "index.db"
    Repository(root, random.Random(1)).make(5)  # noqa: S311 — made-up text
    other = tmp_path / "other.db"
    refreshed(root, database)
    (root / "extra.py").write_text("def extra(): pass\n", encoding="utf-8")
    refreshed(root, other)
    assert str(difference(root, database, other)).startswith("file extra.py")
    assert compare(root, database) == "the index equals a fresh one"
    assert is_sound(database)


def test_a_hit_whose_lines_are_not_in_its_file_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, database = tmp_path / "tree", tmp_path / "index.db"
    Repository(root, random.Random(1)).make(5)  # noqa: S311 — made-up text
    index = index_of(root, database)
    index.refresh()
    real = CodeIndex.ask

    def shifted(self: CodeIndex, query: object) -> list[SearchHit]:
        hits = real(self, query)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] — passed through
        return [hit.model_copy(update={"text": hit.text + "!"}) for hit in hits]

    monkeypatch.setattr(CodeIndex, "ask", shifted)
    with pytest.raises(SystemExit, match="stale hit"):
        check(index, root, "user session")
    index.close()
