import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudetask_core.search.ranking.hits import TEXT_LIMIT
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.ranking.weights import (
    BY_WORDS,
    CHANGE,
    IDENTIFIER,
    SENTENCE,
    WORDS,
    Weights,
    weights_of,
)
from claudetask_core.search.tree.languages import canonical, detect
from claudetask_core.search.tree.listing import GlobInvalid
from claudetask_core.search.tree.priors import is_test
from tests.core.search.trees import Tree

FUNCTION = "def {name}(request):\n    return request.{name}\n"


def test_a_test_stands_below_the_code_it_tests_unless_asked_for(tree: Tree) -> None:
    tree.write("src/session.py", "def open_session(): pass\n")
    tree.write("tests/test_session.py", "def test_open_session(): open_session()\n" * 2)
    tree.write("src/other.py", "value = 1\n")
    tree.index.refresh()
    assert tree.paths("open session")[0] == "src/session.py"
    assert tree.paths("test of open session")[0] == "tests/test_session.py"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("tests/a.py", True), ("a_test.go", True), ("src/a.spec.ts", True), ("FooTest.java", True),
     ("src/latest.py", False), ("src/contest/a.py", False), ("src/attestation.rs", False)],
)  # fmt: skip
def test_tests_are_told_by_their_path(path: str, *, expected: bool) -> None:
    assert is_test(path) is expected


def test_the_file_that_defines_a_name_comes_before_those_that_use_it(tree: Tree) -> None:
    tree.write("a_uses.py", "from z import fetch_rows\n" + "fetch_rows()\n" * 20)
    tree.write("z.py", "def fetch_rows():\n    return []\n")
    tree.index.refresh()
    assert tree.paths("fetch_rows")[0] == "z.py"
    assert tree.paths("fetchRows")[0] == "z.py"
    tree.write("a_uses.py", "import z\n\nz.fetch_rows()\n")
    assert tree.paths("fetch rows")[0] == "z.py"


def test_the_name_as_it_is_spelled_comes_before_the_same_name_in_another_case(tree: Tree) -> None:
    tree.write("a.py", "def prompt_title():\n    return prompt_title\n\n\nprompt_title()\n")
    tree.write("z.py", "class PromptTitle:\n    pass\n")
    tree.index.refresh()
    assert tree.paths("PromptTitle")[0] == "z.py"
    assert tree.paths("prompt_title")[0] == "a.py"


@pytest.mark.parametrize(
    ("path", "source", "name"),
    [
        (
            "prompt.lisp",
            "(defun read-file-name (prompt)\n  (read-line prompt))\n",
            "read-file-name",
        ),
        ("na.R", "fill.data.frame <- function(data) {\n  data\n}\n", "fill.data.frame"),
        ("prompt.lisp", "(defvar *read-file-name* nil)\n", "*read-file-name*"),
        ("cache.el", "(defvar read--file-name nil)\n", "read--file-name"),
        ("site.css", ".read-file-name {\n  color: red;\n}\n", ".read-file-name"),
        ("USERS.cbl", "       1300-READ-FILE-NAME.\n           EXIT.\n", "1300-READ-FILE-NAME"),
        ("set.cpp", "bool Set::operator==(const Set& o) {\n  return true;\n}\n", "operator=="),
    ],
)
def test_a_name_with_marks_is_looked_up_whole(
    tree: Tree, path: str, source: str, name: str
) -> None:
    tree.write(path, source)
    tree.write("file.lisp", "(defun file (name)\n  name)\n\n(defun read (name)\n  name)\n" * 3)
    tree.write("name.cpp", "int operator+(Name a, Name b) {\n  return read(file, name);\n}\n")
    tree.write("read.css", ".read .file .name {\n  color: blue;\n}\n" * 4)
    tree.index.refresh()
    best = tree.ask(name)[0]
    assert best.path == path
    assert "defines" in best.why


