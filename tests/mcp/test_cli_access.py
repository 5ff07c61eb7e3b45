"""`token …` and `audit` as people type them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_mcp.cli import parser
from tests.mcp.support import typing

SECRET = re.compile(r"ctk_[0-9a-f]{12}_[\w-]{43}")
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Typed:
    return typing(project, capsys, monkeypatch)


def test_a_secret_is_printed_alone_and_once(typed: Typed) -> None:
    code, out, err = typed("token", "create", "ann", "--scope", "write", "--expires", "90d")
    assert code == 0
    assert SECRET.fullmatch(out.strip())
    assert "Token ann (write, until " in err
    assert "shown this once" in err
    listed = typed("token", "list")[1] + typed("token", "list", "--json", "--all")[1]
    assert SECRET.search(listed) is None


def test_tokens_are_listed_with_what_a_person_wants_to_know(typed: Typed) -> None:
    assert typed("token", "list")[1].startswith("No tokens.")
    typed("token", "create", "ann", "--scope", "write", "--expires", "90d")
    typed("token", "create", "bo", "--scope", "read")
    heads, ann, bo = typed("token", "list")[1].splitlines()
    assert heads.split("  ")[0] == "name"
    assert re.fullmatch(r"ann +write +living +\S+Z +never +\S+Z", ann)
    assert re.fullmatch(r"bo +read +living +\S+Z +never +never", bo)
    (first, _) = json.loads(typed("token", "list", "--json")[1])
    assert (first["name"], first["state"], first["created_by"]) == ("ann", "living", "cli")


def test_a_revoked_token_is_listed_only_if_wanted_and_can_be_forgotten(typed: Typed) -> None:
    for name in ("ann", "bo"):
        typed("token", "create", name, "--scope", "read")
    assert typed("token", "revoke", "ann")[1].startswith("Revoked ann (read).")
    assert "ann" not in typed("token", "list")[1]
    assert re.search(r"^ann +read +revoked", typed("token", "list", "--all")[1], re.MULTILINE)
    assert typed("token", "forget")[1] == "Forgot 1 revoked token.\n"
    typed("token", "revoke", "bo")
    assert "loopback may do everything again" in typed("token", "forget")[1]
    assert typed("token", "list", "--all")[1].startswith("No tokens.")


def test_what_cannot_be_done_is_said_with_the_next_step(typed: Typed) -> None:
    typed("token", "create", "ann", "--scope", "read")
    code, _, err = typed("token", "create", "ann", "--scope", "admin")
    assert code == 1
    assert "revoke that one first" in err
    code, _, err = typed("token", "revoke", "bo")
    assert code == 1
    assert "claudetask-mcp token list shows them" in err
    code, _, err = typed("token", "create", "a/b", "--scope", "read")
    assert code == 1
    assert err.startswith("claudetask-mcp: token create: name: ")
    for wrong in ("90", "0d", "x", "1y", "3661d", "999999999w"):
        code, _, err = typed("token", "create", "bo", "--scope", "read", "--expires", wrong)
        assert code == 2
        assert "must be like 30m, 12h, 90d or 4w" in err


def test_the_record_is_told_line_by_line_and_page_by_page(typed: Typed) -> None:
    assert typed("audit")[1] == "Nothing was done.\n"
    typed("token", "create", "ann", "--scope", "read")
    typed("task", "add", "A title", "--agent", "builder")
    typed("task", "note", "1", "seen\n\x1b[2Jit")
    _, out, _ = typed("audit", "--limit", "2")
    assert "\x1b" not in out
    newest, second, more = out.splitlines()
    assert re.fullmatch(r"\S+Z cli noted task #1 .*", newest)
    assert re.fullmatch(r"\S+Z builder created task #1.*", second)
    rest = typed("audit", "--before", more.removeprefix("more with --before "))[1]
    assert re.fullmatch(r"\S+Z cli created token ann \(scope read\)\n", rest)
    assert typed("audit", "--actor", "builder", "--since", "1h")[1].count("\n") == 1
    (one,) = json.loads(typed("audit", "--kind", "token", "--json")[1])
    assert (one["kind"], one["subject"]) == ("token", "ann")
    code, _, err = typed("audit", "--limit", "0")
    assert code == 1
    assert "limit" in err


def test_nobody_takes_the_name_of_a_tokens_holder_on_the_command_line(typed: Typed) -> None:
    code, _, err = typed("task", "add", "x", "--agent", "@ann")
    assert code == 1
    assert "cannot be given" in err


def test_the_grammar_knows_every_kind_of_entry_and_every_scope() -> None:
    from claudetask_core.schemas.audit import AuditKind  # noqa: PLC0415 — not for the grammar
    from claudetask_core.schemas.token import TokenScope  # noqa: PLC0415 — as above

    for kind in AuditKind:
        assert parser().parse_args(["audit", "--kind", kind]).kind == kind
    for scope in TokenScope:
        assert parser().parse_args(["token", "create", "a", "--scope", scope]).scope == scope
