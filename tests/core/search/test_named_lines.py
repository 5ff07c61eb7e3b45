import pytest

from claudetask_core.search.ranking.named_lines import MOST, named_files, named_lines
from tests.core.search.trees import Tree

LINES = "\n\n".join(
    f"def step_{number}(value):\n    return value + {number}\n\n\n# {'about it ' * 80}"
    for number in range(12)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("src/app.py:12", ("src/app.py", 12)),
        ("why does src/app.py:12 fail", ("src/app.py", 12)),
        ("it fails in app.py:12.", ("app.py", 12)),
        ("error: src/main.rs:2:5", ("src/main.rs", 2)),
        ('  File "/home/me/app/a.py", line 7, in run', ("/home/me/app/a.py", 7)),
        ("at run (/srv/app/dist/a.js:10:15)", ("/srv/app/dist/a.js", 10)),
        ("at file:///srv/a.mjs:10:15", ("///srv/a.mjs", 10)),
        ("at com.shop.Login.enter(Login.java:102)", ("Login.java", 102)),
        (r"in C:\work\Shop\Login.cs:line 31", ("/work/Shop/Login.cs", 31)),
        ("Login.cs(31,7): error CS0103", ("Login.cs", 31)),
        ("Uncaught Error in /var/www/a.php on line 9", ("/var/www/a.php", 9)),
        ("app/[id]/page.tsx#L40-L44", ("app/[id]/page.tsx", 40)),
        ("[app.py:12] failed", ("app.py", 12)),
        ("what does line 40 of lib/x.rb do", ("lib/x.rb", 40)),
        ("lines 40-44 in `lib/x.rb`", ("lib/x.rb", 40)),
        ("a.go:42 +0x1d", ("a.go", 42)),
    ],
)
def test_a_line_is_read_as_tools_and_people_write_it(text: str, expected: tuple[str, int]) -> None:
    assert [tuple(one) for one in named_lines(text)] == [expected]


@pytest.mark.parametrize(
    "text",
    ["", "app.py", "app.py:0", "app.py:", "std::vector", "10:30", "http://localhost:8080/a",
     "version 1.2.3", "a.py:12x", "a.py:12.5", "line 12", "Foo.bar(baz)"],
)  # fmt: skip
def test_what_names_no_line_of_a_file_is_not_taken_for_one(text: str) -> None:
    assert named_lines(text) == ()


def test_of_a_long_trace_each_of_the_first_lines_is_read_once() -> None:
    trace = "\n".join(f"at f (a.js:{number // 2 + 1}:1)" for number in range(400))
    assert [one.line for one in named_lines(trace)] == list(range(1, MOST + 1))


@pytest.mark.parametrize(
    "text",
    ["a" * 4000, "a." * 2000, "a/" * 2000, "[" * 4000, "a.b:" * 1000, "line 1 " * 570,
     "a.b, " * 800],
)  # fmt: skip
def test_no_text_is_long_to_be_read(text: str) -> None:
    assert named_lines(text) == ()


@pytest.mark.parametrize(
    "written",
    ["steps.py:{}", "lib/steps.py:{}:5", "/home/me/shop/lib/steps.py:{}", "line {} of steps.py"],
)
def test_the_piece_that_holds_a_named_line_comes_first(tree: Tree, written: str) -> None:
    tree.write("lib/steps.py", LINES)
    tree.write("lib/other.py", "# steps of the lib\n" * 9 + LINES.replace("step", "steps"))
    tree.index.refresh()
    for line in (1, 31, 50):
        best = tree.ask("it fails at " + written.format(line))[0]
        assert best.path == "lib/steps.py"
        assert best.start_line <= line <= best.end_line
        assert best.why.startswith(f"holds line {line}")


def test_of_a_trace_the_pieces_of_each_frame_of_the_project_come_first(tree: Tree) -> None:
    tree.write("shop/models.py", LINES)
    tree.write("shop/views.py", LINES)
    tree.write("docs/views.md", "# Views\n\nA view of the shop can raise an error.\n" * 5)
    tree.index.refresh()
    trace = (
        'File "/usr/lib/python3/site-packages/orm/models.py", line 30, in get\n'
        'File "/srv/shop/views.py", line 30, in view\n'
        'File "/srv/shop/models.py", line 50, in raise_error\n'
    )
    first, second, *rest = tree.ask(trace)
    assert {first.path, second.path} == {"shop/models.py", "shop/views.py"}
    assert all("holds line" in hit.why and hit.score == 1.0 for hit in (first, second))
    assert not any("holds line" in hit.why for hit in rest)


def test_hits_stay_in_the_order_of_their_scores(tree: Tree) -> None:
    tree.write("lib/steps.py", LINES)
    tree.write("lib/other.py", "def steps(): pass\n" * 9)
    tree.index.refresh()
    hits = tree.ask(" ".join(f"lib/steps.py:{line}" for line in (1, 20, 31, 40, 50)))
    assert len([hit for hit in hits if "holds line" in hit.why]) > 2
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_line_of_a_name_that_many_files_have_or_that_is_not_there_changes_nothing(
    tree: Tree,
) -> None:
    for number in range(6):
        tree.write(f"part{number}/steps.py", LINES)
    tree.index.refresh()
    for question in ("steps.py:30", "part0/steps.py:9000", "gone.py:3"):
        assert not any("holds line" in hit.why for hit in tree.ask(question)), question
    assert tree.ask("part3/steps.py:30")[0].path == "part3/steps.py"


def test_a_named_line_is_not_shown_where_a_filter_leaves_its_file_out(tree: Tree) -> None:
    tree.write("lib/steps.py", LINES)
    tree.write("src/steps.ts", "export function step() {}\n")
    tree.index.refresh()
    assert set(tree.paths("lib/steps.py:31", path="src/**")) <= {"src/steps.ts"}


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("what does src/a/tfa.ex do", ("src/a/tfa.ex",)),
        ("see `app/[id]/page.tsx`.", ("app/[id]/page.tsx",)),
        ("mail.text.eex and mail.text.eex", ("mail.text.eex",)),
        (r"C:\shop\app\Main.cs(3,4)", ("/shop/app/Main.cs",)),
        ("from 1.2.3 to v2.0", ()),
        ("https://example.com/a.b/c", ()),
        ("no file", ()),
    ],
)
def test_files_are_named_by_paths_with_an_ending(text: str, files: tuple[str, ...]) -> None:
    assert named_files(text) == files


@pytest.fixture
def mails(tree: Tree) -> Tree:
    """A tree with a small file whose name others speak of more."""
    tree.write("web/email/added_email.text.eex", "Hello\n")
    tree.write("lib/email.py", "class Email:\n    added = 'email text'\n" * 5)
    tree.write("lib/email/added.py", "def email_added(email):\n    return email.text\n" * 3)
    tree.index.refresh()
    return tree


@pytest.mark.parametrize(
    "question",
    [
        "web/email/added_email.text.eex",
        "email/added_email.text.eex",
        "added_email.text.eex",
        "/home/me/shop/web/email/added_email.text.eex",
        "how does added_email.text.eex greet",
    ],
)
def test_a_file_that_a_question_names_comes_first(mails: Tree, question: str) -> None:
    assert mails.paths(question)[0] == "web/email/added_email.text.eex"


def test_a_name_that_many_files_have_lifts_none_of_them(tree: Tree) -> None:
    for number in range(5):
        tree.write(f"part{number}/main.py", "x = 1\n")
    tree.write("start.py", "def start():\n    main = 'py'\n    return main\n")
    tree.index.refresh()
    assert tree.ask("how does main.py start")[0].path == "start.py"
