import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search import code_index as index_module
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index import access, building, connection, turns
from claudetask_core.search.index.analysis import Analyser
from claudetask_core.search.index.connection import IndexDamaged, IndexUnavailable
from claudetask_core.search.index.rows import Entry
from claudetask_core.search.index.store import Store
from claudetask_core.search.tree import reading
from claudetask_core.search.tree.reading import look, read, split_lines
from claudetask_core.stopping import Stopped
from tests.core.search.trees import LIMITER, PARSER, Tree


def test_a_hit_tells_its_lines_its_symbol_and_why(sample: Tree) -> None:
    hit = sample.ask("RateLimiter")[0]
    assert hit.path == "src/limiter.py"
    assert hit.text == "\n".join(LIMITER.split("\n")[hit.start_line - 1 : hit.end_line])
    assert (hit.language, hit.truncated) == ("python", False)
    assert hit.why == "defines RateLimiter; path matches limiter; text: rate, limiter"
    assert 0 < hit.score <= 1


def test_a_name_that_words_make_together_is_told_as_they_were_written(sample: Tree) -> None:
    assert sample.ask("a Rate limiter")[0].why.startswith("defines Rate limiter; ")


def test_a_question_in_words_finds_the_file_that_answers_it(sample: Tree) -> None:
    assert sample.paths("how is a header line parsed")[0] == "src/http/parser.py"
    assert sample.paths("rate limiting of callers")[0] == "src/limiter.py"


def test_a_change_is_seen_by_the_next_question_after_a_refresh(sample: Tree) -> None:
    sample.write("src/http/parser.py", PARSER.replace("parse_header", "split_cookie"))
    assert sample.index.refresh()
    assert sample.ask("split_cookie")[0].symbol == "split_cookie"
    assert all("parse_header" not in hit.text for hit in sample.ask("parse_header"))


def test_a_refresh_without_changes_changes_nothing(sample: Tree) -> None:
    assert not sample.index.refresh()


