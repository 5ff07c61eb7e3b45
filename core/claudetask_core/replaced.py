"""Whether the program's own files were replaced while this process runs, as an upgrade does.

What is loaded goes on as it was. What is read late (a list of words, a query of a grammar, a file
of the page, a process that is started) is of the other version by then, or gone.
"""

import os
from typing import Final

import claudetask_core
from claudetask_core.errors import Unavailable

RECONNECT: Final = "Start the server anew (in Claude Code: /mcp, reconnect)"
_FILE: Final = claudetask_core.__file__


class ProgramReplaced(Unavailable):
    code = "program_replaced"

    def __init__(self) -> None:
        super().__init__(
            "claudetask-mcp was upgraded or removed while this server ran, and this needs a part "
            "of it that was not loaded by then. It may not have been carried out.",
            next_step=f"{RECONNECT}, then look before you repeat it.",
        )


def _mark() -> tuple[int, int, int] | None:
    try:
        info = os.stat(_FILE)  # noqa: PTH116 — a module that starts fast has no Path
    except OSError:
        return None
    return info.st_dev, info.st_ino, info.st_mtime_ns


_LOADED: Final = _mark()


def is_replaced() -> bool:
    """Whether the files are others than when this module was loaded, or gone."""
    return _LOADED is not None and _mark() != _LOADED
