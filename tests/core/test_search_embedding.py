"""What the settings of meaning open, and that search goes on without it."""

from pathlib import Path

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.vectors import table as tables
from claudetask_core.search.vectors.encoders import Endpoint
from claudetask_core.services.code.embedding import WORDS_ONLY, Embedding, Opened, opened


def test_words_only_opens_nothing() -> None:
    assert opened(WORDS_ONLY) == Opened()


def test_the_table_is_opened_alone_or_with_an_endpoint() -> None:
    means = opened(Embedding("table"))
    assert means.table is not None
    assert means.table.dimensions == means.table.vectors(["x"]).shape[1]
    assert means.encoder is None
    means = opened(Embedding("https://models.example/v1", "small", "s3cret"))
    assert means.table is not None
    assert isinstance(means.encoder, Endpoint)
    means.encoder.close()


def test_an_encoder_that_cannot_be_opened_leaves_the_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    means = opened(Embedding(str(tmp_path)))
    assert means.table is not None
    assert means.encoder is None
    assert "model2vec" in caplog.text


@pytest.mark.parametrize("content", [b"", b"not a table", b"CTTABLE1" + bytes(100)])
def test_search_goes_on_by_words_where_the_table_is_damaged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
) -> None:
    (tmp_path / "table.bin").write_bytes(content)
    monkeypatch.setattr(tables.Table.load.__func__, "__defaults__", (tmp_path / "table.bin",))
    means = opened(Embedding("table"))
    assert (means.table, means.encoder) == (None, None)
    assert means.notice is not None
    assert "Answered without it." in means.notice
    assert "cannot be used" in caplog.text
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a.py").write_text("def limiter():\n    return 1\n")
    index = CodeIndex(root, tmp_path / "index.db", max_file_bytes=100_000, table=means.table)
    index.refresh()
    assert [hit.path for hit in index.ask(SearchQuery(query="limiter"))] == ["a.py"]
    index.close()
