"""What is seen as it is stays as it is, and is known as such without a close look."""

import json
import sys

import pytest

from claudetask_core.printable import printable, printable_json

EVERY = [chr(number) for number in range(sys.maxunicode + 1)]


@pytest.mark.parametrize("beside", ["", "ü"], ids=["ascii", "beyond"])
def test_a_quick_look_passes_nothing_that_a_close_one_would_escape(beside: str) -> None:
    passed = "x".join(c for c in EVERY if printable(beside + c) == beside + c)
    assert len(passed) > 2 * len(EVERY) * 0.9
    assert printable(passed + "\x1b") == passed + "\\x1b"
    assert not {"\r", "\x7f", "\u202e", "\U000e0041"} & set(passed)


def test_json_says_delete_as_an_escape_and_leaves_other_ascii_alone() -> None:
    assert printable_json('{"a": "b\x7fc"}') == '{"a": "b\\u007fc"}'
    plain = json.dumps({"a": '\x1b\\ "quoted"'})
    assert printable_json(plain) is plain
