"""What is known of which tasks match, in a file: from one start of a server to the next.

Each Claude Code session starts a server of its own, so what one of them found is what the next is
asked for. The file is made of the board and may be deleted at any time: whatever is not as it was
written counts for none. It may have come with a repository, as the board may. Each set bears when
it was true, as one in memory does, and is used where the board still tells what changed since; so
a file beside another board, or one that was put back, is of no use and does no harm.

After a line with the form and the schema comes a digest of all that follows; then how long the
head is, the head in JSON, and the sets as octets, the least number first.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from claudetask_core.db.known_sets import GREATEST, MOST_BYTES, TEXT, Thing
from claudetask_core.db.revision import HEAD
from claudetask_core.errors import DomainError
from claudetask_core.services.disk.files import look
from claudetask_core.services.disk.replace import STALE_SECONDS, sweep, write_beside
from claudetask_core.services.matching.counts import FILTERS

FORM: Final = f"claudetask sets 1 {HEAD}\n".encode()
"""Another number where what a set stands for is another thing."""
DIGEST: Final = hashlib.sha256().digest_size
LENGTH: Final = 4
MOST_HEAD: Final = 1 << 20
MOST: Final = MOST_BYTES + MOST_HEAD
MOST_SETS: Final = 256
LONGEST: Final = 100
LONGEST_MOMENT: Final = 2_000
"""A longer text, or what was true while very many wrote, is not asked for often."""
WIDEST: Final = GREATEST // 8 + 1
NAMES: Final = frozenset({TEXT, *FILTERS})


@dataclass(frozen=True)
class WrittenSet:
    """The tasks of a thing, and when they were so, in words."""

    thing: Thing
    at: str
    numbers: int


@dataclass(frozen=True)
class WrittenSets:
    """Those asked for last come last.

    Attributes:
        whole: Whether all that is likely to be asked for was looked for.
        sets: As they were known.
    """

    whole: bool
    sets: Sequence[WrittenSet]


NONE: Final = WrittenSets(whole=False, sets=[])


def read(file: Path) -> WrittenSets:
    """What a file says; nothing where it is missing, not ours or not whole."""
    try:
        data = look(file.parent, file, limit=MOST).data
    except DomainError:
        return NONE
    return NONE if data is None else understood(data)


def understood(data: bytes) -> WrittenSets:
    digest, said = data[len(FORM) :][:DIGEST], data[len(FORM) + DIGEST :]
    if not data.startswith(FORM) or hashlib.sha256(said).digest() != digest:
        return NONE
    start = LENGTH + int.from_bytes(said[:LENGTH], "big")
    try:
        head: Any = json.loads(said[LENGTH:start] if start <= MOST_HEAD else "")
        whole, sets = head
        return WrittenSets(whole is True, list(_sets(sets, said[start:])))
    except (TypeError, ValueError, RecursionError):  # what a stranger wrote
        return NONE


def _sets(head: Any, octets: bytes) -> Iterator[WrittenSet]:
    if len(head) > MOST_SETS:
        raise ValueError
    left = memoryview(octets)
    for name, value, at, size in head:
        if name not in NAMES or not (_is_text(value, LONGEST) and _is_text(at, LONGEST_MOMENT)):
            raise ValueError
        if not isinstance(size, int) or not 0 <= size <= min(WIDEST, len(left)):
            raise ValueError
        yield WrittenSet((name, value), at, int.from_bytes(left[:size], "little"))
        left = left[size:]


def _is_text(value: Any, longest: int) -> bool:
    """Whether a database takes it.

    Raises:
        ValueError: It is half a character, which JSON lets through.
    """
    return isinstance(value, str) and len(value.encode()) <= 4 * longest and "\0" not in value


def write(file: Path, known: WrittenSets) -> None:
    """Puts it in the place of what another server wrote, whole.

    A power cut may leave it damaged, which its digest tells; nobody waits for the disk.

    Raises:
        OSError: It cannot be written; the file is as it was.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    sweep(file, STALE_SECONDS)
    temporary = write_beside(file, said(known), mode=0o600, durable=False)
    try:
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def said(known: WrittenSets) -> bytes:
    kept = [one for one in known.sets if _fits(one)][-MOST_SETS:]
    octets = [one.numbers.to_bytes((one.numbers.bit_length() + 7) // 8, "little") for one in kept]
    sizes = [(*one.thing, one.at, len(these)) for one, these in zip(kept, octets, strict=True)]
    head = json.dumps([known.whole, sizes]).encode()
    body = b"".join([len(head).to_bytes(LENGTH, "big"), head, *octets])
    return FORM + hashlib.sha256(body).digest() + body


def _fits(one: WrittenSet) -> bool:
    return len(one.thing[1]) <= LONGEST and len(one.at) <= LONGEST_MOMENT
