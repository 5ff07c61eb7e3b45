"""The code index on a large tree: 50,000 files and 500 MB of made-up code in a git repository.

    python bench/big_tree.py FOLDER [--files 50000] [--megabytes 500] [--workers 2] [--json FILE]

The tree is made in FOLDER/tree once and used again. Its text is drawn from a seed: identifiers
of one to three words, as frequent as Zipf's law says, in the syntax of several languages, ten
levels of folders deep. Two processes measure, one after the other: the service, which indexes
from nothing, is asked, and is asked for what was written right before, with a ticker in its event
loop; then a new start on the finished index. Times of questions hold the look for changes.
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
WRITTEN: Final = 20


def _spread(times: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(times) * MILLI, 2),
        "max_ms": round(max(times) * MILLI, 2),
    }


def start(tree: Path, state: Path, workers: int) -> dict[str, Any]:
    """Opens what is there, asks, and looks around the tree."""
    from claudetask_core.schemas.search import SearchQuery  # noqa: PLC0415 — in the child alone
    from claudetask_core.search.code_index import CodeIndex  # noqa: PLC0415 — as above
    from claudetask_core.search.vectors.table import Table  # noqa: PLC0415 — as above

    began = time.perf_counter()
    code = CodeIndex(
        tree, state / "index.db", max_file_bytes=LARGEST, workers=workers, table=Table.load()
    )
    code.ask(SearchQuery(query=questions(1)[0], top_k=10))
    first = time.perf_counter() - began
    began = time.perf_counter()
    code.refresh()
    again = time.perf_counter() - began
    progress = code.progress
    code.close()
    size = sum(path.stat().st_size for path in state.iterdir())
    return {
        "first_answer_ms": round(first * MILLI, 1),
        "look_around_ms": round(again * MILLI, 1),
        "files": progress.total,
        "chunks": progress.chunks,
        "index_mb": round(size / MEGA, 1),
    }


def serve(tree: Path, state: Path, workers: int) -> dict[str, Any]:
    """Has the service index from nothing, then asks it; a ticker watches its event loop."""
    return asyncio.run(_serve(tree, state, workers))


async def _serve(tree: Path, folder: Path, workers: int) -> dict[str, Any]:
    from claudetask_core.schemas.search import SearchQuery  # noqa: PLC0415 — as above
    from claudetask_core.services.code.embedding import Embedding  # noqa: PLC0415 — as above
    from claudetask_core.services.code.search import SearchService  # noqa: PLC0415 — as above

    async def root() -> Path:
        return tree

    service = SearchService(
        root=root,
        folder=folder,
        max_file_bytes=LARGEST,
        exclude=(),
        watch=True,
        embedding=Embedding("table"),
        workers=workers,
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

    written: list[float] = []
    seen: list[bool] = []

    async def writing() -> None:
        for number in range(WRITTEN):
            name = f"fresh_thing_{number}"
            file = tree / f"fresh_{number}.py"
            file.write_text(f"def {name}():\n    return {number}\n", "utf-8")
            began = time.perf_counter()
            answer = await service.search(SearchQuery(query=name, top_k=10))
            written.append(time.perf_counter() - began)
            seen.append(any(hit.path == file.name for hit in answer.results))
            file.unlink()

    answering = await _blocked(asking)
    after_writing = await _blocked(writing)
    await service.close()
    return {
        "seconds": round(seconds, 1),
        "loop_blocked_building_ms": _longest(building),
        "loop_blocked_answering_ms": _longest(answering),
        "loop_blocked_after_writing_ms": _longest(after_writing),
        "first_ms": round(times[0] * MILLI, 1),
        **_spread(times[:ASKED]),
        "asked_again": _spread(times[ASKED:]),
        "just_written": {**_spread(written), "seen": sum(seen)},
    }


def _longest(blocks: list[float]) -> dict[str, float]:
    ordered = sorted(blocks)
    return {
        "longest": round(ordered[-1] * MILLI, 1),
        "p99.9": round(ordered[int(len(ordered) * 0.999)] * MILLI, 1),
    }


async def _blocked(work: Callable[[], Awaitable[object]]) -> list[float]:
    """How much later than due each tick of the event loop came while something was done.

    Counted is no more than what this process had of the processor meanwhile: the rest of the
    time others had it, who are none of ours.
    """
    late: list[float] = []

    async def tick() -> None:
        while True:
            due, used = time.perf_counter() + TICK, time.process_time()
            await asyncio.sleep(TICK)
            late.append(min(time.perf_counter() - due, time.process_time() - used))

    ticker = asyncio.create_task(tick())
    try:
        await work()
    finally:
        ticker.cancel()
    return late


PARTS: Final[dict[str, Callable[[Path, Path, int], dict[str, Any]]]] = {
    "serve": serve,
    "start": start,
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
    return {
        **json.loads(output),
        "peak_mb_all_processes": round(peak / MEGA, 1),
    }


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
