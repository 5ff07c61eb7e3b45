"""What PostgreSQL says of its surroundings, by SQLSTATE, in the board's own words."""

from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import Final

from sqlalchemy.exc import DBAPIError

from claudetask_core.db.refusals import (
    SETTING,
    BoardBroken,
    BoardBusy,
    BoardUnreachable,
    BoardUnwritable,
    busy,
)
from claudetask_core.errors import DomainError, Invalid

WHERE: Final = "The database server of the board ({}) does not answer"
OWNED: Final = "Make the board's user the owner of its database and of all tables in it."
AUTHORITY: Final = "PGSSLROOTCERT"
SHOWN: Final = 120
STALE_PLAN: Final = "InvalidCachedStatementError"


class TextUnkeepable(Invalid):
    code = "text_unkeepable"


def unreachable(what: str, error: Exception) -> BoardUnreachable:
    """No word of the server's reaches us; the reason has no address, hence no password, in it."""
    late = "it took too long" if isinstance(error, TimeoutError) else type(error).__name__
    why = getattr(error, "strerror", None) or late
    return BoardUnreachable(
        f"{what}: {why[:SHOWN]}.",
        next_step=f"See that it runs and that {SETTING} names it, then try again.",
    )


def untrusted(where: str, error: SSLCertVerificationError) -> BoardUnreachable:
    """What answers cannot show that it is the board's server."""
    return BoardUnreachable(
        f"The database server of the board ({where}) is not to be trusted: "
        f"{error.verify_message[:SHOWN]}.",
        next_step=f"Name the authority's certificate in {AUTHORITY}, and the server by the name "
        "that is in its own.",
    )


def translation(error: DBAPIError, where: str) -> DomainError | None:
    """The board's error, or None where it is a fault of ours."""
    if type(error.orig).__name__ == STALE_PLAN:
        return busy()  # another server migrated the board; the next time all is asked anew
    state = str(getattr(error.orig, "sqlstate", None) or "")
    meant = _MEANT.get(state) or _MEANT.get(state[:2])
    if meant is _BUSY:
        return busy()
    if meant is None:
        meant = _LOST if error.connection_invalidated else None
    said = str(getattr(error.orig, "args", ("",))[0]).splitlines()[0][:SHOWN]
    return meant.told(said, where) if meant is not None else None


@dataclass(frozen=True)
class _Meant:
    """What a state means: an error, its sentence about `said` at `where`, and what to do."""

    error: type[DomainError]
    sentence: str
    next_step: str

    def told(self, said: str, where: str) -> DomainError:
        return self.error(self.sentence.format(said=said, where=where), next_step=self.next_step)


_BUSY: Final = _Meant(BoardBusy, "", "")
"""Said as for a board that is a file."""
_CANCELLED: Final = _Meant(
    BoardBusy,
    "The database server of the board ({where}) gave up before it answered: {said}.",
    "Try again in a few seconds; where it lasts, raise the statement_timeout of the board's user.",
)
_FULL: Final = _Meant(
    BoardBusy,
    "The database server of the board ({where}) takes no more connections: {said}.",
    "Try again in a few seconds; where it lasts, raise its max_connections.",
)
_LOST: Final = _Meant(
    BoardUnreachable,
    "The connection to the board's database ({where}) was lost: {said}.",
    "Try again; where this was a write, look first whether it was made.",
)
_REFUSED: Final = _Meant(
    BoardUnreachable,
    "The database server of the board ({where}) lets us not in: {said}.",
    f"Correct the user, password or database that {SETTING} names.",
)
_FORBIDDEN: Final = _Meant(
    BoardUnwritable,
    "The database of the board ({where}) forbids it: {said}.",
    OWNED,
)
_OCCUPIED: Final = _Meant(
    BoardUnwritable,
    "The database {where} holds something else already: {said}.",
    f"Make a database for this board alone, and name it with {SETTING}.",
)
_UNWRITABLE: Final = _Meant(
    BoardUnwritable,
    "The board ({where}) cannot be written ({said}); nothing was changed.",
    "Free disk space on the database server, or name its primary, then try again.",
)
_BROKEN: Final = _Meant(
    BoardBroken,
    "The board's database ({where}) is damaged: {said}.",
    "Have its administrator look at it; pg_restore goes back to a dump.",
)
_ODD: Final = _Meant(
    TextUnkeepable,
    "The board cannot keep a character of this text ({said}).",
    "Leave out NUL and other characters that UTF-8 does not have.",
)
_MEANT: Final = {
    "08": _LOST,
    "25P03": _LOST,  # silent for too long within a transaction
    "57P01": _LOST,
    "57P02": _LOST,
    "57P03": _LOST,  # starting up, or shutting down
    "57P05": _LOST,
    "57014": _CANCELLED,
    "55P03": _BUSY,
    "40": _BUSY,
    "53300": _FULL,
    "53": _UNWRITABLE,
    "58": _UNWRITABLE,
    "25006": _UNWRITABLE,  # a standby
    "28": _REFUSED,
    "3D000": _REFUSED,
    "42501": _FORBIDDEN,
    "42P07": _OCCUPIED,
    "XX001": _BROKEN,
    "XX002": _BROKEN,
    "22021": _ODD,
}
"""By state, or by the class of states that its first two characters name."""
