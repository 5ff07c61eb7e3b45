"""The table of term vectors: what it gives, and what is said where its file is no table."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from claudetask_core.search.vectors.table import PATH, Table, TableDamaged, write

TERMS = ["alpha", "béta", "gamma"]
VECTORS = np.array([[1.0, -0.5], [0.0, 0.0], [0.25, 2.0]], np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "table.bin"
    write(made, TERMS, VECTORS)
    return made


def test_what_is_written_is_read_again_to_a_hundredth(path: Path) -> None:
    table = Table.load(path)
    found = table.vectors(TERMS)
    assert found.shape == (3, 2)
    assert found.dtype == np.float32
    assert np.allclose(found, VECTORS, atol=0.01)
    assert (len(table), table.dimensions) == (3, 2)


def test_a_term_that_is_not_known_has_a_vector_of_zeros(path: Path) -> None:
    table = Table.load(path)
    assert "delta" not in table
    assert "alpha" in table
    assert table.vectors(["delta", "alpha"])[0].tolist() == [0.0, 0.0]
    assert table.vectors([]).shape == (0, 2)


def test_the_same_content_has_the_same_digest_and_another_another(
    path: Path, tmp_path: Path
) -> None:
    write(tmp_path / "same.bin", TERMS, VECTORS)
    write(tmp_path / "other.bin", TERMS, VECTORS * 2)
    assert Table.load(tmp_path / "same.bin").digest == Table.load(path).digest
    assert Table.load(tmp_path / "other.bin").digest != Table.load(path).digest


@pytest.mark.parametrize("kept", [0, 1, 35, 36, 40, -1])
def test_a_file_that_was_cut_off_is_no_table(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(TableDamaged) as failure:
        Table.load(path)
    assert failure.value.code == "table_damaged"
    assert "Install claudetask-mcp again" in (failure.value.next_step or "")


@pytest.mark.parametrize("place", [0, 9, 13, 17, 25, 40, -1])
def test_a_file_with_one_wrong_byte_is_no_table(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(TableDamaged):
        Table.load(path)


def test_a_file_of_something_else_or_none_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"PK\x03\x04" * 100)
    for name in ("other", "missing", "."):
        with pytest.raises(TableDamaged) as failure:
            Table.load(tmp_path / name)
        assert failure.value.code == "table_damaged"


def test_threads_share_a_table(path: Path) -> None:
    table = Table.load(path)
    wrong: list[int] = []

    def ask() -> None:
        wrong.extend(
            number
            for number in range(300)
            if not np.allclose(table.vectors(TERMS), VECTORS, atol=0.01)
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert wrong == []


def test_the_shipped_table_is_small_and_knows_what_words_mean() -> None:
    assert PATH.stat().st_size < 1_900_000
    table = Table.load()
    assert len(table) > 10_000
    delete, remove, color = table.vectors(["delet", "remov", "color"])
    assert delete @ remove / np.linalg.norm(remove) > delete @ color / np.linalg.norm(color)


def test_every_source_of_the_shipped_table_is_named_with_its_licence_and_sum() -> None:
    rows = json.loads(PATH.with_suffix(".sources.json").read_text("utf-8"))
    assert len(rows) > 100
    for row in rows:
        assert row["licence"]
        assert len(row["sha256"]) == 64
