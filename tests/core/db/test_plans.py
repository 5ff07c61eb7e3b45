"""What is asked at every start of a session looks at no more tasks than it must."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from claudetask_core import board_sql, resume_text

VALUES = {"now": "", "latest": "", "caller": "", "worktree": "", "status": "", "priority": ""}


@pytest.mark.parametrize(
    "question",
    [
        board_sql.FIRST,
        board_sql.FREE_WAITED_FOR,
        board_sql.WAITED_FOR,
        board_sql.EARLIEST,
        resume_text.MINE,
        resume_text.LEFT,
    ],
)
def test_no_question_of_a_start_looks_at_every_task(migrated_board: Path, question: str) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{migrated_board}?immutable=1", uri=True)) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {question}", VALUES)]
    assert any("SEARCH t USING" in step for step in plan)
    assert {step for step in plan if step.startswith("SCAN")} <= {"SCAN statuses"}
