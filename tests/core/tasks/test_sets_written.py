"""The file of what is known of which tasks match: what is read of it, whoever wrote it."""

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.db.known_sets import GREATEST
from claudetask_core.services.disk import replace
from claudetask_core.services.matching import sets_file
from claudetask_core.services.matching.sets_file import NONE, WrittenSet, WrittenSets

WAIT = 20
SOME = WrittenSets(
    whole=True,
    sets=[
        WrittenSet(("text", "needle"), "1 2", 0b1010),
        WrittenSet(("status", "Done"), "7 -9", 0),
        WrittenSet(("text", "näh\n"), "", (1 << GREATEST + 1) - 1),
    ],
)


def test_a_file_says_again_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "index" / "sets"
    assert sets_file.read(file) == NONE
    for written in (SOME, NONE):
        sets_file.write(file, written)
        assert sets_file.read(file) == written
    assert list(file.parent.iterdir()) == [file]


def test_only_the_sets_asked_for_last_are_written_and_no_long_texts(tmp_path: Path) -> None:
    short = [WrittenSet(("text", str(n)), "1 2", n) for n in range(400)]
    long = [WrittenSet(("text", "x" * 101), "1 2", 1), WrittenSet(("text", "x"), "1" * 2001, 1)]
    sets_file.write(tmp_path / "sets", WrittenSets(whole=False, sets=short + long))
    assert sets_file.read(tmp_path / "sets").sets == short[-256:]


@given(st.binary(max_size=200))
def test_any_octets_are_understood_as_nothing(data: bytes) -> None:
    assert sets_file.understood(data) == NONE
    assert sets_file.understood(sets_file.FORM + data) == NONE


@given(st.data())
def test_a_damaged_file_is_understood_as_nothing(data: st.DataObject) -> None:
    whole = sets_file.said(WrittenSets(whole=True, sets=SOME.sets[:2]))
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    damaged = whole[:place] + bytes([whole[place] ^ other]) + whole[place + 1 :]
    for one in (damaged, whole[:place], whole + b"\0"):
        assert sets_file.understood(one) == NONE


def sealed(head: bytes, octets: bytes = b"") -> bytes:
    """A file whose digest is right, as anybody can make one."""
    body = len(head).to_bytes(4, "big") + head + octets
    return sets_file.FORM + hashlib.sha256(body).digest() + body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["text", "status"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
)  # fmt: skip


@pytest.mark.slow
@given(JSON | st.tuples(st.booleans(), st.lists(st.lists(JSON, min_size=4, max_size=4))))
def test_whatever_a_stranger_seals_is_understood_as_sets_or_nothing(head: Any) -> None:
    found = sets_file.understood(sealed(json.dumps(head).encode(), b"x" * 9))
    for one in found.sets:
        assert one.thing[0] in {"text", "status", "type", "priority"}
        assert one.numbers.bit_length() <= 72


ONE = '[true, [["text", {}, "1 2", {}]]]'


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[" * 500_000,
        b"[true, " + b"[" * 100_000,
        b"[true, [" + b"1" * 10_000 + b"]]",
        b'[true, [["id", "x", "1 2", 1]]]',
        b'[true, [["__class__", "x", "1 2", 1]]]',
        b'[true, [["text", "x", 12, 1]]]',
        b'[true, [["text", "x", "1 2"]]]',
        b'[true, {"text": 1}]',
        b'{"a": 1, "b": 2}',
        ONE.format('"\\ud800"', 1).encode(),
        ONE.format('"\\u0000"', 1).encode(),
        ONE.format('"' + "x" * 401 + '"', 1).encode(),
        ONE.format('"x"', -1).encode(),
        ONE.format('"x"', 1.5).encode(),
        ONE.format('"x"', 10).encode(),
        ONE.format('"x"', GREATEST // 8 + 2).encode(),
        json.dumps([True, [["text", str(n), "1 2", 0] for n in range(257)]]).encode(),
        b" " * (1 << 20) + ONE.format('"x"', 1).encode(),
        b"\xff",
    ],
)  # fmt: skip
def test_what_no_server_writes_is_understood_as_nothing(head: bytes) -> None:
    assert sets_file.understood(sealed(head, b"x")) == NONE


def test_a_set_reaches_no_further_than_any_does() -> None:
    most = GREATEST // 8 + 1
    for size, found in ((most, 1), (most + 1, 0)):
        head = ONE.format('"x"', size).encode()
        assert len(sets_file.understood(sealed(head, b"x" * size)).sets) == found


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.mkdir()


def _link(file: Path) -> None:
    other = file.parent.parent / "other"
    sets_file.write(other, SOME)
    file.symlink_to(other)


def _large(file: Path) -> None:
    sets_file.write(file, SOME)
    os.truncate(file, sets_file.MOST + 1)


@pytest.mark.parametrize("make", [_pipe, _folder, _link, _large])
def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    file = tmp_path / "index" / "sets"
    file.parent.mkdir()
    make(file)
    assert sets_file.read(file) == NONE


def test_of_several_who_write_at_once_one_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "sets"
    written = [
        WrittenSets(whole=True, sets=[WrittenSet(("text", str(n)), "1 2", (1 << 300_000) - n)])
        for n in range(4)
    ]
    ended = threading.Event()

    def write(one: WrittenSets) -> None:
        while not ended.is_set():
            sets_file.write(file, one)

    sets_file.write(file, written[0])
    threads = [threading.Thread(target=write, args=(one,)) for one in written]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            assert sets_file.read(file) in written
    finally:
        ended.set()
        for thread in threads:
            thread.join(WAIT)
    assert list(tmp_path.iterdir()) == [file]


def test_who_is_killed_while_they_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "index" / "sets"
    sets_file.write(file, SOME)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _killed)
        patch.setattr(Path, "unlink", _killed)
        with pytest.raises(KeyboardInterrupt):
            sets_file.write(file, NONE)
    (left,) = [path for path in file.parent.iterdir() if path != file]
    assert sets_file.read(file) == SOME
    sets_file.write(file, SOME)
    assert left.exists(), "its writer may be at work"
    os.utime(left, (0, left.stat().st_mtime - replace.STALE_SECONDS - 1))
    sets_file.write(file, NONE)
    assert list(file.parent.iterdir()) == [file]


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
