"""The pairs of all sources: read from their archives, cleaned of what search is measured on."""

import io
import random
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Final

from tools.train_table.mine import LANGUAGES, Pair, pairs

MOST_FILE: Final = 400_000
MOST_FROM_SOURCE: Final = 5000
MOST_OF_LANGUAGE: Final = 45_000
_ASIDE: Final = re.compile(
    r"(?:^|/)(?:tests?|spec|vendor|third_party|node_modules|min|debian)/|\.min\."
)


def excluded() -> frozenset[str]:
    """The names of the repositories that search is measured on."""
    text = (Path(__file__).parent / "excluded.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@dataclass
class Decontaminator:
    """Knows a measured repository by its name in a path and by what its code says."""

    names: frozenset[str]
    codes: set[bytes] = field(default_factory=set[bytes])

    def learn(self, root: Path) -> None:
        """Takes in the code of a checkout, in shingles of eight lines."""
        for path in root.rglob("*"):
            if path.suffix.lstrip(".") in LANGUAGES and path.is_file():
                text = path.read_bytes()[:MOST_FILE].decode("utf-8", "replace")
                self.codes.update(shingles(text))

    def allows_path(self, path: str) -> bool:
        """Whether no part of a path is one of the names."""
        parts = re.split(r"[/@]", path.lower())
        return not any(
            part in self.names or re.sub(r"[-_.]?v?\d[\w.]*$", "", part) in self.names
            for part in parts[:-1]
        )

    def allows_code(self, code: str) -> bool:
        """Whether the code shares no eight lines with a checkout."""
        return self.codes.isdisjoint(shingles(code))


def shingles(text: str, width: int = 8) -> Iterator[bytes]:
    """Hashes of runs of `width` lines that say something, blanks and case left out."""
    lines = [re.sub(r"\s+", "", line).lower() for line in text.split("\n")]
    lines = [line for line in lines if len(line) > 3]  # noqa: PLR2004 — a brace says nothing
    for start in range(max(1, len(lines) - width + 1)):
        run = "\n".join(lines[start : start + width])
        if len(run) > 60:  # noqa: PLR2004 — shorter ones are everywhere
            yield blake2b(run.encode(), digest_size=8).digest()


def files(archive: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of the source files of an archive."""
    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if _wanted(info.filename, info.file_size):
                    yield info.filename, packed.read(info).decode("utf-8", "replace")
        return
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile() and _wanted(member.name, member.size):
                handle = packed.extractfile(member)
                if handle is not None:
                    text = io.BufferedReader(handle).read().decode("utf-8", "replace")  # type: ignore[arg-type]
                    yield member.name, text


def _wanted(path: str, size: int) -> bool:
    known = PurePosixPath(path).suffix.lstrip(".").lower() in LANGUAGES
    return known and size <= MOST_FILE and not _ASIDE.search(path.lower())


def mined(archives: Iterable[Path], clean: Decontaminator, seed: int) -> list[tuple[str, Pair]]:
    """(language, pair) of one source, at most `MOST_FROM_SOURCE` drawn by the seed."""
    found: dict[str, tuple[str, Pair]] = {}
    for archive in archives:
        try:
            for path, text in files(archive):
                if not clean.allows_path(path):
                    continue
                language = LANGUAGES[PurePosixPath(path).suffix.lstrip(".").lower()]
                for pair in pairs(text, language):
                    found.setdefault(pair.code, (language, pair))
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError):
            continue
    kept = [(language, pair) for language, pair in found.values() if clean.allows_code(pair.code)]
    random.Random(seed).shuffle(kept)  # noqa: S311 — a choice of examples
    return kept[:MOST_FROM_SOURCE]


def balanced(found: list[tuple[str, Pair]], seed: int) -> list[tuple[str, Pair]]:
    """At most `MOST_OF_LANGUAGE` of each language, and each question once."""
    random.Random(seed).shuffle(found)  # noqa: S311 — a choice of examples
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    kept: list[tuple[str, Pair]] = []
    for language, pair in found:
        if pair.question in seen or counts[language] >= MOST_OF_LANGUAGE:
            continue
        seen.add(pair.question)
        counts[language] += 1
        kept.append((language, pair))
    return kept
