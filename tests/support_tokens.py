"""Tokens for tests of both faces."""

from claudetask_core.core import Core
from claudetask_core.schemas.token import TokenCreate, TokenScope


async def token(core: Core, name: str, scope: str, seconds: int | None = None) -> str:
    """Makes a token and answers its secret."""
    wanted = TokenCreate(name=name, scope=TokenScope(scope), expires_seconds=seconds)
    return (await core.tokens.create(wanted, "cli")).secret


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
