"""Tokens of persons and programs.

A secret is `ctk_`, twelve digits that find its row, and 32 random bytes. Only the SHA-256 of the
whole is kept: what is drawn from 2^256 cannot be found by trying, so a hash made slow on purpose
would cost every request and gain nothing. It is compared in constant time.
"""

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from claudetask_core.clock import Clock
from claudetask_core.config import ISSUED_PREFIX
from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import TokenRow
from claudetask_core.errors import Conflict, NotFound, Unavailable
from claudetask_core.schemas.audit import AuditKind
from claudetask_core.schemas.token import (
    Identity,
    Token,
    TokenCreate,
    TokenMade,
    TokenScope,
    TokenState,
)
from claudetask_core.services.access import audit
from claudetask_core.services.access.actors import holder

SECRET = re.compile(r"ctk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
USE_NOTED = timedelta(minutes=1)
REFUSALS_A_MINUTE = 60
LONGEST = 200
CLOSE_SECONDS = 1.0
BELIEVED_SECONDS = 1.0
NOBODY = hashlib.sha256(b"").hexdigest()

log = logging.getLogger(__name__)


class TokenNameTaken(Conflict):
    code = "token_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a living token called {name} already.",
            next_step="Give another name, or revoke that one first.",
        )


class TokenNotFound(NotFound):
    code = "token_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no token called {name[:60]!r} that could be revoked.",
            next_step="claudetask-mcp token list shows them.",
        )


@dataclass(frozen=True)
class Refused:
    """Why a token was not taken; `actor` is its holder where it was once good."""

    why: str
    actor: str | None = None


