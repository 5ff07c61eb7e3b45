"""Names and words that are asked for with a letter too many, too few or in the wrong place."""

import pytest

from tests.core.search.trees import LIMITER, PARSER, Tree


@pytest.fixture
def written(tree: Tree) -> Tree:
    tree.write("limits.py", LIMITER)
    tree.write("headers.py", PARSER)
    tree.write("dates.py", "def parse_dates(text):\n    return text.split()\n")
    tree.write("uses.py", "from limits import RateLimiter\n\nlimiter = RateLimiter(1.0)\n" * 3)
    tree.write("settings.py", 'polling = read("SHOP_POLLING_INTERVAL")\n')
    tree.write("shop.py", "def shop_interval(shop, interval):\n    return interval\n")
    tree.write("README.md", "# Notes\n\nThe header of each row is parsed.\n")
    tree.index.refresh()
    return tree


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("RateLimitter", "limits.py"),
        ("RateLmiiter", "limits.py"),
        ("RateLimter", "limits.py"),
        ("RateLimiters", "limits.py"),
        ("ratelimiter", "limits.py"),
        ("ratelimitre", "limits.py"),
        ("parse_dattes", "dates.py"),
        ("parse_date", "dates.py"),
        ("parse_headre", "headers.py"),
        ("RateLimiter.aquire_token", "limits.py"),
        ("SHOP_POLING_INTERVAL", "settings.py"),
        ("where is RateLimitter filled", "limits.py"),
        ("which function hands out tokken", "limits.py"),
    ],
)
def test_a_misspelt_name_finds_what_it_is_nearest_to(written: Tree, asked: str, path: str) -> None:
    assert written.paths(asked)[0] == path


def test_a_hit_says_what_it_defines_and_not_what_was_asked(written: Tree) -> None:
    assert written.ask("RateLimitter")[0].why.startswith("defines ratelimiter")


def test_a_word_that_stands_somewhere_is_taken_as_it_is_written(tree: Tree) -> None:
    tree.write("tokens.py", "def tokens():\n    return 'tokens tokens'\n" * 3)
    tree.write("notes.txt", "about tokyns\n")
    tree.index.refresh()
    assert tree.paths("tokyns") == ["notes.txt"]


@pytest.mark.parametrize("asked", ["zzqqxx", "RateLimitterFactory", "ümläut", "x" * 500])
def test_what_is_like_nothing_changes_nothing(written: Tree, asked: str) -> None:
    assert all(hit.score < 0.5 for hit in written.ask(asked))


def test_contents_of_another_tree_correct_nothing(tree: Tree) -> None:
    tree.write("limits.py", LIMITER)
    tree.write("other.py", "one = 1\n")
    tree.index.refresh()
    (tree.root / "limits.py").unlink()
    tree.index.refresh()
    assert not tree.ask("RateLimitter")
