import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search import code_index as index_module
from claudetask_core.search.chunks.syntax_grammars import is_heavy
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index import building, worker
from claudetask_core.search.index.analysis import Analyser, Batch, Source
from claudetask_core.search.index.building import Builder
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.store import Store
from claudetask_core.search.index.workers import Inline, Processes, WorkerEnded
from tests.core.search.trees import LIMITER, PARSER, Tree

SECONDS = 30
COMMAND = "claudetask_core.search.index.workers._COMMAND"
SOURCES = [Source("limiter.py", LIMITER.encode()), Source("parser.py", PARSER.encode())]


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(2)
    yield made
    made.close()


def ids(processes: Processes) -> list[int]:
    return [process.pid for process in processes.running]


def same(one: Batch, other: Batch) -> bool:
    return one.blobs == other.blobs and one.segment.terms == other.segment.terms


def test_a_process_analyses_as_this_one_does_and_serves_again(processes: Processes) -> None:
    expected = Analyser().analyse(SOURCES)
    assert same(processes.submit(SOURCES).result(SECONDS), expected)
    first = ids(processes)
    assert same(processes.submit(SOURCES).result(SECONDS), expected)
    assert ids(processes) == first
    assert len(first) == 1


def test_a_process_that_has_ended_meanwhile_is_replaced(processes: Processes) -> None:
    processes.submit(SOURCES).result(SECONDS)
    first = ids(processes)
    os.kill(first[0], signal.SIGKILL)
    os.waitpid(first[0], 0)
    assert processes.submit(SOURCES).result(SECONDS).chunks > 0
    assert ids(processes) != first


AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from claudetask_core.search.index.analysis import Source
from claudetask_core.search.index.workers import Inline

sys.setswitchinterval(1e-5)
texts = [
    "".join(f"class C{n}:\\n    def f{n}_{m}(self):\\n        return g{m}\\n" for m in range(200))
    for n in range(20)
]
sources = [Source(f"m{n}.py", text.encode()) for n, text in enumerate(texts)]
alone = [Inline().submit([source]).result() for source in sources]
shared = Inline()
with ThreadPoolExecutor(4) as threads:
    found = list(threads.map(lambda source: shared.submit([source]).result(), sources))
for one, other in zip(found, alone, strict=True):
    assert one.blobs == other.blobs
    assert list(one.segment.rows(0)) == list(other.segment.rows(0))
"""


def test_threads_that_analyse_at_once_get_what_each_alone_gets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE], check=False, capture_output=True, timeout=SECONDS
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_idle_process_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    answers = io.BytesIO()
    with os.fdopen(reading, "rb") as requests, os.fdopen(writing, "wb"):
        monkeypatch.setattr(worker, "IDLE_SECONDS", 0.0)
        worker.serve(requests, answers, Analyser())
    assert answers.getvalue() == b""


def test_processes_that_are_being_started_when_the_work_is_done_end_too(
    processes: Processes,
) -> None:
    processes.start()
    processes.rest()
    assert processes.submit(SOURCES).result(SECONDS).chunks > 0
    assert len(ids(processes)) == 1


def test_a_process_that_is_busy_keeps_none_from_being_started(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    start = processes._started  # pyright: ignore[reportPrivateUsage] — to see that one is busy

    def started() -> object:
        made = start()
        begun.set()
        return made

    with monkeypatch.context() as stuck:
        stuck.setattr(COMMAND, ("sleep", "600"))
        stuck.setattr(processes, "_started", started)
        busy = processes.submit(SOURCES)
        assert begun.wait(SECONDS)
    processes.start()
    assert processes.submit(SOURCES).result(SECONDS).chunks > 0
    processes.close()
    with pytest.raises(WorkerEnded):
        busy.result(SECONDS)


def test_closed_processes_start_no_other(processes: Processes) -> None:
    processes.close()
    with pytest.raises((WorkerEnded, RuntimeError)):
        processes.submit(SOURCES).result(SECONDS)


FALLS = (
    "import pickle, sys\n"
    "from claudetask_core.search.index.worker import GREETING\n"
    "pickle.dump(GREETING, sys.stdout.buffer); sys.stdout.flush(); pickle.load(sys.stdin.buffer)"
)
OTHER = "import pickle, sys; pickle.dump(('0.0.1', 1), sys.stdout.buffer)"


def test_files_that_end_their_process_are_told_apart_from_an_end_by_idleness(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(COMMAND, (sys.executable, "-c", FALLS))
    with pytest.raises(WorkerEnded):
        processes.submit(SOURCES).result(SECONDS)
    assert ids(processes) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("false",), "No process that analyses files can be started: "),
        (("/nowhere/python",), "No process that analyses files can be started: "),
        ((sys.executable, "-c", OTHER), "it is of another version"),
    ],
    ids=["ends at once", "is not there", "is of another version"],
)
def test_a_process_that_never_gets_ready_is_no_fault_of_the_files(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], said: str
) -> None:
    """As after an upgrade, when the server that was there before goes on."""
    monkeypatch.setattr(index_module, "_QUICK", 10)
    index = CodeIndex(tree.root, tree.database, max_file_bytes=100_000, workers=2)
    tree.write("a.py", LIMITER)
    with monkeypatch.context() as broken:
        broken.setattr(COMMAND, command)
        for _ in range(3):
            with pytest.raises(IndexUnavailable, match=said):
                index.refresh()
    assert index.processes is not None
    assert ids(index.processes) == []
    index.refresh()
    assert index.ask(SearchQuery(query="RateLimiter"))[0].path == "a.py"
    index.close()


def test_a_server_that_was_upgraded_says_why_it_analyses_nothing(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(COMMAND, ("false",))
    monkeypatch.setattr("claudetask_core.replaced._FILE", "/nowhere/__init__.py")
    with pytest.raises(IndexUnavailable, match=r"upgraded or removed .* /mcp, reconnect"):
        processes.submit(SOURCES).result(SECONDS)


STUCK = """
import io, os, pickle, sys
from claudetask_core.search.index import worker
from claudetask_core.search.index.analysis import Source

