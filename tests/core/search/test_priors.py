from collections.abc import Iterable
from contextlib import closing

import pytest

from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.store import Store
from claudetask_core.search.tree.priors import PLAIN, factors, is_aside, marks_of, usual_marks
from tests.core.search.trees import Tree


def prior(
    path: str,
    language: str | None = "python",
    mentioned: Iterable[str] = (),
    *,
    tests: int = 10,
    with_test: int = 0,
) -> float:
    """The factor of one file in a tree of 100."""
    table = factors(mentioned, tests=tests, files=100, with_test=lambda: with_test)
    return float(table[marks_of(path, language)])


@pytest.mark.parametrize(
    ("path", "language", "word"),
    [
        ("examples/a.py", "python", "example"),
        ("vendor/lib/a.go", "go", "vendor"),
        ("assets/vendors/ace/a.js", "javascript", "vendor"),
        ("third-party/a.c", "c", "vendor"),
        ("Pods/Alamofire/A.swift", "swift", "vendor"),
        ("wwwroot/lib/jquery.js", "javascript", "vendor"),
        ("docs/a.md", "markdown", "docs"),
        ("man/tool.1", None, "docs"),
        ("a.json", "json", "config"),
        ("project.cabal", None, "config"),
        ("tests/a.py", "python", "test"),
        ("src/types/store.ts", "typescript", "types"),
    ],
)
def test_a_question_that_names_what_a_file_is_lifts_its_prior(
    path: str, language: str | None, word: str
) -> None:
    assert prior(path, language) < 1.0
    assert prior(path, language, {word}) > prior(path, language)


@pytest.mark.parametrize("path", ["src/index.ts", "src/types.d.ts", "pkg/__init__.py", "a/b.h"])
def test_barrels_declarations_and_headers_are_held_back(path: str) -> None:
    assert prior(path, "typescript") < 1.0


def test_source_is_not_held_back() -> None:
    assert prior("src/server.py") == 1.0
    assert prior("lib/test_functions.bash", "shell") == 1.0


def test_where_most_of_the_tree_is_tests_they_are_not_held_back() -> None:
    assert prior("tests/test_a.py", tests=80) == 1.0
    assert prior("tests/test_a.py", tests=79) < 1.0


def test_in_a_project_about_tests_the_word_does_not_ask_for_tests() -> None:
    asked = {"test", "runner"}
    assert prior("tests/test_a.py", mentioned=asked, with_test=5) == 1.0
    assert prior("tests/test_a.py", mentioned=asked, with_test=60) < 1.0


@pytest.mark.parametrize(
    "path",
    [
        "src/main/java/com/example/demo/Orders.java",
        "core/data/src/main/kotlin/com/google/samples/apps/news/Repository.kt",
        "java/org/example/Orders.java",
    ],
)
def test_the_domain_of_a_package_is_no_folder_of_examples(path: str) -> None:
    assert prior(path, "java") == 1.0


@pytest.mark.parametrize(
    "path",
    [
        "src/test/java/com/example/demo/OrdersTest.java",
        "examples/src/main/java/com/shop/demo/Orders.java",
        "src/main/java/com/shop/app/generated/Orders.java",
        "src/com/example/Orders.js",
    ],
)
def test_what_stands_around_the_domain_of_a_package_tells(path: str) -> None:
    assert prior(path, "java") < 1.0


def test_what_most_of_the_source_is_tells_nothing() -> None:
    example, plain = marks_of("samples/a.cs", "csharp"), marks_of("src/a.cs", "csharp")
    data = marks_of("a.json", "json")
    assert example & usual_marks({example: 80, plain: 20, data: 500})
    assert not usual_marks({example: 79, plain: 21, data: 500})
    assert not usual_marks({})


def test_a_tree_below_a_folder_of_samples_has_its_code_before_its_data(tree: Tree) -> None:
    for number in range(8):
        tree.write(f"samples/app/part{number}.py", f"def part{number}():\n    return {number}\n")
    tree.write("samples/app/news.py", "def bookmarked(news):\n    return news.bookmark\n")
    tree.write("data/news.json", '[\n  {"news": "bookmark", "title": "bookmark the news"}\n]\n')
    tree.index.refresh()
    assert tree.paths("where is the bookmark of a news item")[0] == "samples/app/news.py"


def test_kinds_of_files_are_counted_while_they_are_there(tree: Tree) -> None:
    example = tree.write("samples/a.py", "a = 1\n")
    tree.write("src/b.py", "b = 1\n")
    tree.index.refresh()
    catalog = Catalog()
    with closing(Store(tree.database, tree.root, tree.index.rules)) as store:
        catalog.sync(store)
        assert dict(+catalog.kinds) == {marks_of("samples/a.py", "python"): 1, PLAIN: 1}
        example.unlink()
        tree.index.refresh()
        catalog.sync(store)
        assert dict(+catalog.kinds) == {PLAIN: 1}


def test_what_a_file_is_adds_up() -> None:
    assert prior("examples/tests/test_a.py") < prior("tests/test_a.py")


def test_tests_examples_and_generated_files_are_indexed_after_the_rest() -> None:
    assert is_aside("tests/test_a.py")
    assert is_aside("vendor/a.py")
    assert not is_aside("src/a.py")


def test_a_tree_full_of_documents_does_not_hide_the_code(tree: Tree) -> None:
    for number in range(150):
        tree.write(f"docs/page{number}.md", "# Session refresh\n\nThe session refresh page.\n")
    tree.write("src/session.py", "def refresh(session):\n    return session\n")
    tree.index.refresh()
    assert tree.paths("how does session refresh work")[0] == "src/session.py"
