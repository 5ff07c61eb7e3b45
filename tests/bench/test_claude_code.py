"""Analyses by the real Claude Code, where it is installed (on PATH, or named by CLAUDE_BIN)."""

import os
import shutil
from pathlib import Path

import pytest

from bench.claude_code.__main__ import NAMES, line, run

CLIENT = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CLIENT is None, reason="Claude Code is not installed"),
]


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_ends_as_it_has_to(name: str) -> None:
    row = run(name, str(Path(CLIENT or "").resolve()))
    assert row.wrong == [], line(row)
