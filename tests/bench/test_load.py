import asyncio
import os
from pathlib import Path

import pytest

from bench import load
from bench.loading.crowd import crowd
from bench.loading.soak import soak
from bench.loading.watch import Sample, per_minute, report, sample, settled, watch


def test_the_slope_is_that_of_the_line_and_for_a_minute() -> None:
    assert per_minute([0, 10, 20, 30], [5, 6, 7, 8]) == pytest.approx(6)
    assert per_minute([0, 60, 120], [7, 7, 7]) == 0
    assert per_minute([3], [7]) == 0


def test_what_grows_while_caches_fill_is_not_counted() -> None:
    taken = [Sample(at, 1000 + min(at, 25), 10, 4) for at in range(101)]
    assert settled(taken)[0].at == 25
    first, *_, threads, _ = report(taken).splitlines()[1:]
    assert first.split() == ["RSS,", "KB", "1025", "1025", "1025", "+0.00"]
    assert threads.split() == ["threads", "4", "4", "4", "+0.00"]


def test_a_leak_of_memory_and_of_files_is_seen() -> None:
    taken = [Sample(at, 1000 + 2 * at, 10 + at // 30, 4) for at in range(0, 600, 10)]
    memory, files, *_ = report(taken).splitlines()[1:]
    assert memory.endswith("+120.00")
    assert float(files.split()[-1]) == pytest.approx(2, abs=0.1)


def test_a_machine_that_stood_still_is_seen() -> None:
    taken = [Sample(at, 1000, 10, 4, late=28.0 if at == 70 else 0.1) for at in range(0, 600, 10)]
    assert report(taken).splitlines()[-1] == "samples came at most 28.0 s late, 70 s in"


def test_a_process_is_seen_to_open_a_file(tmp_path: Path) -> None:
    before = sample(os.getpid(), 0)
    with (tmp_path / "open").open("w"):
        assert sample(os.getpid(), 1).files == before.files + 1
    assert before.rss > 1000
    assert before.threads >= 1


async def test_samples_are_taken_until_it_is_ended() -> None:
    taken: list[Sample] = []
    watching = asyncio.create_task(watch(os.getpid(), 0.001, taken))
    async with asyncio.timeout(10):
        while len(taken) < 3:  # noqa: ASYNC110 — nothing tells of a sample
            await asyncio.sleep(0)
    watching.cancel()
    assert [one.at for one in taken] == sorted(one.at for one in taken)
    assert all(abs(one.late) < 10 for one in taken)


@pytest.mark.slow
async def test_a_crowd_of_clients_loses_no_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.wait_for(crowd(4, 5, load.floor), 120)
    said = capsys.readouterr().out
    assert "4 clients, wrong: 0, lost writes: 0" in said
    for name in ("echo", "get_task", "update_task", "create_task", "search_codebase"):
        assert name in said


@pytest.mark.slow
async def test_a_short_soak_asks_everything_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await asyncio.wait_for(soak(5, 10, 0.5), 120)
    said = capsys.readouterr().out
    for part in ("RSS, KB", "open files", "threads", "wrong: 0", "lost: 0 tasks, 0 notes"):
        assert part in said
    for kind in ("POST /api/tasks", "search_codebase", "event", "get_prompt", "tools/list"):
        assert f"'{kind}'" in said
