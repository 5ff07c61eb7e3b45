"""`audit`: who did what, and when."""

import argparse
import sys
from datetime import timedelta

from claudetask_core.printable import on_one_line, printable_json
from claudetask_core.schemas.audit import AuditEntry, AuditKind, AuditPage
from claudetask_mcp.arguments import worded_as_invalid
from claudetask_mcp.commands.token import as_json
from claudetask_mcp.entry import Entry

SHOWN = 60


async def run(entry: Entry, asked: argparse.Namespace) -> int:
    async with entry.open() as core:
        with worded_as_invalid("audit"):
            page = AuditPage(
                limit=asked.limit,
                before=asked.before,
                actor=asked.actor,
                kind=AuditKind(asked.kind) if asked.kind else None,
                since=core.clock.now() - timedelta(seconds=asked.since) if asked.since else None,
            )
        found = await core.audit.find(page)
    if asked.json:
        sys.stdout.write(printable_json(as_json(found)) + "\n")
        return 0
    lines = [on_one_line(_line(one)) for one in found] or ["Nothing was done."]
    if len(found) == page.limit:
        lines.append(f"more with --before {found[-1].number}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _line(one: AuditEntry) -> str:
    subject = f"task #{one.subject}" if one.kind is AuditKind.TASK else one.subject
    of = "" if one.kind in {AuditKind.TASK, AuditKind.ACCESS} else f"{one.kind} "
    what = f"{one.actor} {one.action.replace('_', ' ')} {of}{subject}"
    if one.field is not None:
        what += f" {one.field}: {_value(one.old)} → {_value(one.new)}"
    if one.reason is not None:
        what += f" ({_value(one.reason)})"
    return f"{one.at:%Y-%m-%dT%H:%M:%SZ} {what}"


def _value(value: object) -> str:
    text = "–" if value is None else " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
