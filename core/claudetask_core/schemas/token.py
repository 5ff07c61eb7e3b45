"""Tokens of persons and programs: what each may do, and who a request comes from."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from claudetask_core.schemas.base import ReadModel, Timestamp, WriteModel
from claudetask_core.schemas.forms import TOKEN_NAME

STATE_KEY = "claudetask_identity"
TEN_YEARS = 10 * 366 * 86_400


class TokenScope(StrEnum):
    """What a token may do; each scope holds those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: "TokenScope") -> bool:
        order = list(TokenScope)
        return order.index(self) >= order.index(needed)


class TokenState(StrEnum):
    LIVING = "living"
    EXPIRED = "expired"
    REVOKED = "revoked"


TokenName = Annotated[str, StringConstraints(pattern=TOKEN_NAME)]
"""Whose it is; it stands in the name of every change made with it, so it can hold no `/`."""


class TokenCreate(WriteModel):
    name: TokenName
    scope: TokenScope
    expires_seconds: Annotated[int, Field(ge=60, le=TEN_YEARS)] | None = None


class Token(ReadModel):
    """A token without its secret, which nobody can read again."""

    name: str
    scope: TokenScope
    state: TokenState
    created_at: Timestamp
    created_by: str
    last_used_at: Timestamp | None
    expires_at: Timestamp | None
    revoked_at: Timestamp | None


class TokenMade(Token):
    """A new token with its secret, the one time that it is shown."""

    secret: str


class Me(ReadModel):
    """Who the caller is: `name` of its token, or null for the server's own and for none."""

    name: str | None
    scope: TokenScope
    signed_in: bool


@dataclass(frozen=True)
class Identity:
    """Who a request comes from, once its token was found good.

    `name` is None for the server's own token, whose holders name themselves.
    """

    key: str
    scope: TokenScope
    name: str | None = None

    @property
    def budget(self) -> str:
        """What both faces count its calls under."""
        return f"token:{self.key}"


def put_identity(state: MutableMapping[str, Any], identity: Identity) -> None:
    """Has a request's state say who it comes from, for both faces."""
    state[STATE_KEY] = identity


def identity_in(state: Mapping[str, Any]) -> Identity | None:
    """Who a request comes from; None where no token is asked for."""
    found = state.get(STATE_KEY)
    return found if isinstance(found, Identity) else None
