"""The grammar of `claudetask-mcp board …`, which is read before anything else is loaded."""

import argparse

from claudetask_mcp.grammar import add_command, of_project


def add_board(board: argparse.ArgumentParser) -> None:
    """Adds what can be done with the board as a whole."""
    common = of_project()
    what = board.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return add_command(what.add_parser, name, text, parents=[common])

    action(
        "backup",
        "copy the board now; this copy stays until you delete it, while one a day "
        "is made by itself",
    )
    check = action("check", "look through the whole file, and list the copies")
    check.add_argument(
        "--mend", action="store_true", help="make the indexes anew, which are made of the rest"
    )
    restore = action("restore", "go back to a copy; what was there is kept")
    restore.add_argument(
        "copy",
        nargs="?",
        default="last",
        metavar="COPY",
        help="the name of a copy that `board check` lists, or a file that was kept elsewhere "
        "(default: %(default)s, the newest sound one)",
    )
    restore.add_argument("--yes", action="store_true", help="do not ask")
    export = action("export", "write the whole board as JSON Lines")
    export.add_argument("file", metavar="FILE", help="a new file, or - for stdout")
    taken = action("import", "read what export wrote")
    taken.add_argument("file", metavar="FILE", help="the file, or - for stdin")
    taken.add_argument("--replace", action="store_true", help="in place of what is on the board")
