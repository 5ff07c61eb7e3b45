"""The grammar of `claudetask-mcp task …`, which is read before anything else is loaded."""

import argparse

from claudetask_mcp.grammar import add_command, of_project

TYPES = ("Feature", "Bug")
PRIORITIES = ("High", "Medium", "Low")


def add_task(task: argparse.ArgumentParser) -> None:
    """Adds what can be done with tasks; each answers as text or, with --json, as JSON."""
    common = argparse.ArgumentParser(add_help=False, parents=[of_project()])
    common.add_argument("--json", action="store_true", help="answer as the REST API does")
    common.add_argument("--agent", metavar="NAME", help="who does this (default: the session, cli)")
    what = task.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str, *, number: bool = False) -> argparse.ArgumentParser:
        made = add_command(what.add_parser, name, text, parents=[common])
        if number:
            made.add_argument("task_id", metavar="TASK", type=_number, help="its number")
        return made

    _add_list(action("list", "the tasks by number, one line each"))
    show = action("show", "everything about a task", number=True)
    pack = "instead a briefing for a subagent, of 200 to 8000 tokens"
    show.add_argument("--pack", type=_number, metavar="TOKENS", help=pack)
    following = action("next", "the task to work on next, and why")
    following.add_argument("--claim", action="store_true", help="take it")
    _add_add(action("add", "create a task"))
    move = action("move", "move a task on the board", number=True)
    move.add_argument(
        "status", metavar="STATUS", help="the column it goes to, such as 'In Progress'"
    )
    move.add_argument("--comment", metavar="TEXT", help="kept as a note")
    move.add_argument("--force-reason", metavar="TEXT", help="overrides a refusal; recorded")
    note = action("note", "append a note", number=True)
    note.add_argument("text", metavar="TEXT", help="the note, in Markdown")
    check = action("check", "mark a criterion as met", number=True)
    check.add_argument(
        "criterion", metavar="CRITERION", type=_number, help="the criterion's number"
    )
    check.add_argument("evidence", metavar="EVIDENCE", help="what shows that it is met")
    for writing in (move, check):
        writing.add_argument(
            "--if-version",
            type=_number,
            metavar="N",
            help="refuse if the task has another version by now",
        )
    similar = action("similar", "tasks like a text, done ones too")
    similar.add_argument("query", metavar="QUERY", help="what the task is about")
    similar.add_argument(
        "--top-k",
        type=int,
        default=10,
        metavar="N",
        help="how many, 1 to 100 (default: %(default)s)",
    )
    similar.add_argument("--status", metavar="STATUS", help="only in this column")
    action("release", "give a claim back", number=True)


def _add_list(listing: argparse.ArgumentParser) -> None:
    listing.add_argument("--status", metavar="STATUS", help="only in this column")
    listing.add_argument("--type", choices=TYPES, help="only of this type")
    listing.add_argument("--priority", choices=PRIORITIES, help="only of this priority")
    listing.add_argument("--query", metavar="TEXT", help="text in title or description")
    listing.add_argument(
        "--limit", type=int, default=50, metavar="N", help="how many (default: %(default)s)"
    )
    listing.add_argument(
        "--after", type=_number, metavar="TASK", help="only tasks with higher numbers"
    )


def _add_add(add: argparse.ArgumentParser) -> None:
    add.add_argument("title", metavar="TITLE", help="one line of at most 200 characters")
    add.add_argument("--description", metavar="TEXT", default="", help="more, in Markdown")
    told = "(default: %(default)s)"
    add.add_argument("--type", choices=TYPES, default=TYPES[0], help=told)
    add.add_argument("--priority", choices=PRIORITIES, default=PRIORITIES[1], help=told)
    criterion = "what must be met before it is Done; may be given several times"
    add.add_argument("--criterion", action="append", metavar="TEXT", help=criterion)
    waits = "numbers of tasks that must be Done first"
    add.add_argument(
        "--depends-on", type=_number, nargs="+", metavar="TASK", action="extend", help=waits
    )
    add.add_argument("--parent", type=_number, metavar="TASK", help="the task that it is part of")


def _number(text: str) -> int:
    digits = text.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits[:20]) < 2**63):
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no number")
    return int(digits)
