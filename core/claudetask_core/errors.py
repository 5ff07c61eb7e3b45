"""What can go wrong, in words that belong to no protocol.

    DomainError
    ├── Invalid        the request can never succeed as it stands
    ├── NotFound       what it names does not exist
    ├── Conflict       the present state forbids it (a move, a claim, a cycle)
    │   └── Stale      the caller's version or hash is no longer the present one
    ├── Forbidden      nobody may do this here
    ├── RateLimited    too many calls; `retry_after` seconds from now there is room
    ├── Unavailable    something outside (disk, database, git, claude) does not answer
    └── Internal       a fault of ours; the log has the rest

Each failure is a subclass beside the code that raises it. A face maps `kind` to its own
language in one table and shows `code` (a finer, stable name) and the sentence.
"""

import re
from enum import StrEnum
from typing import Any, ClassVar


class Code(StrEnum):
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


HALF = re.compile("[\ud800-\udfff]")


def writable(text: str) -> str:
    """The text with what UTF-8 has no bytes for replaced: half characters, which stand for the
    bytes of a file's name that is not UTF-8, or come from an escape in its frontmatter.
    """
    return text if text.isascii() else HALF.sub("\ufffd", text)


class DomainError(Exception):
    """A refusal with its reason.

    Args:
        message: What was refused and why, as one or two sentences.
        next_step: What the caller can do about it, as a sentence; may be empty.
        details: Machine-readable particulars that a face may show (JSON values only),
            such as ``allowed`` for an illegal move.
    """

    kind: ClassVar[Code] = Code.INTERNAL
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, next_step: str = "", **details: Any) -> None:
        self.message = writable(message)
        super().__init__(self.message)
        self.next_step = writable(next_step)
        self.details: dict[str, Any] = details

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class Invalid(DomainError):
    kind = Code.INVALID
    code = "invalid"


class NotFound(DomainError):
    kind = Code.NOT_FOUND
    code = "not_found"


class Conflict(DomainError):
    kind = Code.CONFLICT
    code = "conflict"


class Stale(Conflict):
    kind = Code.STALE
    code = "stale"


class Forbidden(DomainError):
    kind = Code.FORBIDDEN
    code = "forbidden"


class RateLimited(DomainError):
    kind = Code.RATE_LIMITED
    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class Unavailable(DomainError):
    kind = Code.UNAVAILABLE
    code = "unavailable"


class Internal(DomainError):
    kind = Code.INTERNAL
    code = "internal"
