"""The table of figures: medians of the rounds, and how our median stands to the peer's."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

MILLI: Final = 1000.0
MEGA: Final = 1e6

Answers = dict[str, list[dict[str, Any]]]
"""By the name of a job, `ours …` or `peer …`, what each round answered."""


Value = Callable[[dict[str, Any]], float]

_SPEED: Final = "MB/s"
_VALUES: Final[dict[str, Value]] = {
    "seconds": lambda answer: answer["seconds"],
    "saved_seconds": lambda answer: answer["saved_seconds"],
    "processor_seconds": lambda answer: answer["processor_seconds"],
    "p50": lambda answer: statistics.median(answer["times"]) * MILLI,
    "mean": lambda answer: statistics.mean(answer["times"]) * MILLI,
    "longest": lambda answer: max(answer["times"]) * MILLI,
    "first": lambda answer: answer["first"] * MILLI,
    "started": lambda answer: (answer["imports"] + answer["first"]) * MILLI,
}
_FIGURES: Final[tuple[tuple[str, str, str, str, str, float | None], ...]] = (
    ("indexing, one core", _SPEED, "one", "one", "seconds", 1.5),
    ("indexing and storing, one core", _SPEED, "one", "one", "saved_seconds", None),
    ("processor time of indexing, one core", "s", "one", "one", "processor_seconds", None),
    ("indexing, two cores", _SPEED, "two", "two", "seconds", 2.5),
    ("indexing, two cores, peer with two workers", _SPEED, "two", "workers", "seconds", None),
    ("indexing and storing, the same", _SPEED, "two", "workers", "saved_seconds", None),
    ("question, median", "ms", "ask", "ask", "p50", 0.5),
    ("question, mean", "ms", "ask", "ask", "mean", None),
    ("question, longest", "ms", "ask", "ask", "longest", None),
    ("touched file to answer", "ms", "touch", "touch", "p50", 0.3),
    ("touched file to answer, peer not storing", "ms", "touch", "keep", "p50", None),
    ("warm start to answer, tree looked at", "ms", "ask", "ask", "first", None),
    ("the same with imports", "ms", "ask", "ask", "started", None),
    ("warm start to answer, tree not looked at", "ms", "load", "load", "first", None),
    ("the same with imports", "ms", "load", "load", "started", None),
    ("peak memory indexing, one process", "MB", "one", "one", "peak", 0.8),
    ("peak memory indexing on two cores, main process", "MB", "two", "two", "peak", None),
    ("peak memory indexing on two cores, all processes", "MB", "two", "two", "tree_peak", 0.8),
    ("the same, peer with two workers", "MB", "two", "workers", "tree_peak", None),
    ("memory serving", "MB", "ask", "ask", "resident", 0.8),
)
"""Name, unit, our job and the peer's, what is told of their answers, the ratio wanted."""


@dataclass(frozen=True)
class Row:
    """One figure of both sides; `wanted` is for the ratio, at most unless `least`."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    wanted: float | None = None
    least: bool = False
    spread: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def judged(self) -> str:
        value = self.ours if self.peer is None else self.ratio
        if self.wanted is None or value is None:
            return ""
        reached = value >= self.wanted if self.least else value <= self.wanted
        sign = "≥" if self.least else "≤"
        return f"{'yes' if reached else 'NO '} ({sign} {self.wanted:g})"

    def line(self) -> str:
        peer = f"{self.peer:10.2f}" if self.peer is not None else " " * 10
        ratio = f"{self.ratio:6.2f}" if self.ratio is not None else " " * 6
        name = f"{self.name} [{self.unit}]"
        return f"{name:<58}{self.ours:10.2f}{peer} {ratio}  {self.judged:<14}{self.spread}"


def rows(answers: Answers, size: int) -> list[Row]:
    """All figures; `size` is how many bytes were indexed."""
    made: list[Row] = []
    for name, unit, job, other, field, wanted in _FIGURES:
        value = _VALUES.get(field, _megabytes(field))
        ours = [value(answer) for answer in answers[f"ours {job}"]]
        peer = [value(answer) for answer in answers[f"peer {other}"]]
        least = unit == _SPEED
        if least:
            ours, peer = ([size / MEGA / seconds for seconds in times] for times in (ours, peer))
        best = max(ours) / max(peer) if least else min(ours) / min(peer)
        spread = f"{best:6.2f}  {_span(ours)} / {_span(peer)}"
        medians = statistics.median(ours), statistics.median(peer)
        made.append(Row(name, unit, *medians, wanted, least, spread))
    return made + limits(answers)


def _megabytes(field: str) -> Value:
    return lambda answer: answer[field] / MEGA


def limits(answers: Answers) -> list[Row]:
    """What is wanted of us whatever the peer does."""
    firsts = {
        job: [answer["first"] * MILLI for answer in answers[job]]
        for job in answers
        if "ours" in job and "first" in answers[job][0]
    }
    settling = [answer["settling_seconds"] for answer in answers["ours one"]]
    return [
        Row(f"warm start, {job}", "ms", statistics.median(times), wanted=300, spread=_span(times))
        for job, times in firsts.items()
    ] + [
        Row(
            "processor time after indexing, while nobody asks",
            "s",
            statistics.median(settling),
            spread=_span(settling),
        )
    ]


def _span(values: list[float]) -> str:
    return f"{min(values):.2f}–{max(values):.2f}"
