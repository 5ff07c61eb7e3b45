"""The index of terms as a file says it, which is of no use where it is not as it was written."""

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from claudetask_core.db.known_sets import GREATEST
from claudetask_core.services.matching import number_sets, postings_file
from claudetask_core.services.matching.postings import Building, Damaged
from claudetask_core.services.matching.postings_file import FORM, TAIL, Postings

TITLES = ("a needle", "hay", "needle, haystack", "Needle")
HELD = number_sets.of([1, 3, 4, 10_001, 10_003, 10_004])
FIRSTS = (1, 10_001)


def written(file: Path, at: str = "7") -> Path:
    with postings_file.writing(file) as out:
        for first in FIRSTS:
            building = Building()
            for number, title in enumerate(TITLES, first):
                building.add(number, title, "of what there is")
            out.add(building.made())
        assert out.fits
        out.end(at)
    return file


def read(file: Path) -> Postings[int] | None:
    return postings_file.read(file, int)


def holding(found: Postings[int], text: str) -> int | None:
    parts = found.parts(text)
    return None if parts is None else number_sets.all_of(part() for part in parts)


def taken(file: Path) -> tuple[bytes, bytes, list[Any]]:
    """What comes before the head, of which the lists, and the head."""
    data = file.read_bytes()
    lists, head, _ = TAIL.unpack(data[-TAIL.size :])
    end = len(data) - TAIL.size - head
    return data[: end - lists], data[end - lists : end], json.loads(data[end : end + head])


def sealed(kept: bytes, lists: bytes, head: Any) -> bytes:
    said = json.dumps(head).encode()
    digest = hashlib.sha256(lists + said).digest()
    return kept + lists + said + TAIL.pack(len(lists), len(said), digest)


def test_what_was_written_is_read_and_copied_whole(tmp_path: Path) -> None:
    found = read(written(tmp_path / "index" / "postings"))
    assert found is not None
    assert (found.at, holding(found, "needle"), holding(found, " ")) == (7, HELD, None)
    assert holding(found, "dle, ha") == number_sets.of([3, 10_003])
    assert found.is_whole()
    copy = tmp_path / "copy"
    with postings_file.writing(copy) as out:
        for segment in found.segments:
            out.add(segment)
        out.end("7")
    assert copy.read_bytes() == (tmp_path / "index" / "postings").read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o700
    assert postings_file.identity(copy) != found.identity


def test_more_terms_than_two_octets_count_are_written_in_four(tmp_path: Path) -> None:
    building = Building()
    for number in range(1, 700):
        building.add(number, f"t{number}", " ".join(f"w{number}x{n}" for n in range(100)))
    with postings_file.writing(tmp_path / "postings") as out:
        out.add(building.made())
        out.end("1")
    found = read(tmp_path / "postings")
    assert found is not None
    assert found.is_whole()
    assert holding(found, "w699x99") == 1 << 699
    assert holding(found, "x7 w12x8 w") == 1 << 12
    assert holding(found, "x7 w12x9 w") == 0


def test_of_a_file_that_was_replaced_what_was_opened_is_read_on(tmp_path: Path) -> None:
    found = read(written(tmp_path / "postings"))
    assert found is not None
    written(tmp_path / "postings", "8")
    assert holding(found, "needle") == HELD
    again = read(tmp_path / "postings")
    assert again is not None
    assert again.at == 8


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = written(tmp_path / "postings")
    before = file.read_bytes()
    with pytest.raises(OSError, match="No space"), postings_file.writing(file):
        raise OSError(28, "No space left on device")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("postings", before)]


def test_a_file_that_is_missing_or_no_file_is_of_no_use(tmp_path: Path) -> None:
    file = tmp_path / "postings"
    assert read(file) is None
    assert postings_file.identity(file) is None
    file.symlink_to(written(tmp_path / "other"))
    assert read(file) is None
    file.unlink()
    os.mkfifo(file)
    assert read(file) is None
    file.unlink()
    file.mkdir()
    assert read(file) is None


