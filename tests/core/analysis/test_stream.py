import json
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.services.analysis.claude_code.stream import Stream
from tests.core.analysis.support import result, turn

ROOT = Path("/project")


def followed(*events: Any) -> Stream:
    stream = Stream(ROOT)
    for event in events:
        stream.feed(event if isinstance(event, bytes) else json.dumps(event).encode())
    return stream


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (turn(1, "Read", file_path="/project/core/x.py"), "reading core/x.py (1 turn)"),
        (turn(1, "Read", file_path="/elsewhere/x.py"), "reading /elsewhere/x.py (1 turn)"),
        (turn(1, "Grep", pattern="def  x\ny"), "searching for def x y (1 turn)"),
        (turn(1, "Glob", pattern="**/*.py"), "looking for files like **/*.py (1 turn)"),
        (turn(1, "TodoWrite"), "using TodoWrite (1 turn)"),
        (turn(1, "StructuredOutput"), "writing the answer (1 turn)"),
        (
            {"type": "assistant", "message": {"id": "m", "content": [{"type": "text"}, 7]}},
            "thinking (1 turn)",
        ),
        (
            {"type": "system", "subtype": "api_retry", "attempt": 1, "error_status": 529},
            "the Claude API failed (529); trying again (1)",
        ),
    ],
)
def test_what_claude_does_is_told_for_people(event: dict[str, Any], said: str) -> None:
    assert followed(event).message == said


def test_the_blocks_of_one_answer_are_one_turn() -> None:
    assert followed(turn(1, "Read"), turn(1, "Grep"), turn(2, "Read")).turns == 2


def test_progress_grows_and_never_reaches_the_end() -> None:
    seen = [followed(*(turn(n, "Read") for n in range(count))).progress for count in (0, 1, 9, 500)]
    assert seen == sorted(set(seen))
    assert 0 < seen[0] < seen[-1] < 1


def test_what_is_no_event_is_passed_over() -> None:
    stream = followed(b"a hook's banner", b"\xff", b"[" * 100_000, 7, {}, {"type": "assistant"})
    assert (stream.turns, stream.result) == (0, None)


def test_the_last_result_counts() -> None:
    assert followed(result(num_turns=1), result(num_turns=2)).result == result(num_turns=2)
