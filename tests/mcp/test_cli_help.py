"""What `--help` says, of every command there is."""

import argparse
from collections.abc import Iterator
from typing import Any

import pytest

from claudetask_mcp import cli

pytestmark = pytest.mark.boardless


def arguments(parser: argparse.ArgumentParser) -> list[Any]:
    """Those of a command; argparse lists them nowhere in public."""
    return vars(parser)["_actions"]


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser and those of all commands below it."""
    yield parser
    for argument in arguments(parser):
        if argument.nargs == argparse.PARSER:
            for below in argument.choices.values():
                yield from commands(below)


COMMANDS = {one.prog: one for one in commands(cli.parser())}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_a_command_does_and_what_each_argument_means(name: str) -> None:
    command = COMMANDS[name]
    assert command.description
    assert command.description in " ".join(command.format_help().split())
    for argument in arguments(command):
        assert argument.help or argument.nargs == argparse.PARSER, argument.dest
        default = argument.default
        if isinstance(default, int | str) and default not in {False, "", argparse.SUPPRESS}:
            told = argument.help.replace("%(default)s", str(default))
            assert str(default) in told, argument.dest


def test_help_of_a_span_names_its_units_and_that_of_a_copy_where_names_come_from() -> None:
    create = " ".join(COMMANDS["claudetask-mcp token create"].format_help().split())
    assert "30m, 12h, 90d or 4w for minutes, hours, days or weeks (default: for good)" in create
    restore = " ".join(COMMANDS["claudetask-mcp board restore"].format_help().split())
    assert "the name of a copy that `board check` lists" in restore
    assert "(default: last, the newest sound one)" in restore
