"""The figures of code search, over a tree of three files with known answers."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import code_search

LIMITER = "class RateLimiter:\n    def acquire(self, tokens):\n        self.left -= tokens\n"
QUESTIONS: list[dict[str, Any]] = [
    {"query": "RateLimiter", "relevant": ["src/limiter.py"]},
    {"query": "how are tokens acquired", "relevant": [{"path": "src/limiter.py", "start_line": 2,
                                                        "end_line": 3}]},
    {"query": "invoice totals", "relevant": ["src/missing.py"], "secondary": []},
]  # fmt: skip


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    for path, text in {
        "src/limiter.py": LIMITER,
        "src/other.py": "def unrelated():\n    return 1\n",
        "tests/test_limiter.py": "def test_acquire():\n    RateLimiter().acquire(1)\n",
    }.items():
        file = tmp_path / "repos" / "own" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    spec = {"name": "own", "language": "python", "benchmark_root": "src", "bytes": 100}
    (tmp_path / "repos.json").write_text(json.dumps([spec]))
    (tmp_path / "own.json").write_text(json.dumps(QUESTIONS))
    return ["x", str(tmp_path / "repos"), str(tmp_path), str(tmp_path / "repos.json")]


@pytest.mark.parametrize(
    "flags", [[], ["--words-only"], ["--whole"], ["--no-history"], ["--worst", "1"]]
)
def test_the_report_tells_right_answers_from_wrong_ones(
    arguments: list[str],
    flags: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", [*arguments, *flags])
    code_search.main()
    printed = capsys.readouterr().out
    report = json.loads(printed[printed.index("{") :])
    assert report["questions"] == 3
    assert report["by_category"] == {"architecture": 1.0, "semantic": 0.0, "symbol": 1.0}
    assert report["ndcg@10"] == pytest.approx(0.6667)
    assert ("invoice totals" in printed.split("{", maxsplit=1)[0]) is ("--worst" in flags)
