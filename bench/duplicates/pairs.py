"""Labelled pairs of tasks: what is the same work in other words, and what only looks like it.

`a.txt` and `b.txt` hold five kinds of project each, `c.txt` and `d.txt` seven others each. A task
stands on a line that begins with `=`, the same task as another person would write it with `~`, and
a different one of the same corner of the project with `!`; each with its title, what it says, and
the places in the code that somebody who looked would add. Agents work in the code and nearly always
name these, people do not: of twenty triples eighteen are taken with them, one with the first task's
alone and one without any. The other kinds are measured beside it, as they are much harder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
HALVES: Final = ("a", "b")
LEARNED: Final = ("a", "c")
"""Weights and thresholds come from these."""
FRESH: Final = "d"
"""Written when everything was settled, and measured once."""
PARTS: Final = (*HALVES, "c", FRESH)
MARKS: Final = ("= ", "~ ", "! ")
ONE_SIDED: Final = 9
NEITHER: Final = 19
PERIOD: Final = 20


@dataclass(frozen=True)
class Text:
    """A task as it is written."""

    title: str
    said: str
    places: str

    def with_places(self) -> tuple[str, str]:
        return self.title, f"{self.said} {self.places}"

    def without_places(self) -> tuple[str, str]:
        return self.title, self.said

    def title_alone(self) -> tuple[str, str]:
        return self.title, ""


@dataclass(frozen=True)
class Triple:
    """A task, the same in other words, and a different one that looks like it."""

    project: str
    task: Text
    same: Text
    other: Text


@dataclass(frozen=True)
class Case:
    """A triple as title and description of each."""

    task: tuple[str, str]
    same: tuple[str, str]
    other: tuple[str, str]


Write = Callable[[Text], tuple[str, str]]


def both(triple: Triple) -> Case:
    """Everybody names places in the code."""
    return _case(triple, Text.with_places, Text.with_places)


def one_sided(triple: Triple) -> Case:
    """Who wrote the first task names places, who writes now does not."""
    return _case(triple, Text.with_places, Text.without_places)


def neither(triple: Triple) -> Case:
    return _case(triple, Text.without_places, Text.without_places)


def titles(triple: Triple) -> Case:
    return _case(triple, Text.title_alone, Text.title_alone)


KINDS: Final = {"both": both, "one-sided": one_sided, "neither": neither, "titles": titles}


def mixed(triples: list[Triple]) -> list[Case]:
    """The triples as people write: most with places in the code, some without."""
    chosen = {ONE_SIDED: one_sided, NEITHER: neither}
    return [chosen.get(n % PERIOD, both)(triple) for n, triple in enumerate(triples)]


def load(part: str) -> list[Triple]:
    """The triples of one part."""
    found: list[Triple] = []
    project, texts = "", list[Text]()
    for line in (FOLDER / f"{part}.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            project = line[2:]
        elif line.startswith(MARKS):
            texts.append(Text(*line[2:].split(" | ")))
            if len(texts) == len(MARKS):
                found.append(Triple(project, *texts))
                texts = []
    return found


def _case(triple: Triple, first: Write, second: Write) -> Case:
    return Case(first(triple.task), second(triple.same), second(triple.other))
