"""Knows what changed in a tree since it was looked at, where the kernel tells (`watching.py`).

A look at the tree `begins`, is `listed` once the files are known (so that what is written from
then on is told), and `ended` when the index equals the tree. After that `changed` says which
files differ, until something happens that only another look can tell: a folder came or went,
a .gitignore or git's own rules changed, or too much happened at once.
"""

from collections.abc import Collection
from pathlib import Path
from threading import Lock
from typing import Final

from pathspec import GitIgnoreSpec

from claudetask_core.search.tree.git_rules import GitRules
from claudetask_core.search.tree.listing import Listing, list_some, unlisted_folders
from claudetask_core.search.tree.watching import Watch
from claudetask_core.stopping import Stop

_MOST: Final = 200
_MODULES: Final = ".gitmodules"


class Follower:
    """Follows one tree; may be used by several threads.

    Args:
        root: The tree, resolved.
        exclude: What is left out besides.
        watch: Whether to watch at all.
    """

    def __init__(self, root: Path, exclude: GitIgnoreSpec, *, watch: bool) -> None:
        self._root = root
        self._exclude = exclude
        self._watch = Watch(root) if watch else None
        self._listing = Listing([], set(), by_git=False)
        self._lock = Lock()
        self._is_clear = False
        self._looks = 0
        self._rules = GitRules(root)

    def begins(self, stop: Stop) -> int:
        """A look at the tree begins; answers its number.

        Raises:
            Stopped: `stop` said so.
        """
        differ = self._watch is not None and self._watch.works and self._rules.note(stop)
        with self._lock:
            self._is_clear = self._is_clear and not differ
            self._looks += 1
            return self._looks

    def listed(self, listing: Listing, stop: Stop) -> bool:
        """Has what was listed be watched; True where it is to be listed again.

        What came between the listing and the watching is told of by neither.
        """
        if self._watch is None or not self._watch.works:
            return False
        self._listing = listing
        added = self._watch.cover(listing.folders)
        scanned = {*added, *self._watch.met()}
        more = self._watch.cover(unlisted_folders(self._root, listing, scanned, stop))
        return bool(added or more)

    def ended(self, look: int) -> None:
        """The index equals the tree as that look found it; it counts where none began since."""
        with self._lock:
            self._is_clear = self._watch is not None and self._watch.works and look == self._looks

    def lost(self) -> None:
        """What is indexed may be another than what the last look left."""
        with self._lock:
            self._is_clear = False
            self._looks += 1  # a look under way may have missed it

    def changed(self, known: Collection[str], stop: Stop) -> set[str] | None:
        """The files that may differ from what is indexed; None where only a look can tell.

        Args:
            known: The files that are indexed.
            stop: Asked often.

        Raises:
            Stopped: `stop` said so.
        """
        if self._watch is None or not self._is_clear:
            return None
        changes = self._watch.changes()
        if self._rules.changed():
            changes.unclear = True
        if changes.unclear or len(changes.paths) > _MOST:
            self.lost()
            return None
        old = {path for path in changes.paths if path in known}
        new = {path for path in changes.paths - old if (self._root / path).is_file()}
        if not new:
            return old
        if not self._listing.by_git or _MODULES in known:
            self.lost()
            return None
        return old | list_some(self._root, self._exclude, new, stop)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
