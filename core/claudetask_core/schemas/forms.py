"""The forms that texts must have, and the same in words: a regular expression tells nobody how."""

from collections.abc import Mapping
from typing import Any

ONE_LINE = r"^[^\x00-\x1f\x7f]+$"
ONE_LINE_OR_EMPTY = r"^[^\x00-\x1f\x7f]*$"
WITHOUT_BLANKS = r"^[^\x00-\x20\x7f]+$"
AGENT_NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$"
KEPT_VERSION = r"^[A-Za-z0-9._-]+$"
GITHUB_REPO = (
    r"^(?:(?:https?|git|ssh)://(?:git@)?(?:www\.)?[Gg]it[Hh]ub\.com/|(?:git@|www\.)?[Gg]it[Hh]ub\.com[/:])?"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/"
    r"\.{0,99}[A-Za-z0-9_-][A-Za-z0-9._-]{0,103}/?$"
)
COLUMN_NAME = r"^[^\W\d_]([\w .&/-]*[\w.])?$"
TOKEN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"  # noqa: S105 — a name, no secret
ENTRY_NUMBER = r"^[0-9]{1,17}[ha][0-9]{1,18}$"
TASK_NUMBERS = r"^[1-9][0-9]{0,17}(,[1-9][0-9]{0,17}){0,199}$"

FORMS: Mapping[str, str] = {
    ONE_LINE: "must be one line without control characters",
    ONE_LINE_OR_EMPTY: "must be one line without control characters",
    WITHOUT_BLANKS: "must hold no blanks and no control characters",
    AGENT_NAME: "must be letters, digits, - and _, with a letter or digit first and last",
    KEPT_VERSION: "must be the name of a kept version",
    GITHUB_REPO: "must be owner/name, or the address that GitHub gives for it, such as "
    "https://github.com/owner/name or git@github.com:owner/name.git",
    COLUMN_NAME: "must begin with a letter and hold only letters, digits, blanks and . & / - _",
    TOKEN_NAME: "must be at most 40 letters, digits and . _ -, with a letter or digit first",
    ENTRY_NUMBER: "must be the number of an entry, as the list has it",
    TASK_NUMBERS: "must be at most 200 numbers of tasks with commas between",
}


def said(problem: Mapping[str, Any]) -> str:
    """What is wrong, as one of pydantic's error details has it, without what only it would say."""
    context: Mapping[str, Any] = problem.get("ctx", {})
    message = str(problem["msg"]).removeprefix("Value error, ")
    is_text = isinstance(problem.get("input"), str)
    match problem["type"]:
        case "string_pattern_mismatch":
            return FORMS.get(str(context.get("pattern")), message)
        case "extra_forbidden":
            return "nothing of this name is known here"
        case "tuple_type":
            return "must be a list"
        case "too_short" if is_text:
            return f"must have at least {context.get('min_length')} character"
        case "too_long" if is_text:
            return f"must have at most {context.get('max_length')} characters"
        case _:
            return message
