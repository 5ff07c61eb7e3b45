"""Tokens are made, found, used and ended; what is kept of them opens nothing."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.db.models import TokenRow
from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.audit import AuditKind, AuditPage
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.schemas.token import Identity, TokenCreate, TokenScope, TokenState
from claudetask_core.search.text.credentials import secret_lines
from claudetask_core.services.access import audit, tokens
from claudetask_core.services.access.tokens import Refused, TokenService
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock, questions
from tests.support_tokens import token


async def test_a_secret_identifies_its_holder_and_what_they_may_do(core: Core) -> None:
    secret = await token(core, "ann", "write")
    found = await core.tokens.identify(secret)
    assert isinstance(found, Identity)
    assert (found.name, found.scope, found.key) == ("ann", TokenScope.WRITE, secret[4:16])


@pytest.mark.embedded(reason="it looks into the board's file")
async def test_nothing_on_disk_holds_the_secret(core: Core) -> None:
    secret = await token(core, "ann", "write")
    await core.tokens.identify(secret)
    await core.tokens.settle()
    kept = b"".join(file.read_bytes() for file in core.places.board.glob("claudetask.db*"))
    assert secret[4:16].encode() in kept
    assert secret.encode() not in kept
    assert secret[17:].encode() not in kept


@pytest.mark.parametrize("change", ["", "x", "other", "ctk_", "ctk_é"])
async def test_what_is_not_the_secret_identifies_nobody(core: Core, change: str) -> None:
    secret = await token(core, "ann", "write")
    wrong = secret[:-5] + change if change != "other" else secret[:-1] + "AB"[secret[-1] == "A"]
    assert await core.tokens.identify(wrong) == Refused("unknown token")


async def test_an_unknown_key_is_compared_too(core: Core) -> None:
    await token(core, "ann", "write")
    made_up = f"ctk_{'0' * 12}_{'A' * 43}"
    assert await core.tokens.identify(made_up) == Refused("unknown token")


async def test_names_are_unique_among_the_living(core: Core, clock: HeldClock) -> None:
    await token(core, "ann", "read", seconds=60)
    with pytest.raises(DomainError) as refusal:
        await token(core, "ann", "admin")
    assert refusal.value.code == "token_name_taken"
    clock.advance(60)
    await token(core, "ann", "admin")
    await core.tokens.revoke("ann", "cli")
    await token(core, "ann", "write")
    found = await core.tokens.find(revoked=True)
    assert [(one.scope, one.state) for one in found] == [
        (TokenScope.WRITE, TokenState.LIVING),
        (TokenScope.ADMIN, TokenState.REVOKED),
        (TokenScope.READ, TokenState.REVOKED),
    ]
    assert [one.scope for one in await core.tokens.find()] == [TokenScope.WRITE]


async def test_a_revoked_and_an_expired_token_are_refused_and_told_apart(
    core: Core, clock: HeldClock
) -> None:
    short, ended = await token(core, "short", "read", seconds=60), await token(core, "b", "read")
    await core.tokens.revoke("b", "cli")
    clock.advance(61)
    assert await core.tokens.identify(short) == Refused("expired token", "@short")
    assert await core.tokens.identify(ended) == Refused("revoked token", "@b")
    assert await core.tokens.living({short[4:16], ended[4:16]}) == set()


async def test_a_token_that_is_not_there_cannot_be_revoked(core: Core) -> None:
    with pytest.raises(DomainError) as refusal:
        await core.tokens.revoke("nobody", "cli")
    assert refusal.value.code == "token_not_found"


async def test_when_a_token_was_last_used_is_noted_once_a_minute(
    core: Core, clock: HeldClock
) -> None:
    secret = await token(core, "ann", "read")
    first = clock.now()
    for _ in range(3):
        await core.tokens.identify(secret)
        await core.tokens.settle()
        clock.advance(25)
    assert (await core.tokens.find())[0].last_used_at == first
    await core.tokens.identify(secret)
    await core.tokens.settle()
    assert (await core.tokens.find())[0].last_used_at == clock.now()


@pytest.mark.parametrize(("seconds", "asked_at_once"), [(60, False), (0, True)])
async def test_that_there_is_no_token_is_believed_for_so_long_or_until_a_change(
    core: Core,
    project: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    asked_at_once: bool,
) -> None:
    monkeypatch.setattr(tokens, "BELIEVED_SECONDS", seconds)
    assert not await core.tokens.is_asked_for()
    async with open_core(settings, start=project, home=None) as other:
        await token(other, "ann", "read")
    assert await core.tokens.is_asked_for() is asked_at_once
    await token(core, "bob", "read")
    assert await core.tokens.is_asked_for()


async def test_a_write_does_not_make_the_next_request_ask_whether_there_are_tokens(
    core: Core, alice: Caller
) -> None:
    assert not await core.tokens.is_asked_for()
    await core.tasks.create(TaskCreate(title="a write"), alice)
    with questions(core) as asked:
        assert not await core.tokens.is_asked_for()
    assert asked == []


async def test_callers_need_a_token_once_there_was_one_until_it_is_forgotten(
    core: Core, clock: HeldClock
) -> None:
    assert not await core.tokens.is_asked_for()
    await token(core, "ann", "read", seconds=60)
    assert await core.tokens.is_asked_for()
    clock.advance(61)
    assert await core.tokens.is_asked_for()
    await core.tokens.revoke("ann", "cli")
    assert await core.tokens.is_asked_for()
    await token(core, "bob", "read")
    assert await core.tokens.forget("cli") == ["ann"]
    assert await core.tokens.is_asked_for()
    await core.tokens.revoke("bob", "cli")
    assert await core.tokens.forget("cli") == ["bob"]
    assert not await core.tokens.is_asked_for()


async def test_another_process_is_asked_too(
    core: Core, project: Path, settings: Settings, clock: HeldClock
) -> None:
    async with open_core(settings, start=project, home=None, clock=clock) as other:
        secret = await token(other, "ann", "read")
        assert isinstance(await core.tokens.identify(secret), Identity)
        await other.tokens.revoke("ann", "cli")
        assert await core.tokens.identify(secret) == Refused("revoked token", "@ann")


async def test_only_a_living_admins_token_may_open_the_door_to_others(
    core: Core, clock: HeldClock
) -> None:
    await token(core, "w", "write")
    assert not await core.tokens.has_admin()
    await token(core, "a", "admin", seconds=60)
    assert await core.tokens.has_admin()
    clock.advance(60)
    assert not await core.tokens.has_admin()


async def test_making_and_ending_a_token_is_written_down(core: Core) -> None:
    await token(core, "ann", "write")
    await core.tokens.revoke("ann", "@boss")
    found = await core.audit.find(AuditPage(kind=AuditKind.TOKEN))
    assert [(one.actor, one.action, one.subject, one.reason) for one in found] == [
        ("@boss", "revoked", "ann", None),
        ("cli", "created", "ann", "scope write"),
    ]


async def test_the_same_refusal_is_written_down_once_a_minute_and_few_in_all(
    core: Core, clock: HeldClock
) -> None:
    for _ in range(5):
        core.tokens.refused("sign_in_refused", "/api" + "x" * 999, actor="10.0.0.1", why="wrong")
    for number in range(200):
        core.tokens.refused("sign_in_refused", "/api", actor=f"10.1.0.{number}", why="wrong")
    await core.tokens.settle()
    found = await core.audit.find(AuditPage(limit=500, kind=AuditKind.ACCESS))
    assert len(found) == 60
    assert [one.actor for one in found].count("10.0.0.1") == 1
    assert max(len(one.subject) for one in found) <= 200
    clock.advance(60)
    core.tokens.refused("sign_in_refused", "/api", actor="10.0.0.1", why="wrong")
    await core.tokens.settle()
    assert len(await core.audit.find(AuditPage(limit=500, kind=AuditKind.ACCESS))) == 61


async def test_only_the_newest_refusals_are_kept_and_nothing_else_is_lost(
    core: Core, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "KEPT_REFUSALS", 5)
    monkeypatch.setattr(audit, "TRIM_EVERY", 10)
    await token(core, "ann", "write")
    for number in range(9):
        core.tokens.refused("sign_in_refused", "/api", actor=f"10.0.0.{number}", why="wrong")
        await core.tokens.settle()
    found = await core.audit.find(AuditPage())
    assert [one.actor for one in found] == [f"10.0.0.{n}" for n in range(8, 3, -1)] + ["cli"]


async def test_a_note_that_a_busy_board_refuses_fails_no_call(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await token(core, "ann", "read")

    async def busy(*_: object) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(TokenService, "_used", busy)
    assert isinstance(await core.tokens.identify(secret), Identity)
    await core.tokens.settle()


async def test_closing_does_not_wait_for_a_note_for_ever(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claudetask_core.services.access.tokens.CLOSE_SECONDS", 0.01)
    secret = await token(core, "ann", "read")
    begun = asyncio.Event()

    async def never(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(TokenService, "_used", never)
    await core.tokens.identify(secret)
    await asyncio.wait_for(begun.wait(), 10)
    await asyncio.wait_for(core.tokens.close(), 10)


async def test_a_board_refuses_a_scope_that_there_is_not(core: Core) -> None:
    await token(core, "ann", "read")
    with pytest.raises(IntegrityError):
        async with core.database.write() as session:
            await session.execute(update(TokenRow).values(scope="root"))


@pytest.mark.parametrize("name", ["", "a/b", "@a", "a b", "-a", "n" * 41, "é"])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        TokenCreate(name=name, scope=TokenScope.READ)


async def test_a_secret_in_a_file_never_gets_into_the_index(core: Core) -> None:
    secret = await token(core, "ann", "write")
    assert secret_lines(["a = 1", f'TOKEN = "{secret}"', "b"]) == [(2, 2)]
