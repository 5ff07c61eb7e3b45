"""Filters, highlights, and what is said where no hit is good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.schemas.search import Highlight, SearchHit, SearchQuery
from claudetask_core.search.ranking import advice, hits
from claudetask_core.search.ranking.highlights import MOST, Marker
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.text.tokens import joined, parts, stem, words
from claudetask_core.search.tree.kinds import Category, KindUnknown, category, kind_filter
from tests.core.search.trees import LIMITER, Tree


@pytest.mark.parametrize(
    ("path", "language", "expected"),
    [
        ("src/app.py", "python", Category.CODE),
        ("bin/run", "shell", Category.CODE),
        ("data/words", None, Category.CODE),
        ("tests/test_app.py", "python", Category.TESTS),
        ("src/app.spec.ts", "typescript", Category.TESTS),
        ("tests/fixtures/a.json", "json", Category.TESTS),
        ("docs/search.md", "markdown", Category.DOCS),
        ("LICENSE", None, Category.DOCS),
        ("docs/index.html", "html", Category.DOCS),
        ("web/index.html", "html", Category.CODE),
        ("pyproject.toml", "toml", Category.CONFIG),
        ("Dockerfile", "dockerfile", Category.CONFIG),
        ("poetry.lock", None, Category.CONFIG),
        (".gitignore", None, Category.CONFIG),
    ],
)
def test_a_file_is_code_docs_config_or_tests(
    path: str, language: str | None, expected: Category
) -> None:
    assert category(path, language) is expected


def test_an_unknown_kind_is_refused_and_names_the_four(sample: Tree) -> None:
    with pytest.raises(KindUnknown) as failure:
        sample.ask("limiter", kind="source")
    assert failure.value.code == "kind_unknown"
    assert failure.value.next_step == "Use code, docs, config or tests."


def test_kind_chooses_files_by_what_they_are_for(sample: Tree) -> None:
    sample.write("tests/test_limiter.py", LIMITER)
    sample.index.refresh()
    assert sample.paths("limiter callers headers", kind="docs") == ["README.md"]
    assert sample.paths("RateLimiter", kind=" Tests ") == ["tests/test_limiter.py"]
    assert sample.paths("RateLimiter", kind="code") == ["src/limiter.py"]
    assert sample.paths("RateLimiter", kind="config") == []


def test_kind_may_still_name_the_kind_that_a_result_shows(sample: Tree) -> None:
    shown = sample.ask("RateLimiter parse_header", kind="function")
    assert {hit.kind for hit in shown} == {"function"}
    assert kind_filter(None) == (None, None)


def marked(question: str, line: str) -> list[str]:
    found = Marker(understand(question))(line, 7)
    assert all(mark.line == 7 for mark in found)
    return [line[mark.start : mark.end] for mark in found]


@pytest.mark.parametrize(
    ("question", "line", "expected"),
    [
        ("refreshing sessions", "def refresh_session(session):", ["refresh_session", "session"]),
        ("session", "    self.SessionStore = old_session", ["Session", "session"]),
        ("rate limiter", "x = RateLimiter(rate)", ["RateLimiter", "rate"]),
        ("parse_header", "parseHeader(header, parser)", ["parseHeader", "header", "parser"]),
        ("検索索引", "# 検索索引を作る", ["検索索引"]),
        ("größe", "Größe der größe", ["Größe", "größe"]),
        ("stanbul", "İstanbul stanbul", ["stanbul"]),
        ("token", "# 😀 token", ["token"]),
        ("unrelated", "nothing here", []),
        ("?!", "x ?! y", []),
    ],
)
def test_the_words_of_the_question_are_marked(
    question: str, line: str, expected: list[str]
) -> None:
    assert marked(question, line) == expected


WORDS = [
    *("flies", "fly", "routing", "Route", "routes", "RateLimiter", "rate", "limiters", "parsed"),
    *("boxes", "classes", "running", "run", "families", "anomalies", "parse_header", "HTTPServer2"),
    *("İstanbul", "größe", "検索索引", "42", "the"),
]
LINES = st.lists(st.text(st.characters(exclude_characters="\n"), max_size=60), max_size=5)


@given(question=st.text(max_size=40), lines=LINES)
def test_marks_lie_in_their_lines_in_order_and_apart(question: str, lines: list[str]) -> None:
    marker = Marker(understand(question + " " + " ".join(lines[:1])))
    found = marker("\n".join(lines), 3)
    last = (0, 0)
    for mark in found:
        assert 0 <= mark.start < mark.end <= len(lines[mark.line - 3])
        assert (mark.line, mark.start) >= last
        last = (mark.line, mark.end)


@given(
    question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    written=st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(["", " ", "_", "-", "\n"]))),
)
def test_no_word_of_the_question_is_passed_over(
    question: list[str], written: list[tuple[str, str]]
) -> None:
    text = "".join(f"{word}{between}" for word, between in written)
    asked = understand(" ".join(question))
    found = [text_between(text, mark) for mark in Marker(asked)(text, 1)]
    expected = [
        word
        for word in words(text)
        if joined(word) in {*asked.identifiers, *asked.pairs}
        or any(stem(part) in asked.words for part in parts(word))
    ]
    assert bool(found) == bool(expected)
    assert len(found) >= min(len(expected), MOST)


def text_between(text: str, mark: Highlight) -> str:
    return text.split("\n")[mark.line - 1][mark.start : mark.end]


def test_no_more_than_fifty_words_are_marked() -> None:
    assert len(Marker(understand("a"))("a a a a\n" * 100, 1)) == MOST


def test_marks_carry_the_numbers_of_the_files_lines(sample: Tree) -> None:
    file = (sample.root / "src/limiter.py").read_text(encoding="utf-8").split("\n")
    found = sample.ask("token")[0]
    marked = [file[mark.line - 1][mark.start : mark.end] for mark in found.highlights]
    assert set(marked) == {"token"}


def test_the_same_question_has_equal_hits_and_another_has_others(sample: Tree) -> None:
    (first, *_), (again, *_) = sample.ask("token limiter"), sample.ask("token limiter")
    assert first.highlights
    assert first == again
    assert hash(Marker(understand("token"))) == hash(Marker(understand("token")))
    assert Marker(understand("token")) != Marker(understand("limiter"))


def test_marks_are_only_in_lines_that_are_shown(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "TEXT_LIMIT", 60)
    tree.write("a.py", "def f():\n" + "    token = 1\n" * 20)
    tree.index.refresh()
    (found,) = tree.ask("token")
    assert found.truncated
    shown = found.text.count("\n") + 1
    assert {mark.line for mark in found.highlights} <= set(range(1, shown + 1))


def said(sample: Tree, query: str, **fields: object) -> str | None:
    question = SearchQuery.model_validate({"query": query, **fields})
    elsewhere: list[SearchHit] = []
    found = sample.index.ask(question)
    if not found:
        elsewhere = sample.index.ask(advice.unfiltered(question))
    return advice.on_hits(question, found, elsewhere)


def test_a_good_answer_needs_no_advice(sample: Tree) -> None:
    assert said(sample, "RateLimiter") is None


@pytest.mark.parametrize("query", ["?!", "😀", "…—", "\x1b[", "+ - *"])
def test_a_question_without_words_is_told_so(sample: Tree, query: str) -> None:
    assert str(said(sample, query)).startswith("The question holds no word or name")


@pytest.mark.parametrize("query", ["quantum chromodynamics", "Привет мир", "日本語", "zzz\x07qq"])
def test_a_question_that_meets_nothing_is_told_what_to_try(sample: Tree, query: str) -> None:
    text = said(sample, query)
    assert text is not None
    assert text.startswith("Nothing found. Try fewer or other words")


def test_weak_hits_alone_are_no_good_match(sample: Tree) -> None:
    weak = [hit.model_copy(update={"score": 0.05}) for hit in sample.ask("RateLimiter")]
    text = advice.on_hits(SearchQuery(query="x"), weak, [])
    assert text is not None
    assert text.startswith("No good match. Try")


def test_a_test_is_no_weak_match_where_only_tests_are_looked_for(tree: Tree) -> None:
    tree.write("tests/test_money.py", "def test_round(): ...\n")
    tree.write("src/other.py", "value = 1\n")
    tree.index.refresh()
    assert tree.ask("round", kind="tests")[0].score < advice.WEAK
    assert said(tree, "round", kind="tests") is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"language": "pythn"}, "Nothing found with language='pythn'. Did you mean language=pyth"),
        ({"language": "rust"}, "Nothing found with language='rust'. Matches are in python"),
        ({"path": "lib/**"}, "Nothing found with path='lib/**'. Without that the best is src/lim"),
        ({"path": "a" * 90}, f"Nothing found with path='{'a' * 59}…'. Without"),
        ({"kind": "tests", "min_score": 0.9}, "Nothing found with kind='tests', min_score=0.9. "),
    ],
)
def test_filters_that_leave_nothing_are_named_with_what_they_hide(
    sample: Tree, fields: dict[str, object], expected: str
) -> None:
    text = said(sample, "RateLimiter", **fields)
    assert text is not None
    assert text.startswith(expected)
    assert "Without that the best is src/limiter.py:" in text


def test_the_language_of_a_file_that_has_none_is_not_named(tree: Tree) -> None:
    tree.write("WORDS", "gargoyle\n")
    tree.index.refresh()
    text = said(tree, "gargoyle", language="python")
    assert text is not None
    assert text.startswith("Nothing found with language='python'. Without that the best is WORDS:1")
