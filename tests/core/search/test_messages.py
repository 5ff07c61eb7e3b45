import pytest

from claudetask_core.search.ranking.messages import quoted
from claudetask_core.search.ranking.question import understand
from claudetask_core.search.ranking.weights import CHANGE, MESSAGE, weights_of
from claudetask_core.search.text.tokens import stem
from tests.core.search.trees import Tree

pytestmark = pytest.mark.boardless

ID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    "value",
    [
        ID,
        "0x7f3a91c04e10",
        "d41d8cd98f00b204e9800998ecf8427e",
        "2024-05-17T09:31:22Z",
        "2024-05-17 09:31:22,118",
        "09:31:22.118",
    ],
)
def test_a_value_in_a_question_is_no_word_of_it(value: str) -> None:
    assert understand(f"pool {value} is closed").words == ("pool", "clos")


@pytest.mark.parametrize(
    "word", ["ed25519", "sha256", "0x7f", "2024", "E0382", "deadbeef", "v1-2-3", "a1b2c3d4"]
)
def test_names_with_numbers_are_no_values(word: str) -> None:
    assert quoted(f"where is {word} read").values == ()


def test_an_id_that_stands_in_source_is_found_by_it(tree: Tree) -> None:
    tree.write("ids.py", f'SHOP = "{ID}"\n')
    tree.write("other.py", 'LETTERS = "f e d a c 0 9 11 3 89 4"\n' * 3)
    tree.index.refresh()
    assert tree.paths(ID)[0] == "ids.py"
    assert tree.paths(f"which shop has the id {ID}")[0] == "ids.py"


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("/home/anna/work/var/cache/items.db", "items.db"),
        ("C:\\Users\\Anna\\shop\\config.json", "config.json"),
        ("/Users/anna/shop/app.py", "app.py"),
        ("/home/anna/.config/nvim/init.lua", ".config/nvim/init.lua"),
        ("/etc/resolv.conf", "/etc/resolv.conf"),
        ("/v1/feeds/{id}/refresh", "/v1/feeds/{id}/refresh"),
        ("src/home/view.py", "src/home/view.py"),
    ],
)
def test_of_a_path_of_another_machine_its_file_is_asked_for(path: str, left: str) -> None:
    assert quoted(f"cannot open {path}").text.split() == ["cannot", "open", *left.split()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RuntimeError: pool is closed", True),
        ("java.lang.IllegalStateException: pool is closed", True),
        ("2024-05-17 09:31:22,118 ERROR [main] pool is closed", True),
        ("panic: pool is closed", True),
        ("error[E0382]: borrow of moved value", True),
        ("Traceback (most recent call last):\n  pool.get()\nValueError: pool is closed", True),
        (f"no pool for {ID}", True),
        ("where is a KeyError raised", False),
        ("Error handling in the pool: where is it", False),
        ("pool: close it twice", False),
        ("errors of the pool", False),
    ],
)
def test_a_message_of_a_program_is_told_from_a_question(text: str, *, expected: bool) -> None:
    question = understand(text)
    assert question.is_message is expected
    assert (weights_of(question, by_meaning=True) is MESSAGE) is expected


def test_what_says_that_it_is_an_error_counts_little() -> None:
    question = understand("RuntimeError: pool is closed")
    assert question.weight(stem("error")) < question.weight("pool")


def test_a_request_for_a_change_may_name_an_error() -> None:
    question = understand("Fix TypeError: it is raised for an empty pool")
    assert weights_of(question, by_meaning=True) is CHANGE


def test_a_message_leads_to_where_it_is_raised(tree: Tree) -> None:
    tree.write("pool/size.py", "def size(pool):\n    return pool.size\n" * 4)
    tree.write("small/pool.py", "class SmallPool:\n    size = 1\n" * 4)
    tree.write("pool/letters.py", "f, e, d, a, c = (9, 11, 89, 4)  # pool size\n" * 3)
    tree.write("small/text.py", "def small(size):\n    return too(small, pool(size))\n" * 4)
    tree.write(
        "cli.py",
        "def start(options):\n    if options.threads > options.pool:\n"
        '        raise ValueError(f"Pool size too small for {options.name}")\n',
    )
    tree.index.refresh()
    assert tree.paths(f"ValueError: Pool size too small for {ID}")[0] == "cli.py"


def test_what_has_every_word_of_a_sentence_comes_before_files_named_for_some(tree: Tree) -> None:
    tree.write("user/user.go", "package user\n\nfunc User() {}\n" * 3)
    tree.write("user/found.go", "package user\n\nfunc Found(user User) {}\n" * 3)
    tree.write("auth/check.go", "package auth\n\nfunc Authenticated(user User) bool {\n}\n" * 3)
    tree.write(
        "page.go",
        "package page\n\nfunc Page() error {\n"
        '\treturn errors.New("authenticated user found without session")\n}\n',
    )
    tree.index.refresh()
    assert tree.paths("authenticated user found without session")[0] == "page.go"
