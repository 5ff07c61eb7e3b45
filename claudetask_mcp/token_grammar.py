"""The grammar of `token …` and `audit`, which is read before anything else is loaded."""

import argparse
import re

from claudetask_mcp.grammar import add_command, of_project

SCOPES = ("read", "write", "admin")
KINDS = ("task", "project", "agent", "claude_md", "job", "token", "access")
SPAN = re.compile(r"([1-9][0-9]{0,8})([mhdw])")
SPANS = "30m, 12h, 90d or 4w for minutes, hours, days or weeks"
MOST_DAYS = 3660
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def add_token(token: argparse.ArgumentParser) -> None:
    """Adds what can be done with tokens."""
    common = of_project()
    what = token.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = add_command(
        what.add_parser, "create", "make a token; its secret is shown once", parents=[common]
    )
    create.add_argument("name", metavar="NAME", help="whose it is; stands in all they change")
    create.add_argument(
        "--scope",
        choices=SCOPES,
        required=True,
        help="read: look; write: tasks too; admin: everything",
    )
    create.add_argument(
        "--expires",
        type=span,
        metavar="SPAN",
        help=f"how long it is good: {SPANS} (default: for good)",
    )
    listed = add_command(
        what.add_parser, "list", "show who has a token, and since when", parents=[common]
    )
    listed.add_argument("--all", action="store_true", help="those that were revoked too")
    listed.add_argument("--json", action="store_true", help="the answer of GET /api/tokens")
    revoke = add_command(
        what.add_parser, "revoke", "end a token for good, at once", parents=[common]
    )
    revoke.add_argument("name", metavar="NAME", help="whose it is, as token list shows it")
    add_command(
        what.add_parser, "forget", "take out all tokens that were revoked", parents=[common]
    )


def add_audit(audit: argparse.ArgumentParser) -> None:
    """Adds what can be asked of the record."""
    audit.add_argument("--actor", metavar="NAME", help="only theirs; @ann is also @ann/builder")
    audit.add_argument("--kind", choices=KINDS, help="only what was done to these")
    audit.add_argument("--since", type=span, metavar="SPAN", help=f"only what is no older: {SPANS}")
    audit.add_argument(
        "--limit",
        type=int,
        default=50,
        metavar="N",
        help="how many, 1 to 500 (default: %(default)s)",
    )
    audit.add_argument("--before", metavar="NUMBER", help="go on after the entry with this number")
    audit.add_argument("--json", action="store_true", help="the answer of GET /api/audit")


def span(text: str) -> int:
    """A length of time in seconds."""
    found = SPAN.fullmatch(text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not 0 < seconds <= MOST_DAYS * SECONDS["d"]:
        raise argparse.ArgumentTypeError(f"must be like {SPANS}, at most {MOST_DAYS}d")
    return seconds
