"""What the server says of its surroundings has a code, a next step, and no room for more."""

import pytest
from sqlalchemy.exc import DBAPIError

from claudetask_core.db.postgresql_said import translation

WHERE = "db.example.org/board"


class Said(Exception):
    """An error as the driver raises it."""

    def __init__(self, state: str | None, text: str = "so it is\nand more") -> None:
        super().__init__(text)
        self.sqlstate = state


def raised(state: str | None, *, lost: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Said(state), connection_invalidated=lost)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("08006", "board_unreachable"),
        ("25P03", "board_unreachable"),
        ("57P01", "board_unreachable"),
        ("57P03", "board_unreachable"),
        ("28P01", "board_unreachable"),
        ("3D000", "board_unreachable"),
        ("55P03", "board_busy"),
        ("57014", "board_busy"),
        ("40001", "board_busy"),
        ("53300", "board_busy"),
        ("53100", "board_unwritable"),
        ("58030", "board_unwritable"),
        ("25006", "board_unwritable"),
        ("42501", "board_unwritable"),
        ("42P07", "board_unwritable"),
        ("XX001", "board_broken"),
        ("22021", "text_unkeepable"),
    ],
)
def test_each_state_of_the_server_is_told_in_words(state: str, code: str) -> None:
    error = translation(raised(state), WHERE)
    assert error is not None
    assert error.code == code
    assert error.next_step
    assert len(str(error)) <= 400
    assert "and more" not in str(error)


def test_a_time_limit_of_the_server_is_named_with_what_raises_it() -> None:
    said = "canceling statement due to statement timeout"
    error = translation(DBAPIError("SELECT 1", None, Said("57014", said)), WHERE)
    assert error is not None
    assert said in str(error)
    assert "statement_timeout" in str(error.next_step)


def test_a_line_that_broke_is_told_whatever_the_driver_said() -> None:
    error = translation(raised(None, lost=True), WHERE)
    assert error is not None
    assert error.code == "board_unreachable"


@pytest.mark.parametrize("state", [None, "", "42P01", "23505", "22P02"])
def test_a_fault_of_ours_stays_one(state: str | None) -> None:
    assert translation(raised(state), WHERE) is None
