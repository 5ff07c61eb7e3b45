"""The scripts of files that are pages first (Vue, Svelte, Astro)."""

import re
from typing import Final

PAGES: Final = frozenset({"vue", "svelte", "astro"})
_FENCE: Final = b"---\n"
_SHOWN: Final = re.compile(rb"[^\n]")


def script_of(data: bytes) -> bytes:
    """The file with everything but its scripts blanked, so that all stays in its place."""
    kept: list[bytes] = []
    done = 0
    for start, end in _scripts(data):
        kept.extend((_SHOWN.sub(b" ", data[done:start]), data[start:end]))
        done = end
    kept.append(_SHOWN.sub(b" ", data[done:]))
    return b"".join(kept)


def _scripts(data: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    done = 0
    if data.startswith(_FENCE):
        end = data.find(b"\n" + _FENCE, len(_FENCE) - 1)
        if end >= 0:
            found.append((len(_FENCE), end + 1))
            done = end + 1
    while True:
        opening = data.find(b"<script", done)
        start = data.find(b">", opening) + 1 if opening >= 0 else 0
        end = data.find(b"</script", start) if start else -1
        if end < 0:
            return found
        found.append((start, end))
        done = end
