"""Has the code index go through what a working day does to it, and worse, and checks it.

    python bench/index_soak.py edits [--steps 1000] [--seed N]
    python bench/index_soak.py kills [--times 50] [--seed N]
    python bench/index_soak.py crowd [--steps 1000] [--seed N]

`edits`: two processes write, rename and delete files of one repository and switch its branches
at random, and ask meanwhile. No hit may show lines that its file does not have, and in the end
the index must equal one that is made anew, down to each posting.

`kills`: an indexer is killed (SIGKILL) at a random moment, again and again. After each the file
must be sound and be the same, the next start must end complete, and in the end all must be equal.

`crowd`: four ask one service, as sessions do a server, while files are edited at random. Its
process must not end before they do, and in the end the index must equal one that is made anew.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from filelock import FileLock

from bench.soak.compare import difference, is_sound
from bench.soak.repository import Repository
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index.files import file_in
from claudetask_core.services.code.search import SearchService

LARGEST: Final = 1_000_000
FILES: Final = 60
TOP: Final = 20
KILLED_FILES: Final = 240
SECONDS: Final = 600
ASKERS: Final = 4
LONG: Final = 1_500
"""Parts of a file that takes a while to analyse, so that two are likely to be analysed at once."""


def index_of(root: Path, database: Path, *, workers: int = 0, watch: bool = False) -> CodeIndex:
    return CodeIndex(root, database, max_file_bytes=LARGEST, workers=workers, watch=watch)


def edit(root: Path, database: Path, steps: int, seed: int) -> int:
    """One of the two processes; answers how many hits were checked.

    The lock keeps the other from writing between an answer and its check; whatever is indexed
    is indexed outside of it, while the other writes.
    """
    source = random.Random(seed)  # noqa: S311 — which edits
    repository = Repository(root, source)
    index = index_of(root, database, watch=True)
    lock = FileLock(database.with_name("tree.lock"))
    checked = 0
    for _ in range(steps):
        with lock:
            repository.change()
        chance = source.random()
        if chance < 0.4:  # noqa: PLR2004 — as often as not
            if index.catch_up() is None:
                index.refresh()
        elif chance < 0.6:  # noqa: PLR2004 — as above
            index.refresh()
        with lock:
            checked += check(index, root, repository.question())
    index.close()
    return checked


def check(index: CodeIndex, root: Path, question: str) -> int:
    """Compares each hit with its file; answers how many there were.

    Raises:
        SystemExit: A hit shows what its file does not hold.
    """
    hits = index.ask(SearchQuery(query=question, top_k=TOP))
    for hit in hits:
        file = root / hit.path
        lines = file.read_text("utf-8").split("\n") if file.is_file() else []
        if hit.text != "\n".join(lines[hit.start_line - 1 : hit.end_line]):
            raise SystemExit(f"A stale hit: {hit.path}:{hit.start_line} for {question!r}.")
    return len(hits)


def edits(folder: Path, steps: int, seed: int) -> str:
    """Both processes, then the comparison."""
    root, database = folder / "tree", folder / "data" / "index.db"
    Repository(root, random.Random(seed)).make(FILES)  # noqa: S311 — made-up text
    with closing(index_of(root, database)) as index:
        index.refresh()
    children = [
        _child("edit", root, database, steps // 2, seed + number, stdout=subprocess.PIPE)
        for number in (1, 2)
    ]
    outputs = [child.communicate(timeout=SECONDS)[0] for child in children]
    if any(child.returncode for child in children):
        raise SystemExit("A process failed.")
    compared = compare(root, database)
    return f"{steps} edits, {sum(map(int, outputs))} hits checked, none stale; {compared}"


def kills(folder: Path, times: int, seed: int) -> str:
    """Kills and starts again, then the comparison."""
    source = random.Random(seed)  # noqa: S311 — when to kill
    root, database = folder / "tree", folder / "data" / "index.db"
    repository = Repository(root, source)
    repository.make(KILLED_FILES)
    began = time.monotonic()
    build(root, database)
    lasts = time.monotonic() - began
    inode = database.stat().st_ino
    midway = 0
    for _ in range(times):
        repository.rewrite(KILLED_FILES // 2)
        child = _child("build", root, database, stdout=subprocess.DEVNULL)
        time.sleep(source.uniform(0, lasts))  # the moment is what is tried
        midway += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        if not is_sound(database) or database.stat().st_ino != inode:
            raise SystemExit("The index file is damaged.")
        with closing(index_of(root, database)) as index:
            check(index, root, repository.question())
        build(root, database)
    return f"{times} kills, {midway} of them midway; {compare(root, database)}"


def crowd(folder: Path, steps: int, seed: int) -> str:
    """The service and those who ask it, in a process of their own, then the comparison."""
    root, database = folder / "tree", file_in(folder / "data")
    Repository(root, random.Random(seed), LONG).make(FILES)  # noqa: S311 — made-up text
    child = _child("ask", root, database, steps, seed, stdout=subprocess.PIPE)
    output = child.communicate(timeout=SECONDS)[0]
    if child.returncode:
        raise SystemExit(f"The process that was asked ended with {child.returncode}.")
    compared = compare(root, database)
    return f"{steps} edits, {int(output)} questions answered; {compared}"


async def ask(root: Path, folder: Path, steps: int, seed: int) -> int:
    """Edits and asks at once; answers how many questions were answered."""

    async def where() -> Path:
        return root

    service = SearchService(
        root=where, folder=folder, max_file_bytes=LARGEST, exclude=(), watch=True
    )
    repository = Repository(root, random.Random(seed), LONG)  # noqa: S311 — which edits

    def change() -> None:
        for _ in range(steps):
            repository.change()

    async def ask_on(asker: int) -> int:
        words = Repository(root, random.Random(seed + asker))  # noqa: S311 — which words
        answered = 0
        while not editing.done():
            await service.search(SearchQuery(query=words.question(), top_k=TOP))
            answered += 1
        return answered

    await service.wait()
    editing = asyncio.create_task(asyncio.to_thread(change))
    try:
        answered = await asyncio.gather(*(ask_on(asker) for asker in range(ASKERS)))
        await editing
    finally:
        await service.close()
    return sum(answered)


def build(root: Path, database: Path) -> None:
    """Indexes in a process of its own, as the next start does.

    Raises:
        SystemExit: It did not end complete.
    """
    child = _child("build", root, database, stdout=subprocess.PIPE)
    output = child.communicate(timeout=SECONDS)[0]
    if child.returncode or output.strip() != b"1.0":
        raise SystemExit(f"The index did not end complete: {output!r}.")


def compare(root: Path, database: Path) -> str:
    """Brings the index up to date and compares it with one that is made anew.

    Raises:
        SystemExit: They differ.
    """
    fresh = database.with_name("fresh.db")
    for path in (database, fresh):
        with closing(index_of(root, path)) as index:
            index.refresh()
    found = difference(root, database, fresh)
    if found is not None:
        raise SystemExit(f"The index differs from a fresh one: {found}")
    return "the index equals a fresh one"


def _child(
    part: str, root: Path, database: Path, *numbers: int, stdout: int
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.index_soak", part, "--tree", str(root)]
    numbered = [text for name, number in zip(("--steps", "--seed"), numbers, strict=False)
                for text in (name, str(number))]  # fmt: skip
    return subprocess.Popen(
        [*command, "--index", str(database), *numbered],
        stdout=stdout,
        cwd=Path(__file__).parents[1],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("edits", "kills", "crowd", "edit", "ask", "build"))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--tree", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part == "edit":
        print(edit(arguments.tree, arguments.index, arguments.steps, arguments.seed))
    elif arguments.part == "ask":
        tree, folder = arguments.tree, arguments.index.parent
        print(asyncio.run(ask(tree, folder, arguments.steps, arguments.seed)))
    elif arguments.part == "build":
        index = index_of(arguments.tree, arguments.index, workers=min(2, os.cpu_count() or 1))
        index.refresh()
        print(index.progress.complete)
        index.close()
    else:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if arguments.part == "edits":
                print(edits(folder, arguments.steps, arguments.seed))
            elif arguments.part == "crowd":
                print(crowd(folder, arguments.steps, arguments.seed))
            else:
                print(kills(folder, arguments.times, arguments.seed))


if __name__ == "__main__":
    main()