@pytest.mark.parametrize("most", ["MOST", "MOST_IN_MEMORY", "MOST_HEAD"])
def test_a_file_beyond_the_bounds_is_not_read_and_known_as_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    file = written(tmp_path / "postings")
    monkeypatch.setattr(postings_file, most, 8)
    assert read(file) is None
    if most != "MOST_HEAD":
        with pytest.raises(AssertionError):
            written(tmp_path / "other")


def test_what_was_cut_short_is_of_no_use_wherever(tmp_path: Path) -> None:
    file = written(tmp_path / "postings")
    data = file.read_bytes()
    for size in range(0, len(data), 7):
        file.write_bytes(data[:size])
        assert read(file) is None, size


def test_what_was_cut_short_after_it_was_opened_is_damaged(tmp_path: Path) -> None:
    found = read(written(tmp_path / "postings"))
    assert found is not None
    os.truncate(tmp_path / "postings", len(FORM) + 4)
    with pytest.raises(Damaged):
        holding(found, "needle")
    assert not found.is_whole()


@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0), octet=st.integers(1, 255))
def test_an_octet_that_is_another_is_told_before_or_once_all_is_looked_at(
    tmp_path: Path, at: int, octet: int
) -> None:
    file = written(tmp_path / "postings")
    data = bytearray(file.read_bytes())
    data[at % len(data)] ^= octet
    file.write_bytes(data)
    found = read(file)
    if found is not None:
        assert not found.is_whole()
        try:
            held = holding(found, "needle")
        except Damaged:
            return
        assert held is not None
        assert held & ~number_sets.of([*range(1, 5), *range(10_001, 10_005)]) == 0


NO_SIZES: tuple[object, ...] = (0, -1, 1 << 40, 1.5, "1", None, [], True)
WRONG: list[Callable[[list[Any]], object]] = [
    lambda head: head.append(1),
    lambda head: head.pop(),
    lambda head: head.__setitem__(0, "x"),
    lambda head: head.__setitem__(0, []),
    lambda head: head.__setitem__(1, 5),
    lambda head: head[1].pop(),
    lambda head: head[1].append(head[1][0]),
    lambda head: head[1][0].pop(),
    *(
        lambda head, place=place, other=other: head[1][0].__setitem__(place, other)
        for place in range(5)
        for other in NO_SIZES
    ),
]


@pytest.mark.parametrize("change", WRONG)
def test_a_head_that_is_none_is_of_no_use_though_it_is_sealed(
    tmp_path: Path, change: Callable[[list[Any]], object]
) -> None:
    file = written(tmp_path / "postings")
    kept, lists, head = taken(file)
    file.write_bytes(sealed(kept, lists, head))
    assert read(file) is not None
    change(head)
    file.write_bytes(sealed(kept, lists, head))
    found = read(file)
    if found is not None:  # fewer terms that are no words: of a stranger's board, that
        assert head[1][0][2] in range(head[1][0][1] + 1)
        holding(found, "needle")


def test_lists_that_are_none_are_of_no_use_though_they_are_sealed(tmp_path: Path) -> None:
    file = written(tmp_path / "postings")
    kept, lists, head = taken(file)
    refused = 0
    for at in range(0, len(lists), 4):
        for number in (-1, GREATEST + 1, 0):
            other = lists[:at] + number.to_bytes(4, "little", signed=True) + lists[at + 4 :]
            file.write_bytes(sealed(kept, other, head))
            found = read(file)
            refused += found is None
            if found is not None:
                try:
                    holding(found, "needle, h")
                except Damaged:
                    refused += 1
    assert refused > len(lists) // 4


def test_a_nested_head_is_of_no_use(tmp_path: Path) -> None:
    file = written(tmp_path / "postings")
    kept, lists, _ = taken(file)
    deep = b"[" * 100_000
    digest = hashlib.sha256(lists + deep).digest()
    file.write_bytes(kept + lists + deep + TAIL.pack(len(lists), len(deep), digest))
    assert read(file) is None
