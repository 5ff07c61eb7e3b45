"""Code-like text from a seed: identifiers as frequent as Zipf's law says, in several languages."""

import itertools
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speed import corpus

SEED: Final = 20
LEVELS: Final = 10
PER_FOLDER: Final = 25
_SYLLABLES: Final = (
    "ac al an ar ba be bo ca co da de di do el en er fa fi ga ge ho in ka ki la le li lo ma me "
    "mi mo na ne no or pa pe po ra re ri ro sa se si so ta te ti to un va ve vi wa xe ya zo"
)
_KNOWN: Final = (
    "get set user file path index token cache store node list map read write open close parse "
    "render request response session handler service client server event queue task worker "
    "config option value key name type error result query filter sort page route model view "
    "table column row buffer stream socket connection thread lock timer clock signal message"
)
_WORDS: Final = 12_000
_NAMES: Final = 60_000
_POOL: Final = 1_000_000


@dataclass(frozen=True)
class Language:
    """How a file begins, and a function of it: `{n}` names, `{b}` body lines."""

    ending: str
    head: str
    function: str
    line: tuple[str, ...]
    camel: bool


LANGUAGES: Final = (
    Language(
        "py",
        "import {0}\nfrom {1} import {2}\n\n",
        'def {0}({1}, {2}=None):\n    """{3} {4} the {5} of {1}."""\n{b}    return {2}\n\n\n',
        (
            "    {0} = {1}({2}, {3})\n",
            "    if {0}.{1}:\n        {2}.{3}({0})\n",
            "    # {0} {1}\n",
        ),
        camel=False,
    ),
    Language(
        "ts",
        "import {{ {0}, {1} }} from './{2}';\n\n",
        "/** {3} {4} the {5}. */\nexport function {0}({1}: string, {2}: number) {{\n{b}}}\n\n",
        ("  const {0} = {1}({2}, {3});\n", "  if ({0}) {{ {1}.{2}({3}); }}\n", "  // {0} {1}\n"),
        camel=True,
    ),
    Language(
        "java",
        "package {0}.{1};\n\nclass {2} {{\n}}\n\n",
        "class {0} {{\n    /** {3} {4} the {5}. */\n    int {1}(int {2}) {{\n{b}    }}\n}}\n\n",
        (
            "        int {0} = {1}({2}, {3});\n",
            "        {0}.{1}({2});\n",
            "        // {0} {1} {2}\n",
        ),
        camel=True,
    ),
    Language(
        "go",
        'package {0}\n\nimport "{1}"\n\n',
        "// {0} {3} {4} the {5}.\nfunc {0}({1} string, {2} int) error {{\n{b}\treturn nil\n}}\n\n",
        ("\t{0} := {1}({2}, {3})\n", "\tif {0} != nil {{\n\t\t{1}.{2}({3})\n\t}}\n", "\t// {0}\n"),
        camel=True,
    ),
    Language(
        "c",
        '#include "{0}.h"\n#include "{1}.h"\n\n',
        "/* {3} {4} the {5} */\nstatic int {0}(int {1}, char *{2})\n{{\n{b}  return {1};\n}}\n\n",
        ("  int {0} = {1}({2}, {3});\n", "  {0}->{1} = {2};\n", "  /* {0} {1} {2} */\n"),
        camel=False,
    ),
    Language(
        "rs",
        "use {0}::{1};\n\n",
        "/// {3} {4} the {5}.\npub fn {0}({1}: &str, {2}: u32) -> u32 {{\n{b}    {2}\n}}\n\n",
        ("    let {0} = {1}({2}, {3});\n", "    {0}.{1}({2});\n", "    // {0} {1}\n"),
        camel=False,
    ),
    Language(
        "md",
        "# {0} {1}\n\n",
        "## {0}\n\nThe {1} {2} {3} {4} `{5}`.\n\n{b}\n",
        ("{0} {1} {2} and {3}. ", "See `{0}`. ", "{0} {1}\n"),
        camel=False,
    ),
)


def make_tree(root: Path, files: int, size: int) -> dict[str, float]:
    """Makes the tree where it is missing, a git repository; answers what is in it."""
    if not (root / ".git").exists():
        writer = _Writer(random.Random(SEED))  # noqa: S311 — made-up text
        for number in range(files):
            path, text = writer.file(number, size / files)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
        corpus.commit(root)
    sizes = [path.stat().st_size for path in root.rglob("f*.*") if path.is_file()]
    return {"files": len(sizes), "mb": round(sum(sizes) / 1e6, 1)}


def questions(count: int) -> list[str]:
    """Questions in words, and every third a name."""
    source = random.Random(SEED + 1)  # noqa: S311 — as above
    words = _vocabulary(random.Random(SEED))  # noqa: S311 — as above
    asked: list[str] = []
    for number in range(count):
        some = source.sample(words[:400], 2) + source.sample(words, 1)
        asked.append("_".join(some[:2]) if number % 3 == 2 else f"how the {' '.join(some)} works")  # noqa: PLR2004 — a third
    return asked


def _vocabulary(source: random.Random) -> list[str]:
    syllables = _SYLLABLES.split()
    known = _KNOWN.split()
    made = {"".join(source.choices(syllables, k=source.randint(2, 4))) for _ in range(_WORDS)}
    tail = sorted(made - set(known))
    source.shuffle(tail)
    return [*known, *tail]


class _Writer:
    def __init__(self, source: random.Random) -> None:
        self._source = source
        words = _vocabulary(source)
        chances = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
        names = [
            source.choices(words, cum_weights=chances, k=source.choice((1, 2, 2, 3)))
            for _ in range(_NAMES)
        ]
        ranks = list(itertools.accumulate(1 / (rank + 3) for rank in range(_NAMES)))
        drawn = source.choices(names, cum_weights=ranks, k=_POOL)
        self._snakes = ["_".join(name) for name in drawn]
        self._camels = [name[0] + "".join(map(str.title, name[1:])) for name in drawn]
        self._folders = _KNOWN.split()
        self._at = 0

    def file(self, number: int, mean: float) -> tuple[str, str]:
        """Its path, and a text of about the mean size, as often half as twice of it."""
        source = self._source
        language = source.choice(LANGUAGES)
        names = self._camels if language.camel else self._snakes
        parts = [language.head.format(*self._some(names))]
        wanted = mean * source.choice((0.3, 0.5, 0.7, 1.0, 1.2, 2.3))
        length = 0
        while length < wanted:
            body = "".join(
                source.choice(language.line).format(*self._some(names))
                for _ in range(source.randint(2, 14))
            )
            parts.append(language.function.format(*self._some(names), b=body))
            length += len(parts[-1])
        return self._path(number, language.ending), "".join(parts)

    def _path(self, number: int, ending: str) -> str:
        place = number // PER_FOLDER
        steps = [
            self._folders[(place // (level + 1)) % (4 + 3 * level)]
            for level in range(1 + place % LEVELS)
        ]
        return "/".join([*steps, f"f{number}_{self._snakes[number % _POOL]}.{ending}"])

    def _some(self, names: list[str]) -> list[str]:
        self._at = (self._at + 6) % (_POOL - 12)
        return names[self._at : self._at + 6]
