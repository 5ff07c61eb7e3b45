"""What people write for a path that a pattern of .gitignore has no form for."""

import re
from typing import Final

MOST: Final = 16
"""Patterns that one with braces is read as; where they say more, they stand for themselves."""

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_BRACKETS: Final = re.compile(r"(?<!\\)[\[\]]")
_SLASHES: Final = re.compile(r"/{2,}")


def forms(pattern: str) -> list[str]:
    """The patterns of which a path has to match one.

    Braces are read as shells do (`*.{ts,tsx}`), brackets also as themselves, for there are folders
    named `[id]`; either may still be what the pattern says.
    """
    plain = _SLASHES.sub("/", pattern)
    read = [plain, *_without_braces(plain)]
    literal = [_BRACKETS.sub(r"\\\g<0>", one) for one in read]
    return list(dict.fromkeys([*read, *literal]))


def within(pattern: str, root: str) -> str:
    """A pattern that begins with the folder of the project, from there on; others as they are."""
    negation = "!" if pattern.startswith("!") else ""
    bare = pattern.removeprefix("!")
    if bare.rstrip("/") == root:
        return f"{negation}/**"
    return negation + bare[len(root) :] if bare.startswith(f"{root}/") else pattern


def _without_braces(pattern: str) -> list[str]:
    done, left = list[str](), [pattern]
    while left:
        one = left.pop()
        found = _BRACES.search(one)
        if found is None:
            done.append(one)
            continue
        choices = reversed(found[1].split(","))
        left += [one[: found.start()] + choice + one[found.end() :] for choice in choices]
        if len(done) + len(left) > MOST:
            return []
    return done
