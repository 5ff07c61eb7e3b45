"""What is done for questions while nobody waits: their answers are the same before and after."""

import sqlite3
import threading

import pytest

from claudetask_core.search import code_index as index_module
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index import merging
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.workers import Processes
from claudetask_core.search.ranking import asking
from tests.core.search.projects import SECONDS, Project
from tests.core.search.trees import LIMITER, Tree

BATCHES = 13


def segments(tree: Tree) -> int:
    connection = sqlite3.connect(tree.database)
    try:
        return connection.execute("SELECT COUNT(*) FROM segments").fetchone()[0]
    finally:
        connection.close()


def postings(tree: Tree) -> dict[str, bytes]:
    """All that is kept of each term, in whatever segments."""
    connection = sqlite3.connect(tree.database)
    found: dict[str, bytes] = {}
    try:
        for term, data in connection.execute("SELECT term, data FROM postings ORDER BY segment"):
            found[term] = found.get(term, b"") + data
    finally:
        connection.close()
    return found


def fill(tree: Tree, batches: int = BATCHES) -> None:
    """Has files indexed one by one, so that each is a batch."""
    for number in range(batches):
        tree.write(f"part{number}/limiter{number}.py", LIMITER.replace("rate", f"rate{number}"))
        tree.index.refresh()


def hits(tree: Tree) -> list[tuple[str, int, float]]:
    return [(hit.path, hit.start_line, hit.score) for hit in tree.ask("acquire a token at rate7")]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes every batch for a whole one."""
    monkeypatch.setattr(merging, "_SMALL", -1)


@pytest.mark.usefixtures("large")
def test_batches_are_brought_together_when_nobody_waits(tree: Tree) -> None:
    fill(tree)
    before = hits(tree)
    assert segments(tree) == BATCHES
    while tree.index.settle():
        pass
    assert segments(tree) == 1
    assert hits(tree) == before
    assert before[0][0] == "part7/limiter7.py"


@pytest.mark.usefixtures("large")
def test_a_merge_of_a_part_of_the_terms_at_a_time_loses_none(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("letters.py", "\u00e4rger = \u65e5\u672c\u8a9e = zebra = \U0001f600\n")
    fill(tree)
    before = postings(tree)
    monkeypatch.setattr(merging, "_AT_ONCE", 3)
    while tree.index.settle():
        pass
    assert segments(tree) == 1
    assert postings(tree) == before


@pytest.mark.usefixtures("large")
def test_more_batches_than_a_question_should_look_into_do_not_wait(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MANY", 4)
    fill(tree)
    assert segments(tree) < BATCHES // 2
    assert hits(tree)[0][0] == "part7/limiter7.py"


@pytest.mark.usefixtures("large")
def test_no_segment_grows_beyond_what_is_written_in_about_a_second(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tree)
    before = hits(tree)
    each = tree.index.progress.chunks // BATCHES
    monkeypatch.setattr(merging, "_LARGEST", 3 * each)
    while tree.index.settle():
        pass
    assert 5 <= segments(tree) < BATCHES
    assert hits(tree) == before


def test_small_batches_of_edits_do_not_wait(tree: Tree) -> None:
    fill(tree)
    assert segments(tree) < merging.FAN + 2


def test_settling_ends_and_goes_on_after_a_change(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_AT_ONCE", 4)
    fill(tree)
    steps = 0
    while tree.index.settle():
        steps += 1
    assert steps >= BATCHES // 4
    assert not tree.index.settle()
    tree.write("late/limiter.py", LIMITER)
    tree.index.refresh()
    assert not tree.index.settle()  # one step does all
    assert "late/limiter.py" in tree.paths("acquire token")


async def test_no_question_waits_for_settling_or_fails_with_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    settling, let = threading.Event(), threading.Event()

    def stuck(_: CodeIndex) -> bool:
        settling.set()
        assert let.wait(SECONDS)
        raise IndexUnavailable("The disk is full.", next_step="Make room.")

    monkeypatch.setattr(CodeIndex, "settle", stuck)
    assert (await project.service.wait()).state == "ready"
    assert await project.paths("RateLimiter") == ["limiter.py"]
    let.set()
    assert await project.paths("RateLimiter") == ["limiter.py"]


def test_the_processes_of_a_large_build_end_with_it(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_FEW", 0)
    monkeypatch.setattr(index_module, "_LARGE", 1)
    monkeypatch.setattr(index_module, "_QUICK", 0)
    index = CodeIndex(sample.root, sample.database, max_file_bytes=100_000, workers=2)
    sample.write("late/limiter.py", LIMITER)
    try:
        assert index.refresh()
        assert index.processes is not None
        assert index.processes.running == []
        assert "late/limiter.py" in sample.paths("acquire token")
    finally:
        index.close()


def test_all_processes_start_before_there_is_work_for_them() -> None:
    processes = Processes(2)
    try:
        processes.start()
        processes.submit([]).result(SECONDS)  # waits for a process
        assert len(processes.running) == 2
        first = {process.pid for process in processes.running}
        processes.start()
        processes.submit([]).result(SECONDS)
        assert {process.pid for process in processes.running} == first
        processes.rest()
        assert processes.running == []
        processes.rest()
        processes.submit([]).result(SECONDS)
        assert len(processes.running) == 1
    finally:
        processes.close()