FILLER = "".join(f"    // what is said here of other matters, {n}\n" for n in range(20))
DECLARED = {
    "a.rs": "pub struct KeepAlive {\nFILLER}\n",
    "a.go": "package a\n\ntype KeepAlive struct {\nFILLER}\n",
    "A.cs": "namespace A {\nclass KeepAlive : Other {\nFILLER",
    "A.java": "class KeepAlive extends Other {\nFILLER",
    "a.cpp": "class KeepAlive : public Other {\nFILLER};\n",
    "a.swift": "struct KeepAlive {\nFILLER}\n",
}
ADDED = {
    "a.rs": "impl From<KeepAlive> for KeepAlive {\n    fn from(a: KeepAlive) {\nFILLER    }\n}\n",
    "a.go": "func (a *KeepAlive) Close(b KeepAlive) *KeepAlive {\nFILLER    return a\n}\n",
    "A.cs": "public KeepAlive(KeepAlive a) : this(KeepAlive.All) {\nFILLER}\n}\n}\n",
    "A.java": "KeepAlive(KeepAlive a) {\nFILLER        super(KeepAlive.ALL);\n    }\n}\n",
    "a.cpp": "KeepAlive::KeepAlive(KeepAlive a) : KeepAlive(a, KeepAlive::all) {\nFILLER}\n",
    "a.swift": "extension KeepAlive {\n    func add(a: KeepAlive) -> KeepAlive {\nFILLER    }\n}\n",
}


@pytest.mark.parametrize("path", [*DECLARED])
def test_a_type_is_found_where_it_begins_and_not_where_it_is_added_to(
    tree: Tree, path: str
) -> None:
    head = DECLARED[path]
    tree.write(path, f"{head}\n{ADDED[path]}".replace("FILLER", FILLER))
    tree.index.refresh()
    first, second = tree.ask("KeepAlive")[:2]
    line = head.partition("KeepAlive")[0].count("\n") + 1
    assert first.start_line <= line <= first.end_line
    assert "defines KeepAlive" in second.why


@pytest.mark.parametrize(
    ("path", "definition", "use"),
    [
        ("a.rs", "pub const MOST_TURNS: usize = 9;", "fn f() { MOST_TURNS(MOST_TURNS); }"),
        ("a.ts", "export const MOST_TURNS = 9", "function f() { return MOST_TURNS(MOST_TURNS) }"),
        ("a.go", "const MOST_TURNS = 9", "func f() { MOST_TURNS(MOST_TURNS) }"),
        ("a.kt", "const val MOST_TURNS = 9", "fun f() { MOST_TURNS(MOST_TURNS) }"),
    ],
)
def test_a_constant_is_found_where_it_is_defined(
    tree: Tree, path: str, definition: str, use: str
) -> None:
    others = "\n".join(f"// {word} turns of another sort" for word in ("few", "some", "all") * 4)
    tree.write(f"z/{path}", f"{others}\n{definition}\n{others}\n")
    tree.write(f"a/use{path}", use + "\n")
    tree.index.refresh()
    best = tree.ask("MOST_TURNS")[0]
    assert best.path == f"z/{path}"
    assert "defines MOST_TURNS" in best.why
    assert "defines" not in tree.ask("how many turns are the most")[0].why


