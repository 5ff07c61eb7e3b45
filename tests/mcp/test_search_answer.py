"""How a search reads: by file, within its room, honest where nothing is good, and harmless."""

import json

import pytest

from claudetask_core.printable import printable, printable_json
from claudetask_core.schemas.search import Highlight, SearchHit, SearchResults
from claudetask_mcp.render import search
from claudetask_mcp.render.text import length

pytestmark = pytest.mark.boardless

CODE = "\n".join(f"line {n} of the code that was found" for n in range(200))


def hit(text: str, path: str = "src/a.py", start: int = 1, **more: object) -> SearchHit:
    fields: dict[str, object] = {
        "path": path,
        "start_line": start,
        "end_line": 400,
        "symbol": "s" * 300,
        "language": "python",
        "kind": "function",
        "score": 0.5,
        "why": "w" * 300,
        "text": text,
        "truncated": False,
    }
    return SearchHit.model_validate({**fields, **more})


def answer(
    *hits: SearchHit, complete: float = 1.0, message: str | None = None, weak: bool = False
) -> SearchResults:
    return SearchResults(
        query="q",
        complete=complete,
        results=list(hits),
        weak=weak or not hits,
        message=message,
    )


@pytest.mark.parametrize("detail", ["paths", "concise", "full"])
@pytest.mark.parametrize("one_file", [False, True])
def test_a_hundred_hits_fit_whatever_is_in_them(detail: search.Detail, *, one_file: bool) -> None:
    paths = ["p" * 900 if one_file else f"{n}" + "p" * 900 + f"{n}" for n in range(100)]
    hits = [hit(CODE, path, start=10**6, end_line=10**7, truncated=True) for path in paths]
    shown = search.found(answer(*hits, complete=0.5, message="m" * 5000), detail)
    assert len(shown) <= 32_000
    assert shown.count(":1000000-10000000 ") == 100


@pytest.mark.parametrize("detail", ["concise", "full"])
def test_code_of_emoji_fits_as_the_client_counts_them(detail: search.Detail) -> None:
    line = "\U0001f600" * 60
    hits = [hit(f"{line}\n" * 60, f"src/{n}.py") for n in range(100)]
    shown = search.found(answer(*hits), detail)
    assert length(shown) <= 32_000


def test_the_first_hits_have_code_and_the_later_ones_path_and_lines() -> None:
    hits = [hit(CODE, f"{n}.py", truncated=True) for n in range(100)]
    shown = search.found(answer(*hits, complete=0.5))
    assert "0.py:1-400 " in shown
    assert "without code for want of room" in shown
    assert "The index is 50 % complete" in shown
    assert sum(len(block) for block in shown.split("```")[1::2]) <= 8000


def test_concise_shows_more_files_than_full_in_less() -> None:
    hits = [hit(CODE, f"{n}.py") for n in range(12)]
    concise, full = search.found(answer(*hits)), search.found(answer(*hits), "full")
    assert concise.count("```python") == 12
    assert len(concise) < len(full) / 2
    assert full.count("```python") < 12


def test_a_long_path_is_whole_so_that_the_file_can_be_opened() -> None:
    paths = [f"module{n}/src/main/java/{'com/example/' * 12}Service{n}.java" for n in range(20)]
    shown = search.found(answer(*(hit(CODE, path) for path in paths)))
    assert all(path in shown for path in paths)


def test_paths_alone_show_no_code() -> None:
    assert "```" not in search.found(answer(hit("x = 1")), "paths")


def test_hits_of_one_file_stand_under_its_name_where_its_best_stands() -> None:
    shown = search.found(
        answer(
            hit("a1", "a.py", 1, end_line=1, symbol="one"),
            hit("b1", "b.py", 1, end_line=1, symbol="two"),
            hit("a9", "a.py", 9, end_line=9, symbol=None),
        )
    )
    w = "w" * 59 + "…"
    assert shown == (
        f"a.py (2 hits)\n:1-1 one (function) 0.50 {w}\n```python\na1\n```\n"
        f":9-9 (function) 0.50 {w}\n```python\na9\n```\n\n"
        f"b.py:1-1 two (function) 0.50 {w}\n```python\nb1\n```"
    )


def test_of_a_long_hit_the_head_and_the_lines_with_the_words_are_shown_with_their_numbers() -> None:
    lines = ["# above", "def long_one():", *(f"    filler_{n} = {n}" for n in range(200))]
    lines[100] = "    wanted = token"
    marked = [Highlight(line=110, start=4, end=10), Highlight(line=110, start=13, end=18)]
    long_one = hit("\n".join(lines), start=10, end_line=211, symbol="long_one")
    shown = search.found(answer(long_one.marked(lambda _text, _first: marked)))
    inside = shown.split("```python\n")[1].split("\n```")[0].split("\n")
    assert inside[:3] == [" 10 # above", " 11 def long_one():", " 12     filler_0 = 0"]
    assert "110     wanted = token" in inside
    assert inside[3] == "…"
    assert inside[-1] == "…"
    assert "detail=full" in shown


def test_code_with_fences_of_its_own_stays_inside_ours() -> None:
    text = "# Title\n```sh\nls\n```\n"
    assert f"````python\n{text.rstrip()}\n````" in search.found(answer(hit(text)))


def test_full_code_is_cut_at_whole_lines_and_says_where_it_goes_on() -> None:
    text = "\n".join("x" * 100 for _ in range(100))
    shown = search.found(answer(hit(text, truncated=True)), "full")
    inside = shown.split("```python\n")[1].split("\n```")[0]
    assert set(inside.split("\n")) == {"x" * 100}
    assert "(goes on to line 400)" in shown


@pytest.mark.parametrize("detail", ["concise", "full"])
def test_a_single_endless_line_is_left_to_be_read_from_the_file(detail: search.Detail) -> None:
    shown = search.found(answer(hit("x" * 50_000)), detail)
    assert len(shown) < 600
    assert "read the file" in shown


def test_weak_hits_are_called_so_and_three_are_named() -> None:
    hits = [hit("x", f"{n}.py", score=0.1) for n in range(9)]
    shown = search.found(answer(*hits, message="No good match. Try other words.", weak=True))
    assert shown.startswith("No good match. Try other words.\n\nThe nearest, all weak (3 of 9):\n")
    assert shown.count(":1-400") == 3
    assert search.found(answer(hit("x"), weak=True)).startswith("No good match.\n")


def test_nothing_is_said_in_the_words_of_the_answer() -> None:
    assert search.found(answer()) == "Nothing found."
    assert search.found(answer(message="Nothing found. Try.")) == "Nothing found. Try."


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    evil = "\x1b]0;owned\x07\x9b2J\u202e\x7f"
    shown = search.found(
        answer(
            hit(f"a\t{evil}b", f"e{evil}\nfake.py:1-2.py", symbol=evil, kind=evil, why=evil),
            hit("x", "b.py", language=evil),
            message=evil,
        )
    )
    assert all(character.isprintable() or character in "\n\t" for character in shown)
    assert "a\t\\x1b]0;owned\\x07\\x9b2J\\u202e\\x7fb" in shown
    assert "\nfake.py" not in shown


def test_json_keeps_its_values_without_what_a_terminal_obeys() -> None:
    value = {"text": "\x1b\x9b\x7f\u202eé"}
    safe = printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(safe) == value
    assert safe.isprintable()
    assert "é" in printable("é")