def test_a_file_written_this_very_moment_is_looked_at_again(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_TICK_NS", 3600 * 10**9)
    file = tree.root / "now.py"
    file.write_text("alpha = 1\n", encoding="utf-8")
    tree.index.refresh()
    now = file.stat().st_mtime_ns
    file.write_text("gamma = 1\n", encoding="utf-8")
    os.utime(file, ns=(now, now))
    tree.index.refresh()
    assert tree.paths("gamma") == ["now.py"]


def test_an_edit_of_the_same_size_whose_time_was_put_back_is_noticed(sample: Tree) -> None:
    file = sample.root / "src/limiter.py"
    before = file.stat()
    with file.open("r+", encoding="utf-8") as handle:
        handle.write(LIMITER.replace("RateLimiter", "XateLimiter"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sample.index.refresh()
    assert sample.paths("XateLimiter")[0] == "src/limiter.py"


def test_a_deleted_file_is_found_no_more(sample: Tree) -> None:
    (sample.root / "src/limiter.py").unlink()
    sample.index.refresh()
    assert "src/limiter.py" not in sample.paths("RateLimiter token bucket")
    assert sample.index.progress.total == 2


def test_no_hit_shows_lines_that_differ_from_the_file_now(sample: Tree) -> None:
    """Even where size, time and inode are those of the indexed file."""
    file = sample.root / "src/limiter.py"
    before = file.stat()
    shifted = LIMITER.replace("RateLimiter", "XateLimiter").replace("A token", "B token")
    with file.open("r+", encoding="utf-8") as handle:
        handle.write(shifted)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    for hit in sample.ask("RateLimiter token"):
        lines = (sample.root / hit.path).read_text(encoding="utf-8").split("\n")
        assert hit.text == "\n".join(lines[hit.start_line - 1 : hit.end_line])
    assert sample.ask("XateLimiter")[0].symbol == "XateLimiter"


def test_an_edit_without_a_refresh_is_answered_from_the_new_lines(sample: Tree) -> None:
    sample.write("src/limiter.py", "# one\n# two\n# three\n" + LIMITER)
    hit = sample.ask("acquire_token")[0]
    lines = ("# one\n# two\n# three\n" + LIMITER).split("\n")
    assert hit.text == "\n".join(lines[hit.start_line - 1 : hit.end_line])
    (sample.root / "src/limiter.py").unlink()
    assert "src/limiter.py" not in sample.paths("acquire_token")


def test_a_stale_hit_is_left_out_where_another_process_keeps_writing(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Store, *_: object) -> None:
        raise IndexUnavailable("busy")

    sample.write("src/limiter.py", "RateLimiter = None\n")
    monkeypatch.setattr(Store, "write", busy)
    assert "src/limiter.py" not in sample.paths("RateLimiter")
    assert "README.md" in sample.paths("parses headers")


def test_a_touched_file_is_not_analysed_again(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(sample.root / "src/limiter.py", ns=(1, 1))
    monkeypatch.setattr(Analyser, "analyse", None)
    assert not sample.index.refresh()
    monkeypatch.setattr(building, "read", None)
    assert not sample.index.refresh()
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"


def test_a_damaged_index_is_made_anew(sample: Tree) -> None:
    sample.index.close()
    sample.database.write_bytes(b"this is no database at all" * 500)
    sample.index = sample.another()
    sample.index.refresh()
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"


def test_damage_that_shows_later_is_mended_too(sample: Tree) -> None:
    with sqlite3.connect(sample.database) as other:
        other.execute("DROP TABLE postings")
    other.close()
    assert sample.ask("RateLimiter") == []
    sample.index.refresh()
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"


def test_damage_in_the_middle_of_a_refresh_still_ends_with_a_whole_index(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.write("src/new.py", "def brand_new(): pass\n")
    real = Store.write
    broken = iter([True])

    def break_once(self: Store, *arguments: object) -> None:
        if next(broken, False):
            raise IndexDamaged("torn page")
        real(self, *arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] — passed through

    monkeypatch.setattr(Store, "write", break_once)
    sample.index.refresh()
    assert sample.paths("brand_new")[0] == "src/new.py"
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"


def test_an_index_that_stays_damaged_is_said_to_be(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(self: Store, _: str) -> None:
        raise IndexDamaged("torn page")

    monkeypatch.setattr(Store, "postings", damaged)
    with pytest.raises(IndexUnavailable) as failure:
        sample.ask("RateLimiter")
    assert failure.value.code == "index_unavailable"


def test_an_index_of_another_format_is_made_anew_and_not_called_damaged(
    sample: Tree, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sample.index.close()
    monkeypatch.setattr(connection, "FORMAT", 99)
    with caplog.at_level("INFO"):
        sample.index = sample.another()
        sample.index.refresh()
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"
    (said,) = [one for one in caplog.records if "made anew" in one.message]
    assert said.levelname == "INFO"
    assert "another version of the program" in said.message
    assert "damaged" not in said.message


def test_a_deleted_index_is_rebuilt_by_the_process_that_had_it_open(sample: Tree) -> None:
    access.delete(sample.database)
    sample.index.refresh()
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"


def test_two_processes_on_one_index_see_each_others_work(sample: Tree) -> None:
    other = sample.another()
    assert other.ask(SearchQuery(query="RateLimiter"))[0].path == "src/limiter.py"
    sample.write("src/extra.py", "def extra_thing(): pass\n")
    sample.write("src/limiter.py", "nothing = 1\n")
    other.refresh()
    assert sample.paths("extra_thing") == ["src/extra.py"]
    assert "src/limiter.py" not in sample.paths("token bucket")
    other.close()


def test_a_second_open_of_a_fresh_index_reads_no_file(
    sample: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sample.another()
    monkeypatch.setattr(building, "read", None)
    assert not other.refresh()
    assert other.progress.complete == 1.0
    other.close()


def test_a_big_build_waits_for_the_process_that_builds_already(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_FEW", 0)
    monkeypatch.setattr(turns, "POLL_SECONDS", 0.01)
    tree.write("a.py", "def alpha(): pass\n")
    tree.database.parent.mkdir()
    asked = 0

    def stop_at_the_tenth() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    lock = FileLock(tree.database.with_name("index.db.lock"), thread_local=False)
    with lock, pytest.raises(Stopped):
        tree.index.refresh(stop_at_the_tenth)
    tree.index.refresh()
    assert tree.paths("alpha") == ["a.py"]


def test_a_builder_that_makes_no_progress_is_not_waited_for(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_FEW", 0)
    monkeypatch.setattr(turns, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
    tree.write("a.py", "def alpha(): pass\n")
    tree.database.parent.mkdir()
    with FileLock(tree.database.with_name("index.db.lock")):
        tree.index.refresh()
    assert tree.paths("alpha") == ["a.py"]


PROCESS = """
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any
from claudetask_core.search.index.connection import IndexDamaged, IndexUnavailable
from claudetask_core.search.code_index import CodeIndex
index = CodeIndex(Path(sys.argv[1]), Path(sys.argv[2]), max_file_bytes=100_000)
index.refresh()
print(index.progress.fresh)
"""


def test_three_processes_that_build_at_once_all_end_with_the_whole_tree(tree: Tree) -> None:
    for number in range(120):
        tree.write(f"f{number}.py", f"def function_{number}(): pass\n")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tree.root), str(tree.database)],
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    assert [process.communicate(timeout=30)[0] for process in processes] == [b"120\n"] * 3
    assert tree.paths("function_77")[0] == "f77.py"


def test_readers_carry_on_while_another_process_writes(sample: Tree) -> None:
    other = sqlite3.connect(sample.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert sample.paths("RateLimiter")[0] == "src/limiter.py"
    other.execute("ROLLBACK")
    other.close()


def test_a_build_that_is_stopped_keeps_what_it_has_and_goes_on_later(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_BATCH_FILES", 2)
    for number in range(9):
        tree.write(f"f{number}.py", f"def function_{number}(): pass\n")
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 15

    with pytest.raises(Stopped):
        tree.index.refresh(stop)
    assert 0 < tree.index.progress.complete < 1
    tree.index.refresh()
    assert tree.index.progress.complete == 1.0
    assert tree.paths("function_8")[0] == "f8.py"


def test_a_small_part_of_a_large_tree_can_be_found_first(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_FIRST_BATCH", 200)
    for number in range(64):
        tree.write(f"f{number:02}.py", f"def function_{number}(): pass\n" * 2)
    written: list[int] = []
    write = Store.write

    def counted(store: Store, entries: Collection[Entry], *rest: Any) -> None:
        write(store, entries, *rest)
        written.append(len(entries))

    monkeypatch.setattr(Store, "write", counted)
    tree.index.refresh()
    assert sum(written) == 64
    assert written[0] < 8
    assert written[:-1] == sorted(written[:-1])
    assert written[-2] > 3 * written[0]


def test_the_index_file_and_its_folder_are_private(sample: Tree) -> None:
    assert stat.S_IMODE(sample.database.parent.stat().st_mode) == 0o700
    for file in sample.database.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_folder_that_cannot_be_written_is_said_in_words(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    index = CodeIndex(tree.root, tmp_path / "file" / "index.db", max_file_bytes=10)
    with pytest.raises(IndexUnavailable) as failure:
        index.refresh()
    assert failure.value.next_step


def test_a_closed_index_says_so(sample: Tree) -> None:
    sample.index.close()
    with pytest.raises(IndexUnavailable):
        sample.index.refresh()


def test_files_over_the_limit_and_binaries_are_left_out(tree: Tree) -> None:
    tree.write("big.py", "needle = 1\n" * 20_000)
    tree.write("small.py", "needle = 1\n")
    (tree.root / "data.txt").write_bytes(b"needle\0needle")
    tree.index.refresh()
    assert tree.paths("needle") == ["small.py"]
    assert not tree.index.refresh()
    tree.write("small.py", "needle = 1\n" * 20_000)
    assert tree.paths("needle") == []
    assert not tree.index.refresh()


def _nothing(*_: object) -> None:
    return None


def test_an_unreadable_file_is_passed_over(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("a.py", "needle = 1\n")
    monkeypatch.setattr(building, "read", _nothing)
    tree.index.refresh()
    assert tree.index.progress.complete == 1.0
    assert tree.ask("needle") == []


def test_odd_encodings_and_line_ends_count_lines_as_editors_do(tree: Tree) -> None:
    (tree.root / "latin.py").write_bytes(b"# caf\xe9\r\ndef needle():\r\n    pass\r\n")
    tree.index.refresh()
    hit = tree.ask("needle")[0]
    assert (hit.start_line, hit.end_line) == (1, 3)
    assert split_lines(b"a\rb\nc") == ["a", "b", "c"]
    assert split_lines(b"") == []


def test_only_regular_files_inside_the_root_are_read(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("x", encoding="utf-8")
    (tree.root / "folder").symlink_to(tmp_path)
    (tree.root / "sub").mkdir()
    os.mkfifo(tree.root / "pipe")
    assert read(tree.root, "folder/outside.py", 100) is None
    assert read(tree.root, "../outside.py", 100) is None
    assert read(tree.root, "sub", 100) is None
    assert read(tree.root, "pipe", 100) is None
    assert read(tree.root, "nul\0.py", 100) is None
    assert read(tree.root, "/etc/passwd", 100) is None
    assert read(tree.root, "sub//../pipe", 100) is None
    assert look(str(tree.root / "nul\0.py")) is None


def test_a_path_of_any_depth_is_looked_at(tree: Tree) -> None:
    assert read(tree.root, f"{'d/' * 1500}a.py", 100) is None


def test_a_computed_key_over_lines_does_no_harm_to_the_index(tree: Tree) -> None:
    body = "    const value = 1;\n" * 60
    tree.write(
        "odd.js",
        f"module.exports = {{\n  [[\n\t'a',\n\t'b',\n  ]]() {{\n{body}  }},\n"
        f"  ['{'k' * 5000}'] () {{\n{body}  }},\n}};\n",
    )
    tree.index.refresh()
    hits = tree.ask("value")
    assert hits
    assert all(hit.path == "odd.js" and len(hit.symbol or "") <= 200 for hit in hits)
