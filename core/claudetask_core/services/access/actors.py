"""In whose name a change is made.

Whoever has no token of their own names themselves, as `agent`, and is the same caller on every
face. A token's holder is `@NAME`, or `@NAME/AGENT` where they name an agent: what stands before
the slash comes from the token alone, and nobody else may begin a name with `@`.
"""

from claudetask_core.errors import Forbidden
from claudetask_core.schemas.token import Identity, TokenScope

MARK = "@"


class NameReserved(Forbidden):
    code = "name_reserved"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:100]!r} is the name of a token's holder, and cannot be given.",
            next_step="Give a name that does not begin with @, or leave it out.",
        )


def holder(name: str) -> str:
    """What the holder of a token of that name is called."""
    return f"{MARK}{name}"


def acting(identity: Identity | None, agent: str | None) -> str | None:
    """The name of who acts; None where neither a token nor the caller says one.

    Args:
        identity: Whose token it is, where there is one.
        agent: The name the caller gave itself; its own whole name means the same.

    Raises:
        NameReserved: The caller gave the name of a token's holder.
    """
    own = holder(identity.name) if identity is not None and identity.name else None
    if own is None:
        if agent is not None and agent.startswith(MARK):
            raise NameReserved(agent)
        return agent
    part = "" if agent == own else (agent or "").removeprefix(f"{own}/")
    if part.startswith(MARK):
        raise NameReserved(part)
    return f"{own}/{part}" if part else own


class InsufficientScope(Forbidden):
    code = "insufficient_scope"

    def __init__(self, identity: Identity, needed: TokenScope) -> None:
        super().__init__(
            f"This needs a token with the scope {needed}; yours ({identity.name}) has "
            f"{identity.scope}.",
            next_step="Ask whoever runs this board for one, or leave it to somebody who has it.",
            scope=needed.value,
        )


def require(identity: Identity | None, needed: TokenScope) -> None:
    """Refuses a caller whose token does not cover what is needed; without tokens all may do all.

    Raises:
        InsufficientScope: It does not.
    """
    if identity is not None and not identity.scope.covers(needed):
        raise InsufficientScope(identity, needed)
