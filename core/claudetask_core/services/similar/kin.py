"""What people call the same thing in tasks, and what they never mean to be the same.

`words/rings.txt` holds words and phrases of which one may stand for another in the text of a task;
a line is a ring. In `words/contrasts.txt` are things of a kind: two texts of which one names the
first and the other the second are about different work, however alike they are otherwise.
`words/plain.txt` holds rings that nearly every task has a word of, so that sharing them says
little.
"""

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).with_name("words")


def rows(name: str) -> list[list[str]]:
    """The rows of a list, each with its words and phrases."""
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return [[entry.strip() for entry in line.split(",")] for line in lines if line]
