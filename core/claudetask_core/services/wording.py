"""Lists inside a sentence: short enough that the sentence stays readable."""

from collections.abc import Sequence

CHARACTERS = 160


def listed(names: Sequence[str], *, characters: int = CHARACTERS) -> str:
    """As many names as fit, and how many were left out; nothing becomes `none`."""
    shown: list[str] = []
    for name in names:
        if shown and sum(map(len, shown)) + 2 * len(shown) + len(name) > characters:
            break
        shown.append(name[:characters])
    left = len(names) - len(shown)
    return "; ".join(shown) + (f"; and {left} more" if left else "") if names else "none"
