"""What a search answers, seen through every door."""

from pathlib import Path

import pytest

from tests.faces.conftest import Door, RefusedError

pytestmark = pytest.mark.boardless

MONEY = "def round_half_up(amount):\n    return int(amount + 0.5)\n"


@pytest.fixture(autouse=True)
def shop(project: Path) -> None:
    files = {
        "src/money.py": MONEY,
        "tests/test_money.py": "def test_round_half_up():\n    assert round_half_up(0.5) == 1\n",
        "docs/money.md": "# Money\n\nWe round half up.\n",
        "money.toml": "round_half_up = true\n",
    }
    for path, text in files.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("code", "src/money.py"),
        ("tests", "tests/test_money.py"),
        ("docs", "docs/money.md"),
        ("config", "money.toml"),
    ],
)
async def test_kind_leaves_the_files_that_are_for_that(door: Door, kind: str, path: str) -> None:
    assert (await door.search("round_half_up", kind=kind))[0] == [path]


async def test_an_unknown_kind_is_refused_and_names_the_four(door: Door) -> None:
    with pytest.raises(RefusedError, match="code, docs, config or tests") as failure:
        await door.search("round", kind="pictures")
    assert "pictures" in str(failure.value)


@pytest.mark.parametrize(
    ("query", "filters", "said"),
    [
        ("zyzzyva", {}, "Nothing found. Try fewer or other words"),
        ("\U0001f600 ?!", {}, "The question holds no word or name"),
        ("round", {"language": "pythn"}, "Did you mean language=python?"),
        ("round", {"path": "lib/**"}, "Nothing found with path='lib/**'. Without that the best is"),
    ],
)
async def test_an_empty_answer_says_what_to_try(
    door: Door, query: str, filters: dict[str, str], said: str
) -> None:
    assert said in (await door.search(query, **filters))[1]


@pytest.mark.parametrize("query", ["", "   ", "q" * 2001, "a\x00b"])
async def test_what_is_no_question_is_refused(door: Door, query: str) -> None:
    with pytest.raises(RefusedError, match="query"):
        await door.search(query)


@pytest.mark.parametrize(
    "query", ["round\x1b[31m\x07 half", "the of and", "Привет round", "q" * 2000]
)
async def test_odd_questions_are_answered(door: Door, query: str) -> None:
    await door.search(query)
