"""What PostgreSQL says of its surroundings, by SQLSTATE, in the board's own words."""

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


def translation(error: DBAPIError, where: str) -> DomainError | None:
    """The board's error, or None where it is a fault of ours."""
    if type(error.orig).__name__ == STALE_PLAN:
        return busy()  # another server migrated the board; the next time all is asked anew
    state = str(getattr(error.orig, "sqlstate", None) or "")
    said = str(getattr(error.orig, "args", ("",))[0]).splitlines()[0][:SHOWN]
    for prefix in (state, state[:2]):
        if prefix in _SAID and prefix:
            return _SAID[prefix](said, where)
    return _lost(said, where) if error.connection_invalidated else None


def _busy(_said: str, _where: str) -> DomainError:
    return busy()


def _full(said: str, where: str) -> DomainError:
    return BoardBusy(
        f"The database server of the board ({where}) takes no more connections: {said}.",
        next_step="Try again in a few seconds; where it lasts, raise its max_connections.",
    )


def _lost(said: str, where: str) -> DomainError:
    return BoardUnreachable(
        f"The connection to the board's database ({where}) was lost: {said}.",
        next_step="Try again; where this was a write, look first whether it was made.",
    )


def _refused(said: str, where: str) -> DomainError:
    return BoardUnreachable(
        f"The database server of the board ({where}) lets us not in: {said}.",
        next_step=f"Correct the user, password or database that {SETTING} names.",
    )


def _forbidden(said: str, where: str) -> DomainError:
    return BoardUnwritable(
        f"The database of the board ({where}) forbids it: {said}.",
        next_step="Make the board's user the owner of its database and of all tables in it.",
    )


def _occupied(said: str, where: str) -> DomainError:
    return BoardUnwritable(
        f"The database {where} holds something else already: {said}.",
        next_step=f"Make a database for this board alone, and name it with {SETTING}.",
    )


def _unwritable(said: str, where: str) -> DomainError:
    return BoardUnwritable(
        f"The board ({where}) cannot be written ({said}); nothing was changed.",
        next_step="Free disk space on the database server, or name its primary, then try again.",
    )


def _broken(said: str, where: str) -> DomainError:
    return BoardBroken(
        f"The board's database ({where}) is damaged: {said}.",
        next_step="Have its administrator look at it; pg_restore goes back to a dump.",
    )


def _odd(said: str, _where: str) -> DomainError:
    return TextUnkeepable(
        f"The board cannot keep a character of this text ({said}).",
        next_step="Leave out NUL and other characters that UTF-8 does not have.",
    )


_SAID: Final = {
    "08": _lost,
    "25P03": _lost,  # silent for too long within a transaction
    "57P01": _lost,
    "57P02": _lost,
    "57P03": _lost,  # starting up, or shutting down
    "57P05": _lost,
    "57014": _busy,  # cancelled by a time limit of the server's
    "55P03": _busy,
    "40": _busy,
    "53300": _full,
    "53": _unwritable,
    "58": _unwritable,
    "25006": _unwritable,  # a standby
    "28": _refused,
    "3D000": _refused,
    "42501": _forbidden,
    "42P07": _occupied,
    "XX001": _broken,
    "XX002": _broken,
    "22021": _odd,
}
