"""Which worktree the session is in: the one it began in, or one that it went to since.

Claude Code tells a server neither that its session entered a worktree nor that it left it: roots
and environment stay. But its own process goes along, and a shell's `cd` does not move it. So code,
CLAUDE.md and the rest are those of the folder that this process is in, where that is a worktree of
the very repository; anything else changes nothing.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from claudetask_core.places import git_folders, is_own_worktree
from claudetask_core.services.repository.locate import Places

Whereabouts = Callable[[], str | None]
"""Says the folder that the client's process is in; None where that cannot be seen."""


class Standing:
    """The root of the worktree that the session is in, asked anew each time.

    Args:
        places: Where the session began.
        client: Where its client is now; None where nobody can tell.
    """

    def __init__(self, places: Places, client: Whereabouts | None = None) -> None:
        self._began = places.root
        self._client = client
        self._last: tuple[str, Path] | None = None

    async def __call__(self) -> Path:
        where = None if self._client is None else self._client()
        if where is None:
            return self._began
        if self._last is None or self._last[0] != where:
            self._last = (where, await asyncio.to_thread(self._worktree, where))
        return self._last[1]

    def _worktree(self, where: str) -> Path:
        top, common = git_folders(os.path.realpath(where))
        _, ours = git_folders(str(self._began))
        if top is None or common is None or ours is None:
            return self._began
        same = os.path.realpath(common) == os.path.realpath(ours)
        return Path(top) if same and is_own_worktree(top) else self._began
