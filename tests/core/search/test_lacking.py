"""A name of several words is answered by what has it whole."""

import pytest

from tests.core.search.trees import Tree


@pytest.fixture
def settings(tree: Tree) -> Tree:
    """A tree whose paths hold the words of a name that one file has whole."""
    tree.write("shop/secret/key.py", "class Key:\n    secret = None\n    base = None\n" * 3)
    tree.write("shop/secret/base.py", "def base_of(secret, key):\n    return secret.base(key)\n")
    tree.write("config/runtime.py", "import os\n\nvalue = os.environ['SHOP_SECRET_KEY_BASE']\n")
    for number in range(6):
        tree.write(f"shop/part{number}.py", f"def part{number}():\n    return {number}\n")
    tree.index.refresh()
    return tree


@pytest.mark.parametrize(
    "question",
    [
        "SHOP_SECRET_KEY_BASE",
        "ShopSecretKeyBase",
        "where is SHOP_SECRET_KEY_BASE read",
        "Fix SHOP_SECRET_KEY_BASE for the shop",
    ],
)
def test_the_file_that_has_a_name_comes_before_those_with_its_words(
    settings: Tree, question: str
) -> None:
    assert settings.paths(question)[0] == "config/runtime.py"


def test_a_name_that_stands_nowhere_changes_nothing(settings: Tree) -> None:
    assert settings.paths("SHOP_SECRET_KEY")[0] == "shop/secret/key.py"


def test_the_piece_that_has_a_name_comes_before_the_others_of_its_file(tree: Tree) -> None:
    other = "\n".join(f"retry_{n} = retry(limit, count, {n})  # limit, retry" for n in range(40))
    lines = f"{other}\n\n\ndef wait():\n    return env['MAX_RETRY_LIMIT']\n\n\n{other}\n"
    tree.write("retry.py", lines)
    tree.index.refresh()
    assert "MAX_RETRY_LIMIT" in tree.ask("MAX_RETRY_LIMIT")[0].text


def test_a_name_is_found_where_it_is_written_as_one_word(tree: Tree) -> None:
    tree.write("net/web/socket/pool.py", "def socket(web):\n    return web.socket\n")
    tree.write("net/upgrade.py", "def upgrade(header):\n    return header == 'websocket'\n")
    tree.index.refresh()
    assert tree.paths("upgrade to WebSocket")[0] == "net/upgrade.py"