@pytest.mark.parametrize(
    ("path", "definition", "use"),
    [
        ("a.go", "type Turns struct {\n\tMostTurns int\n}", "func f() { g(a.MostTurns) }"),
        ("a.rs", "pub struct Turns {\n    most_turns: u8,\n}", "fn f() { g(a.most_turns) }"),
        ("a.rs", "pin! {\n    pub struct T { most_turns: u8 }\n}", "fn f() { g(a.most_turns) }"),
        ("a.c", "struct turns {\n  int most_turns;\n};", "int f() { return a->most_turns; }"),
        ("a.ts", "interface Turns {\n  mostTurns: number\n}", "function f() { g(a.mostTurns) }"),
        ("a.ts", "class T {\n  constructor(private mostTurns = 1) {}\n}", "g(a.mostTurns)"),
        ("a.js", "class Turns {\n  mostTurns = 1\n}", "function f() { g(a.mostTurns) }"),
        ("A.kt", "data class Turns(\n    val mostTurns: Int,\n)", "fun f() { g(a.mostTurns) }"),
        (
            "A.java",
            "record Turns(int mostTurns) {\n}",
            "class B { int f() { return mostTurns(); } }",
        ),
        ("A.cs", "record Turns(int MostTurns);", "class B { int F() => a.MostTurns; }"),
        ("A.scala", "case class Turns(mostTurns: Int)", "def f = g(a.mostTurns)"),
        (
            "A.php",
            "<?php class T {\n  function __construct(private int $mostTurns) {}\n}",
            "<?php g($a->mostTurns);",
        ),
    ],
)
def test_a_field_is_found_where_it_is_declared(
    tree: Tree, path: str, definition: str, use: str
) -> None:
    tree.write(f"z/{path}", definition + "\n")
    tree.write(f"a/use{path}", f"{use}\n" * 3)
    tree.index.refresh()
    name = "most_turns" if "most_turns" in definition else "MostTurns"
    best = tree.ask(name)[0]
    assert best.path == f"z/{path}"
    assert f"defines {name}" in best.why


def test_a_setting_is_found_where_it_is_declared_and_not_in_the_file_called_like_it(
    tree: Tree,
) -> None:
    settings = "".join(f"    public {name.upper()}: number = 1\n" for name in ("ports", "hosts"))
    tree.write(
        "server/env.ts", f"class Env {{\n{settings}    public TURN_LIMIT_COUNT: number = 9\n}}\n"
    )
    tree.write(
        "server/turns/TurnLimit.ts",
        "import env from '../env'\n\nclass TurnLimit {\n  // the count of turns up to the limit\n"
        "  static most = env.TURN_LIMIT_COUNT\n  static turn_limit(count: number) {\n"
        "    return count < env.TURN_LIMIT_COUNT\n  }\n}\n",
    )
    tree.index.refresh()
    best = tree.ask("TURN_LIMIT_COUNT")[0]
    assert best.path == "server/env.ts"
    assert "defines TURN_LIMIT_COUNT" in best.why


RUST_TEST = """#[cfg(test)]
mod tests {
    #[test]
    fn keep_timeout() {
        keep(timeout); keep(timeout); // keep the timeout
FILLER    }
}
"""
ZIG_TEST = """test "keep timeout" {
    keep(timeout); keep(timeout); // keep the timeout
FILLER}
"""


@pytest.mark.parametrize(
    ("path", "code", "test"),
    [
        ("a.rs", "pub fn keep(timeout: u8) {\nFILLER    wait(timeout)\n}\n", RUST_TEST),
        ("a.zig", "pub fn keep(timeout: u8) void {\nFILLER    wait(timeout);\n}\n", ZIG_TEST),
    ],
)
def test_a_test_in_a_file_of_code_stands_below_the_code_unless_asked_for(
    tree: Tree, path: str, code: str, test: str
) -> None:
    tree.write(path, f"{test}\n{code}".replace("FILLER", FILLER))
    for number in range(6):
        tree.write(f"other{number}.{path[2:]}", "fn other() {}\n")
    tree.index.refresh()
    line = test.replace("FILLER", FILLER).count("\n")
    assert tree.ask("how the timeout is kept")[0].start_line > line
    assert (
        tree.ask("where is it tested that the timeout is kept, in which test")[0].start_line <= line
    )


