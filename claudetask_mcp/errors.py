"""What a failure looks like to an MCP client: one table, and the texts of `isError` answers.

What a smarter caller could have avoided is a tool error that names the next step. A stranger's
exception says nothing but the number of the incident, under which the log has the rest.
"""

import difflib
import logging
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    CallToolResult,
    TextContent,
)
from pydantic import ValidationError

from claudetask_core.errors import Code, DomainError, Invalid, NotFound, RateLimited
from claudetask_core.printable import printable
from claudetask_core.replaced import ProgramReplaced, is_replaced
from claudetask_core.shortage import shortage
from claudetask_mcp.arguments import CORRECT, fit, problems

logger = logging.getLogger(__name__)

LIMIT = 400


class Language(NamedTuple):
    """How MCP says a code: the JSON-RPC code where a protocol error is due, and what to do."""

    rpc: int
    next_step: str


LANGUAGE: Mapping[Code, Language] = {
    Code.INVALID: Language(INVALID_PARAMS, "Correct the arguments and call again."),
    Code.NOT_FOUND: Language(INVALID_PARAMS, "Look up what exists first."),
    Code.CONFLICT: Language(INVALID_REQUEST, "Read the present state, then decide."),
    Code.STALE: Language(INVALID_REQUEST, "Read it again and repeat the change."),
    Code.FORBIDDEN: Language(INVALID_REQUEST, "Ask a person to do it."),
    Code.RATE_LIMITED: Language(INVALID_REQUEST, "Wait, then repeat the call."),
    Code.UNAVAILABLE: Language(INTERNAL_ERROR, "Repeat the call in a moment."),
    Code.INTERNAL: Language(INTERNAL_ERROR, "Tell a person; the server's log has the details."),
}


def refusal(text: str) -> CallToolResult:
    """An `isError` answer of at most `LIMIT` characters; names in it begin no line."""
    return CallToolResult(
        content=[TextContent(type="text", text=fit(_said(text), LIMIT))],
        is_error=True,
    )


def sentence(error: DomainError) -> str:
    """What and why, then what to do next; the first part gives way where both are too long."""
    next_step = fit(_said(error.next_step or LANGUAGE[error.kind].next_step), LIMIT // 2)
    return f"{fit(_said(error.message), LIMIT - len(next_step) - 1)} {next_step}"


def failure(tool: str, error: BaseException) -> CallToolResult:
    """The answer to a call of `tool` that raised `error`."""
    known = error if isinstance(error, DomainError) else shortage(error)
    if known is not None:
        return refusal(sentence(known))
    if isinstance(error, ValidationError):
        return refusal(f"{tool} was not carried out: {problems(error)} {CORRECT}")
    incident = secrets.token_hex(4)
    logger.error("Incident %s in tool %s", incident, tool, exc_info=error)
    if is_replaced():
        return refusal(sentence(ProgramReplaced()))
    return refusal(
        f"{tool} failed: internal error {incident}. It may not have been carried out; look before "
        "you repeat it, and tell a person the number: the server's log has the details."
    )


def unknown_tool(name: str, known: Iterable[str]) -> CallToolResult:
    names = list(known)
    return refusal(f"There is no tool {fit(name, 60)!r}.{_nearest(name, names)} {_listed(names)}")


def unknown_arguments(tool: str, given: Iterable[str], known: Iterable[str]) -> CallToolResult:
    names = list(known)
    first = next(iter(given))
    accepted = f"It takes: {', '.join(names)}." if names else "It takes none."
    return refusal(
        f"{tool} has no parameter {fit(first, 60)!r}.{_nearest(first, names)} {accepted}"
    )


def no_number(tool: str, name: str, *, value: bool) -> CallToolResult:
    """Refuses true and false where a number is due; they would be read as 1 and 0."""
    given = str(value).lower()
    return refusal(
        f"{tool} was not carried out: {name} should be a number, not {given}. " + CORRECT
    )


class PromptRefused(Invalid):
    code = "prompt_refused"


def unknown_prompt(name: str, known: Iterable[str]) -> MCPError:
    names = list(known)
    return protocol_error(
        PromptRefused(
            f"There is no prompt {fit(name, 60)!r}.{_nearest(name, names)}",
            next_step=f"Prompts: {', '.join(names)}.",
        )
    )


def prompt_arguments(name: str, takes: list[str]) -> MCPError:
    wanted = f"exactly {', '.join(takes)}" if takes else "no arguments"
    return protocol_error(
        PromptRefused(f"The prompt {name} takes {wanted}.", next_step="Correct it and try again.")
    )


class ResourceUnknown(NotFound):
    code = "resource_unknown"


def unknown_resource(uri: str, known: Iterable[str]) -> MCPError:
    scheme = "claudetask://"
    names = ", ".join(one.removeprefix(scheme) for one in known)
    return protocol_error(
        ResourceUnknown(
            f"There is no resource {fit(uri, 100)!r}.",
            next_step=f"What there is begins with {scheme}: {names}.",
        ),
        uri=fit(uri, LIMIT),
    )


def protocol_error(error: DomainError, **data: Any) -> MCPError:
    """The same for resources and prompts, whose failures are errors of the protocol."""
    return MCPError(
        code=LANGUAGE[error.kind].rpc, message=sentence(error), data={"code": error.code, **data}
    )


def too_many(error: RateLimited) -> MCPError:
    """The refusal of a read that is no tool call; its sentence says already how long to wait."""
    data = {"code": error.code, **error.details}
    return MCPError(code=LANGUAGE[error.kind].rpc, message=_said(error.message), data=data)


def _listed(names: list[str]) -> str:
    return f"Tools: {', '.join(names)}."


def _nearest(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def _said(text: str) -> str:
    """The text with nothing hidden in it, and as lines that no name can begin."""
    return printable(text).replace("\n", "\n  ")
