"""Measures code search on repositories with known answers.

    python bench/code_search.py REPOS ANNOTATIONS REPOS_JSON [--words-only] [--whole]
        [--no-history]

With the shipped table of vectors, or by words only; over each `benchmark_root`, or over whole
trees with their tests and documents; with what the commits of each tree say, where it is a git
work tree. REPOS holds NAME/<benchmark_root> for each entry of
REPOS_JSON, ANNOTATIONS one NAME.json with questions. The figure is binary NDCG@10: a target (a
file, sometimes with a span of lines) is found at the rank of the first hit that lies in it; a
hit that is the first of two targets counts once; the ideal has as many hits as there are
targets, ten at most.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.vectors.table import Table

DEPTH = 10


@dataclass(frozen=True)
class Target:
    path: str
    start: int | None
    end: int | None

    def holds(self, hit: SearchHit) -> bool:
        same = (
            hit.path == self.path
            or hit.path.endswith("/" + self.path)
            or self.path.endswith("/" + hit.path)
        )
        if not same or self.start is None or self.end is None:
            return same
        return hit.start_line <= self.end and hit.end_line >= self.start


@dataclass(frozen=True)
class Row:
    repository: str
    language: str
    category: str
    query: str
    ndcg: float
    milliseconds: float


def targets_of(question: dict[str, Any]) -> list[Target]:
    found: list[Target] = []
    for target in [*question.get("relevant", []), *question.get("secondary", [])]:
        if isinstance(target, str):
            found.append(Target(target, None, None))
        else:
            found.append(Target(target["path"], target.get("start_line"), target.get("end_line")))
    return found


def ndcg(hits: list[SearchHit], targets: list[Target]) -> float:
    gains = [0.0] * DEPTH
    for target in targets:
        for rank, hit in enumerate(hits[:DEPTH]):
            if target.holds(hit):
                gains[rank] = 1.0
                break
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(targets))))
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains)) / ideal


def category_of(question: dict[str, Any]) -> str:
    if question.get("category"):
        return question["category"]
    query = question["query"].strip()
    if " " not in query:
        return "symbol"
    return "architecture" if query.lower().startswith("how ") else "semantic"


def measure(spec: dict[str, Any], index: CodeIndex, questions: list[dict[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for question in questions:
        query = SearchQuery(query=question["query"], top_k=DEPTH)
        began = time.perf_counter()
        hits = index.ask(query)
        took = (time.perf_counter() - began) * 1000
        score = ndcg(hits, targets_of(question))
        rows.append(
            Row(
                spec["name"],
                spec["language"],
                category_of(question),
                question["query"],
                score,
                took,
            )
        )
    return rows


def means(rows: list[Row], column: str) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row.ndcg)
    return {name: round(statistics.mean(values), 3) for name, values in sorted(groups.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("annotations", type=Path)
    parser.add_argument("specs", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--words-only", action="store_true", help="without the table of vectors")
    parser.add_argument("--no-history", action="store_true", help="without what commits say")
    parser.add_argument("--whole", action="store_true", help="ask the whole repositories")
    parser.add_argument("--index", type=Path, help="a folder to keep the index files in")
    parser.add_argument("--worst", type=int, default=0, help="print so many of the worst questions")
    arguments = parser.parse_args()
    rows: list[Row] = []
    seconds = size = chunks = 0.0
    table = None if arguments.words_only else Table.load()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.index or Path(temporary)
        for spec in json.loads(arguments.specs.read_text()):
            if arguments.only and spec["name"] not in arguments.only:
                continue
            root = arguments.repositories / spec["name"]
            if not arguments.whole:
                root /= spec["benchmark_root"] or "."
            path = folder / f"{spec['name']}.db"
            index = CodeIndex(
                root,
                path,
                max_file_bytes=1_000_000,
                table=table,
                history=not arguments.no_history,
            )
            began = time.perf_counter()
            index.refresh()
            index.read_history()
            seconds += time.perf_counter() - began
            size += spec["bytes"]
            chunks += index.progress.chunks
            questions = json.loads((arguments.annotations / f"{spec['name']}.json").read_text())
            rows += measure(spec, index, questions)
            index.close()
    for row in sorted(rows, key=lambda row: row.ndcg)[: arguments.worst]:
        print(f"{row.ndcg:.2f} {row.repository}: {row.query}")
    report = {
        "questions": len(rows),
        "ndcg@10": round(statistics.mean(row.ndcg for row in rows), 4),
        "by_category": means(rows, "category"),
        "by_language": means(rows, "language"),
        "by_repository": means(rows, "repository"),
        "chunks": int(chunks),
        "index_mb_per_s": round(size / 1e6 / seconds, 2),
        "question_p50_ms": round(statistics.median(row.milliseconds for row in rows), 2),
        "question_max_ms": round(max(row.milliseconds for row in rows), 2),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