def test_names_meet_however_their_words_are_tied(tree: Tree) -> None:
    tree.write("limits.el", "(defun rate-limiter (most)\n  most)\n")
    tree.index.refresh()
    for question in ("rate_limiter", "RateLimiter", "rate limiter", "the rate-limiter of requests"):
        assert "defines rate" in tree.ask(question)[0].why.lower(), question


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fix the token refresh when the clock jumps", True),
        ("adds a limit to uploads", True),
        ("parser: a comma behind the last argument", True),
        ("[docs] explain leases", True),
        ("don't retry a refused connection", True),
        ("Added a flag for quiet output", True),
        ("Typst writer: fold languages into attributes", True),
        ("(cli) quiet output", True),
        ("\N{BUG} Fix the encoder", True),
        ("uploads over the limit should be refused", True),
        ("quotes in selectors cannot be escaped", True),
        ("session cookie is wrong behind a proxy", True),
        ("Do not retry a refused connection", True),
        ("Also close the connection of the child", True),
        ("permit a comma behind the last argument", True),
        ("Prefer the newest lease", True),
        ("do requests keep their connection", False),
        ("reducer of actions to a state", False),
        ("split-on columns of joined rows", False),
        ("how should a refused connection be retried", False),
        ("where is a missing header handled: server or client", False),
        ("how are tokens refreshed", False),
        ("catching exceptions of a handler", False),
        ("request and response objects", False),
        ("add", False),
        ("std::vector", False),
        ("", False),
    ],
)
def test_a_request_for_a_change_is_told_from_a_question(text: str, *, expected: bool) -> None:
    assert understand(text).is_change is expected


def test_a_change_is_looked_for_by_what_it_is_about_and_not_by_how_it_is_wanted() -> None:
    change = understand("Preserve cookies instead of dropping them when a redirect is wrong")
    assert change.weight("cooky") == change.weight("redirect") == 1.0
    assert change.weight("instead") < change.weight("preserv") < 1.0
    assert change.weight("wrong") == change.weight("instead")
    question = understand("how cookies are preserved instead of dropped")
    assert question.weight("instead") == question.weight("preserv") == 1.0


@pytest.mark.parametrize(
    ("text", "weights", "by_words"),
    [
        ("TokenStore", IDENTIFIER, IDENTIFIER),
        ("how are tokens kept", WORDS, BY_WORDS),
        ("Fix kept tokens", CHANGE, CHANGE),
    ],
)
def test_each_kind_of_question_has_its_weights(
    text: str, weights: Weights, by_words: Weights
) -> None:
    assert weights_of(understand(text), by_meaning=True) is weights
    assert weights_of(understand(text), by_meaning=False) is by_words


LONG = (
    "refuse an upload of more bytes than the quota of the account leaves, and tell the owner of "
    "the account by mail"
)


def test_the_more_words_a_question_has_the_more_it_is_weighted_as_a_sentence() -> None:
    words = LONG.split()
    weighted = [
        weights_of(understand("how to " + " ".join(words[:count])), by_meaning=True)
        for count in range(1, len(words) + 1)
    ]
    shares = [one.mentions for one in weighted]
    assert shares == sorted(shares, reverse=True)
    assert weighted[0] is WORDS
    assert weighted[-1] == SENTENCE
    assert any(WORDS.mentions > share > SENTENCE.mentions for share in shares)


def test_a_long_question_is_answered_by_what_does_it_and_not_by_what_all_is_about(
    tree: Tree,
) -> None:
    method = (
        "    def {0}(self):\n"
        '        """The {0} of the account."""\n'
        '        account = self.read("{0}")\n'
        '        return account.get("{0}", account)\n\n'
    )
    names = ("name", "age", "title", "place", "street", "state", "since")
    methods = [method.format(f"{of}_{name}") for of in ("account", "own") for name in names]
    tree.write("account.py", "class Account:\n" + "".join(methods))
    for number in range(6):
        text = f"def part{number}(account):\n    return Account(account).part{number}\n"
        tree.write(f"pages/page{number}.py", f"from account import Account\n\n\n{text}")
    tree.write(
        "guard.py",
        "def admit(account, size):\n"
        "    # an upload of more bytes than the quota leaves is refused\n"
        "    if size > account.quota - account.used:\n"
        "        raise Refused(size)\n",
    )
    tree.index.refresh()
    assert tree.paths(f"how to {LONG}")[0] == "guard.py"
    assert tree.paths("state of an account")[0] == "account.py"