class TokenService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._beside: set[asyncio.Task[None]] = set()
        self._told: set[tuple[str, ...]] = set()
        self._told_since: datetime | None = None
        self._nobody_until = 0.0
        self._made = 0

    async def create(self, data: TokenCreate, actor: str) -> TokenMade:
        """Makes a token; one of that name that has expired makes room for it.

        Raises:
            TokenNameTaken: A living token has the name.
        """
        now = self._clock.now()
        key = secrets.token_hex(6)
        secret = f"{ISSUED_PREFIX}{key}_{secrets.token_urlsafe(32)}"
        row = TokenRow(
            key=key,
            name=data.name,
            scope=data.scope.value,
            digest=digest(secret),
            created_by=actor,
            created_at=now,
            expires_at=_later(now, data.expires_seconds),
            revoked_at=None,
            last_used_at=None,
        )
        try:
            async with self._database.write() as session:
                await session.execute(
                    update(TokenRow)
                    .where(
                        TokenRow.name == data.name,
                        TokenRow.revoked_at.is_(None),
                        TokenRow.expires_at <= now,
                    )
                    .values(revoked_at=now)
                )
                session.add(row)
                self._note(session, "created", data.name, actor, f"scope {data.scope}")
        except IntegrityError:
            raise TokenNameTaken(data.name) from None
        self._made += 1
        self._nobody_until = 0.0
        return TokenMade(**_shown(row, now).model_dump(), secret=secret)

    async def find(self, *, revoked: bool = False) -> list[Token]:
        """The tokens by name, newest first where several had one; those revoked if wanted."""
        wanted = select(TokenRow).order_by(TokenRow.name, TokenRow.id.desc())
        if not revoked:
            wanted = wanted.where(TokenRow.revoked_at.is_(None))
        async with self._database.read() as session:
            now = self._clock.now()
            return [_shown(row, now) for row in await session.scalars(wanted)]

    async def revoke(self, name: str, actor: str) -> Token:
        """Ends a token for good.

        Raises:
            TokenNotFound: None of that name can still be used or revoked.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            row = await session.scalar(
                select(TokenRow).where(TokenRow.name == name, TokenRow.revoked_at.is_(None))
            )
            if row is None:
                raise TokenNotFound(name)
            row.revoked_at = now
            self._note(session, "revoked", name, actor)
        return _shown(row, now)

    async def forget(self, actor: str) -> list[str]:
        """Takes out the rows of revoked tokens; with none left, callers on loopback need none."""
        async with self._database.write() as session:
            gone = list(
                await session.scalars(
                    delete(TokenRow)
                    .where(TokenRow.revoked_at.is_not(None))
                    .returning(TokenRow.name)
                )
            )
            for name in gone:
                self._note(session, "forgotten", name, actor)
        return sorted(gone)

    async def identify(self, secret: str) -> Identity | Refused:
        """Whose token a secret is, looked up anew each time: a revoked one is none at once."""
        now = self._clock.now()
        form = SECRET.fullmatch(secret)
        if form is None:
            return Refused("unknown token")
        async with self._database.read() as session:
            row = await session.scalar(select(TokenRow).where(TokenRow.key == form[1]))
        is_it = hmac.compare_digest(digest(secret), row.digest if row else NOBODY)
        if row is None or not is_it:
            return Refused("unknown token")
        state = _state(row, now)
        if state is not TokenState.LIVING:
            return Refused(f"{state} token", holder(row.name))
        if row.last_used_at is None or now - row.last_used_at >= USE_NOTED:
            self._start(self._used(row.key, now))
        return Identity(row.key, TokenScope(row.scope), row.name)

    async def living(self, keys: set[str]) -> set[str]:
        """Those of these tokens that may still be used."""
        wanted = select(TokenRow.key).where(TokenRow.key.in_(keys), _living(self._clock.now()))
        async with self._database.read() as session:
            return set(await session.scalars(wanted))

    async def is_asked_for(self) -> bool:
        """Whether there is or was any token: then callers need one.

        Those that expired or were revoked count, lest ending the last one, a stolen one perhaps,
        open the board to everybody. That there is none is believed for `BELIEVED_SECONDS`, as every
        request without a token asks; a first token of this process counts at once.
        """
        if time.monotonic() < self._nobody_until:
            return False
        made = self._made
        async with self._database.read() as session:
            asked = await session.scalar(select(TokenRow.id).limit(1)) is not None
        if not asked and made == self._made:
            self._nobody_until = time.monotonic() + BELIEVED_SECONDS
        return asked

    async def has_admin(self) -> bool:
        """Whether a living token may do everything."""
        wanted = select(TokenRow.id).where(
            _living(self._clock.now()), TokenRow.scope == TokenScope.ADMIN.value
        )
        async with self._database.read() as session:
            return await session.scalar(wanted.limit(1)) is not None

    def refused(self, action: str, subject: str, *, actor: str, why: str) -> None:
        """Has the record and the log tell of a refusal, the same one once a minute.

        Whoever was refused does not wait for it.
        """
        now = self._clock.now()
        if self._told_since is None or not timedelta() <= now - self._told_since < USE_NOTED:
            self._told, self._told_since = set(), now
        subject = subject[:LONGEST]
        what = (action, subject, actor, why)
        if what in self._told or len(self._told) >= REFUSALS_A_MINUTE:
            return
        self._told.add(what)
        log.warning("%s to %s: %s (%s)", action, actor, why, subject)
        self._start(self._write_refusal(action, subject, actor, why, now))

    async def settle(self) -> None:
        """Waits until all that is written beside the calls is."""
        while self._beside:
            await asyncio.wait(self._beside)

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.settle()
        for task in self._beside:
            task.cancel()
        await self.settle()

    def _note(
        self, session: WriteSession, action: str, name: str, actor: str, detail: str | None = None
    ) -> None:
        now = self._clock.now()
        audit.write_down(session, AuditKind.TOKEN, action, name, actor=actor, at=now, detail=detail)

    async def _used(self, key: str, now: datetime) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(TokenRow).where(TokenRow.key == key).values(last_used_at=now)
            )

    async def _write_refusal(
        self, action: str, subject: str, actor: str, why: str, at: datetime
    ) -> None:
        async with self._database.write() as session:
            await audit.refused(session, action, subject, actor=actor, at=at, detail=why)

    def _start(self, work: Awaitable[None]) -> None:
        async def quietly() -> None:
            with suppress(Unavailable):  # a busy board loses a note, never a call
                await work

        task = asyncio.create_task(quietly())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _later(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _living(now: datetime) -> ColumnElement[bool]:
    unexpired = or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > now)
    return TokenRow.revoked_at.is_(None) & unexpired


def _state(row: TokenRow, now: datetime) -> TokenState:
    if row.revoked_at is not None:
        return TokenState.REVOKED
    is_over = row.expires_at is not None and row.expires_at <= now
    return TokenState.EXPIRED if is_over else TokenState.LIVING


def _shown(row: TokenRow, now: datetime) -> Token:
    return Token(
        name=row.name,
        scope=TokenScope(row.scope),
        state=_state(row, now),
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
