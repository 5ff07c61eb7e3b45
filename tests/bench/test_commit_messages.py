import pytest

from bench.commit_messages import (
    Commit,
    Question,
    answers,
    cleaned,
    is_noise,
    question_of,
    says_enough,
)

PERSON = "Ada <ada@example.invalid>"
TREE = frozenset({"src/pool.py", "src/cache.py", "tests/test_pool.py", "README.md"})


def commit(
    subject: str,
    modified: tuple[str, ...] = ("src/pool.py",),
    others: tuple[str, ...] = (),
    author: str = PERSON,
) -> Commit:
    return Commit("0" * 40, 0, author, subject, modified, others)


@pytest.mark.parametrize(
    ("subject", "query"),
    [
        ("fix(pool): close idle sockets (#123)", "close idle sockets"),
        ("feat!: keep one socket per host.", "keep one socket per host"),
        ("[Fix #12] Keep sockets open", "Keep sockets open"),
        ("Keep sockets open (fixes #12, #13)", "Keep sockets open"),
        ("Fixes owner/name#12: keep sockets open", "keep sockets open"),
        ("PROJ-77: Keep sockets open", "Keep sockets open"),
        (":bug: Keep sockets open, see https://example.invalid/1", "Keep sockets open, see"),
        ("Keep sockets open, from ada at example dot org", "Keep sockets open"),
        ("Keep sockets open, GitHub issue 12 from Ada", "Keep sockets open"),
        ("Read UTF-8 names of SHA-256 sums", "Read UTF-8 names of SHA-256 sums"),
        ("Take the name from the header", "Take the name from the header"),
    ],
)
def test_a_subject_loses_what_a_person_who_asks_would_not_say(subject: str, query: str) -> None:
    assert cleaned(subject) == query


@pytest.mark.parametrize(
    "subject",
    [
        "chore: tidy the scripts a little",
        "Bump serde from 1.0.1 to 1.0.2",
        "Release the version 2.3.4 now",
        "fix: correct a typo in the pool",
        'Revert "Keep sockets open for long"',
        "Address the comments of the review",
        "docs: update copyright years in headers",
    ],
)
def test_a_subject_that_says_nothing_about_the_code_is_noise(subject: str) -> None:
    assert is_noise(subject, PERSON)


def test_a_program_writes_no_questions() -> None:
    assert is_noise("Keep idle sockets open longer", "dependabot[bot] <bot@example.invalid>")
    assert not is_noise("Keep idle sockets open longer", PERSON)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Keep idle sockets open", ("src/pool.py",)),
        ("Add tests for idle sockets", ("src/pool.py", "tests/test_pool.py")),
        ("Document idle sockets in the readme", ("src/pool.py", "README.md")),
        ("Show idle sockets in an example", ("src/pool.py", "examples/idle.py")),
        ("Let make build the pool", ("src/pool.py", "Makefile")),
    ],
)
def test_a_kind_of_file_answers_only_a_query_that_speaks_of_it(
    query: str, found: tuple[str, ...]
) -> None:
    paths = (
        "src/pool.py",
        "tests/test_pool.py",
        "README.md",
        "examples/idle.py",
        "Makefile",
        "CHANGELOG.md",
        "uv.lock",
        "package.json",
        ".github/workflows/test.yml",
    )
    assert answers(query, paths) == found


@pytest.mark.parametrize(
    "path",
    [
        "pkg/pool_test.go",
        "src/pool.spec.ts",
        "src/__tests__/pool.js",
        "app/src/jvmTest/kotlin/Pool.kt",
        "Sources/PoolTestHelpers/Pool.swift",
        "tests/Pool.Tests/Pool.cs",
        "src/PoolTests.cs",
    ],
)
def test_tests_are_known_by_the_habits_of_many_languages(path: str) -> None:
    assert answers("Keep idle sockets open", [path]) == ()


@pytest.mark.parametrize(
    "path", ["src/latest.py", "src/contest/rules.go", "src/versions.rb", "lib/historian.ex"]
)
def test_a_name_that_only_looks_like_another_kind_stays_an_answer(path: str) -> None:
    assert answers("Keep idle sockets open", [path]) == (path,)


def test_a_query_needs_words_besides_the_names_of_its_answers() -> None:
    assert says_enough("Keep idle sockets open", ["src/pool.py"])
    assert not says_enough("Fix pool.py for good", ["src/pool.py"])
    assert not says_enough("Update src/pool.py for good", ["src/pool.py"])
    assert not says_enough("word " * 31, [])


def test_a_commit_asks_for_the_files_it_modified() -> None:
    asked = commit("fix: keep idle sockets open (#1)", ("src/pool.py", "tests/test_pool.py"))
    assert question_of(asked, TREE) == Question("keep idle sockets open", ("src/pool.py",))


@pytest.mark.parametrize(
    "silent",
    [
        commit("Keep idle sockets open", ("src/newer.py",)),
        commit("Keep idle sockets open", ("README.md",)),
        commit("Keep idle sockets open", others=("src/idle.py",)),
        commit("Keep idle sockets open", tuple(f"src/{n}.py" for n in range(5))),
        commit("Keep idle sockets open", others=tuple(f"tests/{n}.py" for n in range(15))),
        commit("Keep idle open"),
        commit("Bump the idle socket pool"),
    ],
    ids=["not in the tree", "documents", "adds", "many answers", "sweep", "few words", "noise"],
)
def test_a_commit_without_a_findable_answer_asks_nothing(silent: Commit) -> None:
    tree = TREE | {f"src/{n}.py" for n in range(5)}
    assert question_of(silent, tree) is None


def test_an_added_test_does_not_silence_a_question_about_code() -> None:
    assert question_of(commit("Keep idle sockets open", others=("tests/test_idle.py",)), TREE)