VARIANT = "class Clock:\n    def now(self):\n        return read_clock('{system}')\n"
CALLER = "import os\n\n\ndef start(clock):\n    clock.now()\n    return read_clock(os.name)\n"


def test_files_of_one_name_leave_room_for_others(tree: Tree) -> None:
    for system in ("linux", "windows", "wasm"):
        tree.write(f"{system}/clock.py", VARIANT.format(system=system))
    tree.write("start.py", CALLER)
    tree.write("other.py", "value = 1\n")
    tree.index.refresh()
    hits = tree.ask("how does the clock read now", top_k=5)
    best = {
        path: max(hit.score for hit in hits if hit.path == path) for path in tree.paths("clock")
    }
    variants = sorted((score for path, score in best.items() if "clock" in path), reverse=True)
    assert variants[1] == pytest.approx(0.9 * variants[0], rel=0.02)
    assert variants[2] == pytest.approx(0.81 * variants[0], rel=0.02)


def two_packages(tree: Tree) -> None:
    """Two files alike in all but their package; what is beside them is of another matter."""
    for name, files in (("aside", 1), ("whole", 9)):
        tree.write(f"{name}/pyproject.toml", f"[project]\nname = '{name}'\n")
        tree.write(f"{name}/src/{name}_state.py", "def merge_state(state):\n    return {**state}\n")
        for number in range(files):
            tree.write(f"{name}/src/part{number}.py", FUNCTION.format(name=f"field{number}"))
    tree.index.refresh()


def test_how_something_works_is_asked_of_the_package_with_most_of_the_source(tree: Tree) -> None:
    two_packages(tree)
    for question in ("how is the state merged", "merge_state"):
        assert tree.paths(question)[0] == "whole/src/whole_state.py"
    assert tree.paths("how is the state merged aside")[0] == "aside/src/aside_state.py"


def test_a_change_is_looked_for_in_every_package_alike(tree: Tree) -> None:
    two_packages(tree)
    first, second = tree.ask("Fix how the state is merged", top_k=2)
    assert {first.path, second.path} == {"aside/src/aside_state.py", "whole/src/whole_state.py"}
    assert first.score == second.score


def test_one_file_does_not_crowd_out_the_others(tree: Tree) -> None:
    big = "\n\n".join(f"def token_{n}(token):\n" + "    token = token\n" * 40 for n in range(12))
    tree.write("big.py", big)
    tree.write("small.py", "def use(token):\n    return token\n")
    tree.index.refresh()
    assert "small.py" in [hit.path for hit in tree.ask("token", top_k=4)]


def test_a_score_does_not_depend_on_how_many_hits_are_wanted(tree: Tree) -> None:
    """How much of the question the best ten hold tells how good they are, however few are shown."""
    for number in range(8):
        tree.write(f"refund/refund{number}.py", "def refund(order):\n    return order\n")
    tree.write("vendor/all.py", "# refund in the ledger, audited by currency\nx = 1\n")
    tree.index.refresh()
    question = "refund ledger currency audited"
    all_of_them = tree.ask(question, top_k=20)
    assert "vendor/all.py" in [hit.path for hit in all_of_them[6:]]
    for wanted in (1, 3, 9):
        shown = tree.ask(question, top_k=wanted)
        assert [hit.score for hit in shown] == [hit.score for hit in all_of_them[:wanted]]


def test_filters_by_path_language_kind_and_score(sample: Tree) -> None:
    assert sample.paths("header", path="src/**/*.py") == ["src/http/parser.py"]
    assert sample.paths("header", path="./src/http") == ["src/http/parser.py"]
    assert sample.paths("headers", path="*.md") == ["README.md"]
    assert "README.md" not in sample.paths("header callers", path="!*.md")
    assert sample.paths("headers", language="Markdown") == ["README.md"]
    assert sample.paths("headers", language="md") == ["README.md"]
    assert sample.paths("header", language="klingon") == []
    assert {hit.kind for hit in sample.ask("header limits", kind="Function")} == {"function"}
    assert sample.ask("header", min_score=1.0) == []
    assert len(sample.ask("header callers rate", top_k=1)) == 1