class Stuck:
    def analyse(self, sources):
        while sources:
            pass

worker.SECONDS = 0.2
reading, writing = os.pipe()
os.write(writing, pickle.dumps([]) + pickle.dumps([Source("a.py", b"")]))
worker.serve(os.fdopen(reading, "rb", 0), sys.stdout.buffer, Stuck())
"""


def test_a_request_that_is_never_done_ends_its_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, timeout=SECONDS, check=False
    )
    assert done.returncode == -signal.SIGVTALRM
    assert done.stdout == pickle.dumps(None, pickle.HIGHEST_PROTOCOL)  # the one before it


class Fragile(Inline):
    """Ends with files that hold a certain word."""

    def submit(self, sources: Sequence[Source]) -> "Future[Batch]":
        if any(b"poison" in source.data for source in sources):
            ended: Future[Batch] = Future()
            ended.set_exception(WorkerEnded("killed"))
            return ended
        return super().submit(sources)


def test_a_file_that_ends_every_process_is_left_out_and_not_tried_again(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("good.py", LIMITER)
    tree.write("bad.py", "poison = 1\n")
    monkeypatch.setattr(tree.index, "_inline", Fragile())
    tree.index.refresh()
    assert tree.paths("RateLimiter poison") == ["good.py"]
    assert tree.index.progress.complete == 1.0
    monkeypatch.setattr(Builder, "build", None)
    assert not tree.index.refresh()


def test_much_is_analysed_by_processes_and_little_here(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = CodeIndex(tree.root, tree.database, max_file_bytes=100_000, workers=2)
    tree.write("a.py", LIMITER)
    index.refresh()
    assert index.processes is not None
    assert ids(index.processes) == []
    monkeypatch.setattr(index_module, "_QUICK", 10)
    tree.write("b.py", PARSER)
    index.refresh()
    assert len(ids(index.processes)) == 1
    assert index.ask(SearchQuery(query="parse_header"))[0].path == "b.py"
    index.close()


def test_what_cannot_be_written_is_indexed_once_it_can_be(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk, however often that was tried meanwhile."""
    index = CodeIndex(tree.root, tree.database, max_file_bytes=100_000, workers=2)
    monkeypatch.setattr(index_module, "_LITTLE", 10)
    monkeypatch.setattr(index_module, "_LARGE", 10)
    monkeypatch.setattr(building, "_BATCH_FILES", 1)
    for number in range(8):
        tree.write(f"{number}.py", f"def number_{number}(): pass\n")

    def full(*_: object) -> None:
        raise IndexUnavailable("The disk is full.")

    assert index.processes is not None
    with monkeypatch.context() as broken:
        broken.setattr(Store, "write", full)
        for _ in range(5):
            with pytest.raises(IndexUnavailable):
                index.refresh()
    index.refresh()
    assert index.progress.complete == 1.0
    assert index.ask(SearchQuery(query="number_7"))[0].path == "7.py"
    index.close()


def test_what_ended_a_process_is_not_analysed_here_once_it_is_changed(tree: Tree) -> None:
    index = CodeIndex(tree.root, tree.database, max_file_bytes=100_000, workers=2)
    tree.write("a.py", LIMITER)
    tree.write("b.py", "\0")
    index.refresh()
    assert index.processes is not None
    tree.write("a.py", PARSER)
    index.refresh()
    assert ids(index.processes) == []
    tree.write("b.py", "def late():\n    pass\n")
    index.refresh()
    assert len(ids(index.processes)) == 1
    assert index.ask(SearchQuery(query="late"))[0].path == "b.py"
    index.close()


@pytest.mark.parametrize(
    ("path", "heavy"),
    [("a.cpp", True), ("a.h", True), ("a.pl", True), ("a.py", False), ("LICENSE", False)],
)
def test_a_grammar_that_takes_long_to_load_is_heavy(path: str, *, heavy: bool) -> None:
    assert is_heavy(path) is heavy
