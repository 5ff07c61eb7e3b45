"""Every line is in one chunk, whatever stands in a file of whatever language."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.chunks.syntax_grammars import grammars_of
from claudetask_core.search.index.analysis import Analyser, Source, unpack_row
from claudetask_core.search.tree.languages import detect
from claudetask_core.search.tree.reading import split_lines

SAMPLES = sorted((Path(__file__).parent / "definitions").iterdir())
NAMES = [sample.name.removesuffix(".txt") for sample in SAMPLES]
LINES = {
    name: sample.read_text(encoding="utf-8").split("\n=")[0].split("\n")
    for name, sample in zip(NAMES, SAMPLES, strict=True)
}
ODD = (
    "", "\t", "}", "{", "(" * 40, '"""', "/*", "*/", "end", "x = '" + "y" * 900 + "'", "\x0c",
    "größe", "\u2028", "#", "-----BEGIN PRIVATE KEY-----", "\\", "\ufeff", "<?php", "</script>",
)  # fmt: skip
QUERIES = Path(__file__).parents[3] / "core/claudetask_core/search/chunks/queries"
ANALYSER = Analyser()


def rows_of(path: str, data: bytes) -> list[tuple[int, int, str, str | None]]:
    rows = ANALYSER.analyse([Source(path, data)]).blobs[0].rows.decode()
    return [unpack_row(row) for row in rows.split("\n")] if rows else []


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_line_of_a_torn_file_is_in_one_chunk(name: str, data: st.DataObject) -> None:
    some = st.one_of(st.sampled_from(LINES[name]), st.sampled_from(ODD))
    lines = data.draw(st.lists(some, max_size=80))
    start = data.draw(st.integers(0, len(LINES[name])))
    text = data.draw(st.sampled_from(("\n", "\r\n", "\r"))).join([*LINES[name][start:], *lines])
    encoded = text.encode(data.draw(st.sampled_from(("utf-8", "utf-16"))))
    rows = rows_of(name, encoded)
    covered = [line for first, last, _, _ in rows for line in range(first, last + 1)]
    assert covered == list(range(1, len(split_lines(encoded)) + 1))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=5, deadline=None)
@given(junk=st.binary(max_size=400))
def test_any_bytes_are_cut_without_a_line_lost(name: str, junk: bytes) -> None:
    rows = rows_of(name, junk)
    covered = [line for first, last, _, _ in rows for line in range(first, last + 1)]
    assert covered == list(range(1, len(split_lines(junk)) + 1))


def test_every_grammar_has_a_sample_here() -> None:
    used = {grammar for name in NAMES for grammar in grammars_of(str(detect(name, "")[0]))}
    assert {query.stem for query in QUERIES.glob("*.scm")} <= used