def test_a_path_pattern_that_cannot_be_read_is_refused(sample: Tree) -> None:
    with pytest.raises(GlobInvalid) as refusal:
        sample.ask("header", path="a\\")
    assert refusal.value.code == "glob_invalid"


def test_a_question_that_nothing_answers_has_no_hits(sample: Tree) -> None:
    assert sample.ask("zebra xylophone quux") == []


def test_an_empty_tree_answers_with_nothing(tree: Tree) -> None:
    tree.index.refresh()
    assert tree.ask("anything") == []
    assert tree.index.progress.complete == 1.0


@pytest.mark.parametrize(
    "query", ["how is it", "?!()[]", '"" OR "', "the", "* NEAR(", "'; DROP", "\x01"]
)
def test_stop_words_punctuation_and_operators_never_raise(sample: Tree, query: str) -> None:
    assert isinstance(sample.ask(query), list)


def test_a_question_of_stop_words_uses_them(tree: Tree) -> None:
    tree.write("a.txt", "this is what it is\n")
    tree.index.refresh()
    assert tree.paths("what is it") == ["a.txt"]


@given(query=st.text(min_size=1, max_size=200).filter(lambda t: t.strip() and "\0" not in t))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_question_raises(sample: Tree, query: str) -> None:
    for hit in sample.ask(query):
        assert 0 <= hit.score <= 1
        assert hit.why


def test_hits_come_best_first_and_alike_each_time(sample: Tree) -> None:
    hits = sample.ask("limits callers header name value token")
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert hits == sample.ask("limits callers header name value token")


def test_long_chunks_are_shown_in_whole_lines(tree: Tree) -> None:
    tree.write("a.txt", "needle\n" + ("x" * 3000 + "\n") * 2)
    tree.write("b.txt", "needle " + "y" * 9000)
    tree.index.refresh()
    hits = {hit.path: hit for hit in tree.ask("needle")}
    assert hits["b.txt"].truncated
    assert hits["b.txt"].text == "needle ".ljust(TEXT_LIMIT, "y")
    assert hits["a.txt"].text.startswith("needle")


def test_a_question_is_taken_apart() -> None:
    question = understand("how does the RateLimiter handle auth?")
    assert "ratelimiter" in question.names
    assert "ratelimiter" in question.identifiers
    assert not question.is_identifier
    assert "authentic" in question.wider
    assert understand("std::vector").is_identifier
    assert "ratelimiter" in understand("rate limiter").pairs


@pytest.mark.parametrize(
    ("name", "expected"),
    [("PY", "python"), ("c#", "csharp"), ("Bash", "shell"), (" ts ", "typescript"), ("zig", "zig")],
)
def test_languages_go_by_the_names_people_use(name: str, expected: str) -> None:
    assert canonical(name) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.h", "int f(void);", "c"),
        ("a.h", "namespace a {", "cpp"),
        ("Dockerfile.dev", "", "dockerfile"),
        ("Makefile", "", "make"),
        ("run", "#!/usr/bin/env python3\n", "python"),
        ("run", "#!/bin/bash\n", "shell"),
        ("run", "#!/usr/bin/awk\n", None),
        ("LICENSE", "Text", None),
        ("CMakeLists.txt", "", "cmake"),
    ],
)
def test_a_language_is_told_by_name_first_line_or_content(
    path: str, text: str, expected: str | None
) -> None:
    assert detect(path, text)[0] == expected


def test_a_question_of_which_little_is_found_scores_low(sample: Tree) -> None:
    full = sample.ask("acquire token of the rate limiter")[0]
    part = sample.ask("acquire kubernetes operator reconcile webhook")[0]
    assert full.path == part.path == "src/limiter.py"
    assert full.score > 0.6
    assert part.score < full.score / 2
