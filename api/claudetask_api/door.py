"""Whose request it is: the server's own token, one of a person or program, or nobody's.

Callers need a token where the server has one of its own, where others can reach the address, and
within a second of the board having tokens. A token is looked up at every request, so one that was
revoked is refused at once; an answer that goes on for long is cut off within `CHECK_SECONDS`.
"""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.errors import refusal
from claudetask_api.methods import STREAM
from claudetask_api.problems import problem
from claudetask_api.security import is_loopback, is_open
from claudetask_core.config import ISSUED_PREFIX, Settings
from claudetask_core.errors import RateLimited, Unavailable
from claudetask_core.schemas.token import Identity, TokenScope, identity_in, put_identity
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.access.tokens import Refused, TokenService

CHECK_SECONDS = 1.0
REMEMBERED = 1000
SERVER = Identity("server", TokenScope.ADMIN)
"""Who knows `CLAUDETASK_TOKEN`."""


class Door:
    """Lets in whose token is good, and says in the request's state who that is.

    Args:
        app: What is guarded.
        settings: Say the server's own token and the address.
        tokens: Knows the other tokens.
        limiter: Counts guesses of the server's own token, which a person may have chosen.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, tokens: TokenService, limiter: RateLimiter
    ) -> None:
        self._app = app
        self._secret = settings.token.get_secret_value().encode() if settings.token else None
        self._always = self._secret is not None or not is_loopback(settings.host)
        self._tokens = tokens
        self._limiter = limiter
        self._tried = _Tried()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("authorization")
        try:
            who = await self._who(scope, given)
        except (RateLimited, Unavailable) as error:
            await refusal(scope, error)(scope, receive, send)
            return
        if isinstance(who, Refused):
            await _unauthorized(scope, given, who)(scope, receive, send)
            return
        if who is not None:
            put_identity(scope.setdefault("state", {}), who)
        if who is not None and who.name and _may_go_on(scope["path"]):
            await self._while_living(who, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _who(self, scope: Scope, given: Sequence[str]) -> Identity | Refused | None:
        """Whose request it is; None where nobody needs to say so."""
        offered = _offered(given)
        found = await self._known(scope, offered) if offered else Refused("no token")
        if isinstance(found, Identity):
            return found
        if not self._always and not await self._tokens.is_asked_for():
            return None
        if offered:
            address = caller_address(scope)
            if self._tried.is_new(address, offered):
                await self._limiter.guessed(address)
            why = f"{found.why} from {address}" if found.actor else found.why
            self._tokens.refused(
                "sign_in_refused", scope["path"], actor=found.actor or address, why=why
            )
        return found

    async def _known(self, scope: Scope, offered: bytes) -> Identity | Refused:
        if offered.startswith(ISSUED_PREFIX.encode()):
            return await self._tokens.identify(offered.decode("latin-1"))
        if self._secret is None:
            return Refused("unknown token")
        await self._limiter.may_guess(caller_address(scope))
        return SERVER if hmac.compare_digest(offered, self._secret) else Refused("wrong token")

    async def _while_living(
        self, who: Identity, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Carries out a request whose answer may never end, until its token is no longer good."""
        answer, over = _Answer(send), asyncio.Event()
        with anyio.CancelScope() as cut:
            watch = asyncio.create_task(self._cut_when_revoked(who.key, cut, over))
            try:
                await self._app(scope, receive, answer)
            finally:
                over.set()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait({watch})  # never cancelled: it may be asking the board
        if cut.cancelled_caught:
            await answer.end()

    async def _cut_when_revoked(
        self, key: str, cut: anyio.CancelScope, over: asyncio.Event
    ) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), CHECK_SECONDS)
                return
            with suppress(Unavailable):  # a busy board is asked again
                if not await self._tokens.living({key}):
                    cut.cancel()
                    return


class _Tried:
    """The wrong tokens that were tried last: to send one again tells nobody more than before."""

    def __init__(self) -> None:
        self._digests = OrderedDict[bytes, None]()

    def is_new(self, address: str, token: bytes) -> bool:
        """Whether the address tries this token for the first time, as far as is remembered."""
        digest = hashlib.sha256(address.encode() + b" " + token).digest()
        known = digest in self._digests
        self._digests[digest] = None
        if len(self._digests) > REMEMBERED:
            self._digests.popitem(last=False)
        return not known


class _Answer:
    """Passes an answer on, and can end it properly wherever it was cut off."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._going = False

    async def __call__(self, message: Message) -> None:
        self._going = message["type"] == "http.response.start" or message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if self._going:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _may_go_on(path: str) -> bool:
    """Whether an answer there may be a stream; those of the API end by themselves, but for one."""
    return path == STREAM or not path.startswith("/api/")


def _offered(given: Sequence[str]) -> bytes:
    """The token that a request brings; empty where it brings none, or several."""
    if len(given) != 1:
        return b""
    scheme, _, token = given[0].partition(" ")
    # ASGI hands headers over as Latin-1; the token may be any UTF-8.
    return token.strip().encode("latin-1") if scheme.lower() == "bearer" else b""


def _unauthorized(scope: Scope, given: Sequence[str], refused: Refused) -> Response:
    """Says what ails a token; that it was good once, only to whoever has its secret."""
    why = ', error="invalid_token"' if given else ""
    if refused.actor:
        ended = refused.why.removesuffix(" token")
        said = f"The token was not accepted: it is {ended}. Have another one made (token create)."
    elif _offered(given):
        said = "The token was not accepted: it is not known here. Send another one."
    else:
        said = "This server wants a token. Send yours as Authorization: Bearer TOKEN."
    return problem(
        scope,
        401,
        "unauthorized",
        said,
        headers={"WWW-Authenticate": f'Bearer realm="claudetask"{why}'},
    )


def caller_address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "local"


def caller_key(scope: Scope) -> str:
    """Whose budget a request is counted against: the token's, or else the address's."""
    who = identity_in(scope.get("state", {}))
    return who.budget if who is not None else caller_address(scope)
