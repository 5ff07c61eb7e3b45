"""What git ignores by files outside of the tree: which they are, and whether they are as they were.

Nobody watches them: git writes in its own folder all the time, and the others lie in the home.
Git says which settings there are, and which file they name (gitignore(5), git-config(1)).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from claudetask_core import safe_git
from claudetask_core.places import git_folders
from claudetask_core.search.tree.listing import asked_git
from claudetask_core.stopping import Stop

_OWN: Final = ("info/exclude", "config")
_SETTINGS: Final = ("config", "--list", "--show-origin", "--includes", "-z")
_FILE: Final = "file:"
_NAMED: Final = "core.excludesfile\n"

_State = tuple[int, int, int] | None


class GitRules:
    """The files that say what git ignores in one tree, besides those in the tree.

    Args:
        root: The tree, resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._states: dict[str, _State] = {}

    def note(self, stop: Stop) -> bool:
        """Notes how they are now, before git is asked what it lists; answers whether they differ.

        Raises:
            Stopped: `stop` said so.
        """
        before = self._states
        top, common = git_folders(str(self._root))
        files = [] if top is None or common is None else [*self._named(top, common, stop)]
        self._states = {file: _state(file) for file in files}
        return self._states != before

    def changed(self) -> bool:
        """Whether one of them differs from what was noted."""
        return any(_state(file) != known for file, known in self._states.items())

    def _named(self, top: str, common: str, stop: Stop) -> Iterator[str]:
        yield from (f"{common}/{name}" for name in _OWN)
        yield from _of_the_user()
        said = asked_git(self._root, stop, _SETTINGS).decode("utf-8", "surrogateescape")
        parts = said.split("\0")
        for origin, setting in zip(parts[::2], parts[1::2], strict=False):
            if origin.startswith(_FILE):
                yield os.path.join(top, origin.removeprefix(_FILE))  # noqa: PTH118 — a text
            if setting.startswith(_NAMED):
                named = os.path.expanduser(setting.removeprefix(_NAMED))  # noqa: PTH111 — as above
                yield os.path.join(top, named)  # noqa: PTH118 — as above


def _of_the_user() -> Iterator[str]:
    """Settings and rules that may come to be there, of the user whom git is asked for."""
    given = safe_git.environment()
    home = given.get("HOME")
    if home:
        yield f"{home}/.gitconfig"
    folder = given.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
    if folder:
        yield from (f"{folder}/git/{name}" for name in ("config", "ignore"))


def _state(file: str) -> _State:
    try:
        known = os.stat(file)  # noqa: PTH116 — asked with each question
    except (OSError, ValueError):
        return None
    return known.st_mtime_ns, known.st_size, known.st_ino
