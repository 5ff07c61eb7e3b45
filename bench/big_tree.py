"""The code index on a large tree: 50,000 files and 500 MB of made-up code in a git repository.

    python bench/big_tree.py FOLDER [--files 50000] [--megabytes 500] [--workers 2] [--json FILE]

The tree is made in FOLDER/tree once and used again. Its text is drawn from a seed: identifiers
of one to three words, as frequent as Zipf's law says, in the syntax of several languages, ten
levels of folders deep. Three processes measure, one after the other: the index alone, a question
to the index warm, and the service (which indexes anew) with a ticker in its event loop.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from speed.made_up import make_tree, questions
from speed.processes import Watch

LARGEST: Final = 1_000_000
TICK: Final = 0.005
MILLI: Final = 1000.0
MEGA: Final = 1e6
ASKED: Final = 60


def _spread(times: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(times) * MILLI, 2),
        "max_ms": round(max(times) * MILLI, 2),
    }


def index(tree: Path, state: Path, workers: int) -> dict[str, Any]:
    """Indexes from nothing."""
    from claudetask_core.search.index import CodeIndex  # noqa: PLC0415 — in the child alone

    code = CodeIndex(tree, state / "index.db", max_file_bytes=LARGEST, workers=workers)
    began = time.perf_counter()
    code.refresh()
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    code.refresh()
    again = time.perf_counter() - began
    progress = code.progress
    code.close()
    size = sum(path.stat().st_size for path in state.iterdir())
    return {
        "seconds": round(seconds, 1),
        "unchanged_refresh_ms": round(again * MILLI, 1),
        "files": progress.total,
        "chunks": progress.chunks,
        "index_mb": round(size / MEGA, 1),
    }


def ask(tree: Path, state: Path, _workers: int) -> dict[str, Any]:
    """Opens what is there, and asks."""
    from claudetask_core.schemas.search import SearchQuery  # noqa: PLC0415 — as above
    from claudetask_core.search.index import CodeIndex  # noqa: PLC0415 — as above

    code = CodeIndex(tree, state / "index.db", max_file_bytes=LARGEST)
    times: list[float] = []
    for text in (*questions(ASKED), *questions(ASKED)):
        began = time.perf_counter()
        code.ask(SearchQuery(query=text, top_k=10))
        times.append(time.perf_counter() - began)
    return {"first_ms": round(times[0] * MILLI, 1), **_spread(times[ASKED:])}


def serve(tree: Path, state: Path, _workers: int) -> dict[str, Any]:
    """Has the service index anew, then asks it; a ticker watches the event loop meanwhile."""
    return asyncio.run(_serve(tree, state / "service"))


async def _serve(tree: Path, folder: Path) -> dict[str, Any]:
    from claudetask_core.schemas.search import SearchQuery  # noqa: PLC0415 — as above
    from claudetask_core.services.search import SearchService  # noqa: PLC0415 — as above

    async def root() -> Path:
        return tree

    service = SearchService(
        root=root, folder=folder, max_file_bytes=LARGEST, exclude=(), watch=True
    )
    began = time.perf_counter()
    building = await _blocked(service.wait)
    seconds = time.perf_counter() - began
    times: list[float] = []

    async def asking() -> None:
        for text in (*questions(ASKED), *questions(ASKED)):
            began = time.perf_counter()
            await service.search(SearchQuery(query=text, top_k=10))
            times.append(time.perf_counter() - began)

    answering = await _blocked(asking)
    await service.close()
    return {
        "seconds": round(seconds, 1),
        "loop_blocked_building_ms": _longest(building),
        "loop_blocked_answering_ms": _longest(answering),
        "first_ms": round(times[0] * MILLI, 1),
        **_spread(times[ASKED:]),
    }


def _longest(blocks: list[float]) -> dict[str, float]:
    ordered = sorted(blocks)
    return {
        "longest": round(ordered[-1] * MILLI, 1),
        "p99.9": round(ordered[int(len(ordered) * 0.999)] * MILLI, 1),
    }


async def _blocked(work: Callable[[], Awaitable[object]]) -> list[float]:
    """How much later than due each tick of the event loop came while something was done."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - due)

    ticker = asyncio.create_task(tick())
    try:
        await work()
    finally:
        ticker.cancel()
    return late


PARTS: Final[dict[str, Callable[[Path, Path, int], dict[str, Any]]]] = {
    "index": index,
    "ask": ask,
    "serve": serve,
}


def _measured(part: str, tree: Path, state: Path, workers: int) -> dict[str, Any]:
    """One part in a process of its own, and the most memory it had, with its workers."""
    command = [sys.executable, __file__, str(state.parent), "--part", part]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.PIPE, text=True
    )
    watch = Watch(process.pid)
    output, _ = process.communicate()
    peak = watch.end()
    if process.returncode != 0:
        raise SystemExit(f"{part} failed on {tree}.")
    return {**json.loads(output), "peak_mb_all_processes": round(peak / MEGA, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    tree, state = arguments.folder / "tree", arguments.folder / "state"
    if arguments.part is not None:
        json.dump(PARTS[arguments.part](tree, state, arguments.workers), sys.stdout)
        return
    made = make_tree(tree, arguments.files, arguments.megabytes * 1_000_000)
    print(f"tree: {made}", flush=True)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    report: dict[str, Any] = {"tree": made}
    for part in PARTS:
        report[part] = _measured(part, tree, state, arguments.workers)
        print(f"{part}: {json.dumps(report[part])}", flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report, indent=1), "utf-8")


if __name__ == "__main__":
    main()
