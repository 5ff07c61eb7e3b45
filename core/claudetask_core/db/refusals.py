"""What a database's surroundings do to the board, in the board's own words."""

from claudetask_core.errors import Invalid, Unavailable

SETTING = "CLAUDETASK_DATABASE_URL"


class BoardBusy(Unavailable):
    code = "board_busy"


class BoardUnwritable(Unavailable):
    code = "board_unwritable"


class BoardBroken(Unavailable):
    code = "board_broken"


class BoardGone(Unavailable):
    code = "board_gone"

    def __init__(self, file: object, *, wrote: bool = False) -> None:
        became = "This write may be gone with it." if wrote else "Nothing was written."
        super().__init__(
            f"The board's file {file} was deleted or replaced while this server had it open. "
            f"{became}",
            next_step="Start the server anew (in Claude Code: /mcp, reconnect); it opens what is "
            "there now.",
        )


class BoardTooNew(Unavailable):
    code = "board_too_new"


class BoardUnreachable(Unavailable):
    code = "board_unreachable"


class MigrationBusy(Unavailable):
    code = "migration_busy"


class AddressInvalid(Invalid):
    code = "database_address_invalid"

    def __init__(
        self, why: str, next_step: str = "Name a database with an async driver that is installed."
    ) -> None:
        super().__init__(f"Setting {SETTING} is wrong: {why}.", next_step=next_step)


def busy() -> BoardBusy:
    return BoardBusy(
        "The board is busy: it has been kept locked for too long.",
        next_step="Try the same call again in a few seconds.",
    )


def migrated() -> BoardTooNew:
    return BoardTooNew(
        "This board was migrated by a newer claudetask-mcp while this server had it open. Nothing "
        "was written.",
        next_step="Start the server anew with the newer version (in Claude Code: /mcp, reconnect).",
    )


def migrating() -> MigrationBusy:
    return MigrationBusy(
        "Another process is still migrating the board.", next_step="Try again in a minute."
    )
