"""The scripts of files that are pages first (HTML, Vue, Svelte, Astro)."""

import re
from typing import Final

PAGES: Final = frozenset({"html", "vue", "svelte", "astro"})
_FENCE: Final = b"---\n"
_SHOWN: Final = re.compile(rb"[^\n]")
_OPENING: Final = re.compile(
    rb"<script(?=[\s>/])((?:[^>\"']|\"[^\"]{0,300}\"|'[^']{0,300}'){0,400})>", re.IGNORECASE
)
_CLOSING: Final = re.compile(rb"</script", re.IGNORECASE)
_TYPE: Final = re.compile(rb"\btype\s*=\s*[\"']?\s*([\w/+.-]*)", re.IGNORECASE)


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
    while opening := _OPENING.search(data, done):
        closing = _CLOSING.search(data, opening.end())
        if closing is None:
            break
        done = closing.start()
        if _is_code(opening[1]):
            found.append((opening.end(), done))
    return found


def _is_code(attributes: bytes) -> bool:
    kind = _TYPE.search(attributes)
    said = kind[1].lower() if kind else b""
    return not said or said == b"module" or said.endswith((b"script", b"jsx", b"babel"))
