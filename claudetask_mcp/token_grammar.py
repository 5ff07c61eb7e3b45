"""The grammar of `token …` and `audit`, which is read before anything else is loaded."""

import argparse
import re

SCOPES = ("read", "write", "admin")
KINDS = ("task", "project", "agent", "claude_md", "job", "token", "access")
SPAN = re.compile(r"([1-9][0-9]{0,8})([mhdw])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def add_token(token: argparse.ArgumentParser) -> None:
    """Adds what can be done with tokens."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--project", metavar="DIR", default=argparse.SUPPRESS, help="the project's folder"
    )
    what = token.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = what.add_parser("create", parents=[common], help="make one; shows its secret once")
    create.add_argument("name", metavar="NAME", help="whose it is; stands in all they change")
    create.add_argument("--scope", choices=SCOPES, required=True, help="what it may do")
    create.add_argument("--expires", type=span, metavar="SPAN", help="such as 90d, 12h or 4w")
    listed = what.add_parser("list", parents=[common], help="who has one, and since when")
    listed.add_argument("--all", action="store_true", help="those that were revoked too")
    listed.add_argument("--json", action="store_true", help="the answer of GET /api/tokens")
    revoke = what.add_parser("revoke", parents=[common], help="end one for good, at once")
    revoke.add_argument("name", metavar="NAME")
    what.add_parser("forget", parents=[common], help="take out all that were revoked")


def add_audit(audit: argparse.ArgumentParser) -> None:
    """Adds what can be asked of the record."""
    audit.add_argument("--actor", metavar="NAME", help="only theirs; @ann is also @ann/builder")
    audit.add_argument("--kind", choices=KINDS, help="only what was done to these")
    audit.add_argument("--since", type=span, metavar="SPAN", help="only the last 90d, 12h …")
    audit.add_argument("--limit", type=int, default=50, metavar="N", help="1 to 500")
    audit.add_argument("--before", metavar="NUMBER", help="go on after this entry")
    audit.add_argument("--json", action="store_true", help="the answer of GET /api/audit")


def span(text: str) -> int:
    """A length of time in seconds."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("must be like 30m, 12h, 90d or 4w")
    return int(found[1]) * SECONDS[found[2]]
