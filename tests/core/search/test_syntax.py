"""Any text is cut in whole, whatever its grammar makes of it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.chunks.chunks import LONGEST, Chunk, cut
from claudetask_core.search.chunks.syntax_grammars import grammars_of
from claudetask_core.search.tree.families import Family
from claudetask_core.search.tree.languages import detect
from claudetask_core.search.tree.reading import split_lines

SOURCES = {
    sample.stem: sample.read_text("utf-8").partition("\n=====\n")[0]
    for sample in sorted((Path(__file__).parent / "definitions").iterdir())
}
PLAIN = {"a.toml": "[a]\nb = 1\n", "a.groovy": "class A {\n  def b() {}\n}\n", "notes": "a\n\nb"}
PATHS = [*SOURCES, *PLAIN]
PIECES = st.one_of(
    st.sampled_from([line for text in SOURCES.values() for line in text.split("\n")]),
    st.text(max_size=30),
    st.sampled_from(["", "   ", "\0", "{", "}", "(((", '"', "/*", "-->", "\u2028λ🦀", "x" * 2000]),
)


def chunks_of(path: str, text: str) -> tuple[list[str], list[Chunk]]:
    lines = split_lines(text.encode("utf-8", "replace"))
    language, family = detect(path, text)
    return lines, cut(lines, family, language=language)


def assert_whole(lines: list[str], chunks: list[Chunk]) -> None:
    covered = [n for chunk in chunks for n in range(chunk.start, chunk.end + 1)]
    assert covered == list(range(1, len(lines) + 1))
    for chunk in chunks:
        held = lines[chunk.start - 1 : chunk.end]
        said = [line for line in held if line]
        assert sum(len(line) + 1 for line in said) <= LONGEST or len(said) == 1
        assert "\n" not in (chunk.symbol or "")
        assert "\t" not in chunk.kind


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_every_line_of_any_source_is_in_exactly_one_chunk(path: str, data: st.DataObject) -> None:
    whole = SOURCES.get(path) or PLAIN[path]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    more = data.draw(st.lists(PIECES, max_size=12))
    at = data.draw(st.integers(0, end - start))
    part = whole[start:end]
    assert_whole(*chunks_of(path, part[:at] + "\n".join(more) + part[at:]))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", ["", "\n", "\n \n\t\n", "x", "\ufeff", "}\n", "é\u2028\x85\x0b"])
def test_a_file_of_next_to_nothing_is_cut(path: str, text: str) -> None:
    assert_whole(*chunks_of(path, text))


@pytest.mark.parametrize("path", ["limiter.py", "types.ts", "ring.c"])
@pytest.mark.parametrize(
    "text",
    ["(" * 100_000, "{\n" * 50_000, "([" * 10_000 + "\n" + "])" * 10_000, "x = 1;\n" * 20_000,
     "\0a" * 5000, '"' * 20_000, "def f(x): class A { function g() }\n" * 1000],
)  # fmt: skip
def test_no_file_takes_long_however_it_is_nested(path: str, text: str) -> None:
    began = time.perf_counter()
    assert_whole(*chunks_of(path, text))
    assert time.perf_counter() - began < 30  # each takes less than a second; without bounds minutes


def test_a_line_of_a_megabyte_is_one_chunk() -> None:
    lines, chunks = chunks_of("a.js", "function f() { return 1; } " * 40_000)
    assert len(lines) == len(chunks) == 1


def test_the_same_file_is_always_cut_the_same() -> None:
    text = "(" * 900 + SOURCES["client.js"]
    assert chunks_of("a.js", text) == chunks_of("a.js", text)


def test_what_a_grammar_does_not_understand_is_cut_by_its_lines() -> None:
    text = "%% ?? !!\n" * 40 + "class Found {\n" + "%% ?? !!\n" * 40
    _, chunks = chunks_of("a.java", text)
    assert [chunk.names for chunk in chunks if chunk.names] == [("Found",)]


def test_the_lines_may_come_with_their_bytes() -> None:
    text = SOURCES["limiter.py"]
    lines = text.split("\n")
    with_bytes = cut(lines, Family.PYTHON, language="python", data=text.encode())
    assert with_bytes == cut(lines, Family.PYTHON, language="python")


def test_a_file_of_megabytes_is_cut_by_its_lines() -> None:
    lines = ["def f():", *["    x = 1" + " " * 990 for _ in range(4200)]]
    assert cut(lines, Family.PYTHON, language="python")[0].names == ("f",)


def test_a_language_without_a_grammar_has_none() -> None:
    assert grammars_of("groovy") == ()
    assert grammars_of("typescript") == ("typescript", "tsx")


def test_a_scope_reaches_to_what_stands_before_the_next() -> None:
    text = "[<Literal>]\nlet Limit = 10\n\n// Adds.\nlet add a b = a + b\n"
    _, chunks = chunks_of("a.fs", text * 20)
    assert all(chunk.names in {("add",), ()} for chunk in chunks)


def test_a_name_over_several_lines_is_told_on_one() -> None:
    line = "export const App: React.FC<Props> = ({ title }) => {"
    source = SOURCES["main.tf"]
    _, (chunk,) = chunks_of("main.tf", f"{source[:70]}{line}\n{line}{source[70:102]}")
    assert chunk.symbol == f"{line} {line}aws_vpc.main"


CUT = """
from claudetask_core.search.chunks.chunks import cut
from claudetask_core.search.tree.families import Family

for wide in map(chr, range(0x10000, 0x110000, 0x1000)):
    lines = ["тест() {", f"  echo {{{wide}", "}"]
    (chunk,) = cut(lines, Family.SHELL, language="shell")
print(*chunk.names)
"""


def test_a_character_that_bashs_grammar_cannot_take_ends_no_process() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", CUT], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.decode().strip()) == (0, "тест")


LAST = """
from claudetask_core.search.chunks.chunks import cut
from claudetask_core.search.tree.families import Family

(chunk,) = cut(["sub done {", "    return", "}", "done # at last"], Family.RUBY, language="perl")
print(*chunk.names)
"""


def test_a_comment_that_ends_a_file_of_perl_is_come_back_from() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAST], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.decode().strip()) == (0, "done")
