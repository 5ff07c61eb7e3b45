"""`token …`: who may use the board over HTTP."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from claudetask_core.schemas.token import Token, TokenCreate
from claudetask_mcp.arguments import worded_as_invalid
from claudetask_mcp.entry import Entry
from claudetask_mcp.render.text import count, moment

if TYPE_CHECKING:
    from datetime import datetime

    from claudetask_core.core import Core

CALLER = "cli"


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    with worded_as_invalid(f"token {arguments.action}"):
        async with entry.open() as core:
            text = await ACTIONS[arguments.action](core, arguments)
    sys.stdout.write(text + "\n")
    return 0


async def _create(core: "Core", asked: argparse.Namespace) -> str:
    wanted = TokenCreate(name=asked.name, scope=asked.scope, expires_seconds=asked.expires)
    made = await core.tokens.create(wanted, CALLER)
    until = f", until {moment(made.expires_at)}" if made.expires_at else ""
    sys.stderr.write(
        f"Token {made.name} ({made.scope}{until}). Its secret is shown this once; it is sent as "
        "Authorization: Bearer SECRET.\n"
    )
    return made.secret


async def _list(core: "Core", asked: argparse.Namespace) -> str:
    found = await core.tokens.find(revoked=asked.all)
    if asked.json:
        return as_json(found)
    if not found:
        return "No tokens. claudetask-mcp token create NAME --scope write makes one."
    rows = [("name", "scope", "state", "made", "last used", "expires"), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(token: Token) -> tuple[str, ...]:
    def told(at: "datetime | None") -> str:
        return "never" if at is None else moment(at)

    return (
        token.name,
        token.scope,
        token.state,
        told(token.created_at),
        told(token.last_used_at),
        told(token.expires_at),
    )


async def _revoke(core: "Core", asked: argparse.Namespace) -> str:
    revoked = await core.tokens.revoke(asked.name, CALLER)
    return f"Revoked {revoked.name} ({revoked.scope}). What it had open ends within seconds."


async def _forget(core: "Core", _: argparse.Namespace) -> str:
    gone = await core.tokens.forget(CALLER)
    said = f"Forgot {count(len(gone), 'revoked token')}."
    if await core.tokens.is_asked_for():
        return said
    return f"{said} No token is left: what reaches a server on loopback may do everything again."


def as_json(found: Sequence[BaseModel]) -> str:
    return "[" + ",\n".join(one.model_dump_json(indent=2) for one in found) + "]"


ACTIONS: dict[str, Callable[["Core", argparse.Namespace], Awaitable[str]]] = {
    "create": _create,
    "list": _list,
    "revoke": _revoke,
    "forget": _forget,
}
