"""Questions to the code of the working tree that the project looks at now.

The index is brought up to date in a worker thread: when the service starts, before a question
and, where `watch` is set, every now and then. The tree may change at run time.

Where the kernel tells of changes (`search/tree/watching.py`), a question takes those in and needs
no look at the tree. Elsewhere it waits for the look that it starts, so that it sees what was just
edited, but no longer than `PATIENCE`. Where a look is known to take longer than `QUICK`, because
the tree is large, waiting would not help: such a question waits `HASTE`, is answered from what is
there, and says that the last edits may be missing. The look goes on for the next one.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.search import IndexState, SearchHit, SearchQuery, SearchResults
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.files import delete_unused, file_in
from claudetask_core.search.ranking import advice
from claudetask_core.search.ranking.hits import filter_of
from claudetask_core.search.tree.path_forms import within
from claudetask_core.services.code.embedding import WORDS_ONLY, Embedding, opened
from claudetask_core.services.code.tree import ENOUGH, Tree
from claudetask_core.services.disk.lanes import Lane
from claudetask_core.stopping import Stopped

_log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
QUICK: Final = 0.1
HASTE: Final = 0.03
ASKING: Final = 4
"""So many questions are worked on at once; Python runs one of them at a time anyway."""
MOST_AT_LARGE: Final = 5_000
"""A folder that is somebody's home, or all there is, is no project when it has more files."""
KEEPING: Final = 3
"""A refresh, the history and what makes questions faster may be under way together."""
WATCH_SECONDS: Final = 10.0
_WATCH_SHARE: Final = 50

RootSource = Callable[[], Awaitable[Path]]
Listener = Callable[[str], Awaitable[None]]


class SearchClosed(Unavailable):
    code = "search_closed"


class TreeMissing(Unavailable):
    code = "tree_missing"


class SearchService:
    """Keeps one index per root and answers from the present root's.

    Args:
        root: Says which folder the project is now.
        folder: Where index files are kept; made where it is missing.
        max_file_bytes: Larger files are left out.
        exclude: Patterns (as in .gitignore) of what is left out besides.
        watch: Whether to look for changes also while nobody asks.
        embedding: How meaning is compared beside words.
        workers: How many processes may analyse at once.
        history: Whether what the repository's commits say counts.
        wide: Folders in which a session may begin without any project being meant.
    """

    def __init__(
        self,
        *,
        root: RootSource,
        folder: Path,
        max_file_bytes: int,
        exclude: Sequence[str],
        watch: bool,
        embedding: Embedding = WORDS_ONLY,
        workers: int = 0,
        history: bool = True,
        wide: Collection[Path] = (),
    ) -> None:
        self._root = root
        self._folder = folder
        self._max_file_bytes = max_file_bytes
        self._exclude = tuple(exclude)
        self._watch = watch
        self._embedding = embedding
        self._workers = workers
        self._history = history
        self._wide = wide
        self._asking = Lane("ask", ASKING)
        self._keeping = Lane("index", KEEPING)
        self._trees: dict[Path, Tree] = {}
        self._listeners: list[Listener] = []
        self._watcher: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._closed = False
        self._notice: str | None = None

    def on_change(self, callback: Listener) -> None:
        """Has `callback` called with `built` after each refresh that changed the index."""
        self._listeners.append(callback)

    async def start(self) -> None:
        """Begins to index in the background and returns at once; again is harmless."""
        if self._closed or self._watcher is not None:
            return
        self._watcher = asyncio.create_task(self._keep_watch())

    async def search(self, query: SearchQuery) -> SearchResults:
        """Answers from the tree as it is, or from what is indexed of it so far.

        Raises:
            GlobInvalid: The path pattern cannot be read.
            KindUnknown: There is no such kind.
            IndexUnavailable: The index file cannot be used, or nothing could be written to it yet.
            TreeMissing: There is no folder to index.
            TreeTooWide: It is a home folder, or all there is, and no project.
        """
        filter_of(query)
        tree = await self._tree()
        query = await self._from_the_root(query)
        hits = await self._caught_up(tree, query)
        looked = hits is not None or await self._looked(tree)
        if hits is None:
            hits = await self._asking.run(tree.index.ask, query)
        complete = tree.complete
        missing = None
        if not looked:  # a change may have been missed, so what is answered is not all
            complete = min(complete, ENOUGH)
            missing = tree.missing(found=bool(hits))
        # of a question to a part of the tree nobody can tell yet what is wrong with it
        told = missing if missing and tree.partial else await self._advice(tree, query, hits)
        said = dict.fromkeys([told, self._notice, tree.index.notice, missing])
        return SearchResults(
            query=query.query,
            complete=complete,
            results=hits,
            weak=advice.is_weak(query, hits),
            message=" ".join(filter(None, said)) or None,
        )

    async def _caught_up(self, tree: Tree, query: SearchQuery) -> list[SearchHit] | None:
        """The answer, where the index is known to equal the tree without a look at it."""
        if not tree.built or tree.failure is not None:
            return None
        changed, hits = await self._asking.run(_asked, tree, query)
        if changed:
            await self._tell("built")
        return hits

    async def _looked(self, tree: Tree) -> bool:
        """Whether a look at the tree that began now has ended well within the patience there is."""
        refresh = self._refreshed(tree)
        await asyncio.wait({refresh}, timeout=_patience(tree))
        if not refresh.done():
            return False
        refresh.result()
        if tree.failure is None:
            return True
        if not isinstance(tree.failure, IndexUnavailable) or not tree.index.progress.chunks:
            raise tree.failure
        return False  # what cannot be written may be read

    async def _advice(self, tree: Tree, query: SearchQuery, hits: list[SearchHit]) -> str | None:
        elsewhere: list[SearchHit] = []
        if not hits and advice.filters(query):
            elsewhere = await self._asking.run(tree.index.ask, advice.unfiltered(query))
        return advice.on_hits(query, hits, elsewhere)

    async def state(self) -> IndexState:
        """How far the index of the present root is; starts nothing."""
        if self._closed:
            raise _closed()
        root = await self._resolved()
        tree = self._trees.get(root)
        if tree is None:
            return IndexState(
                state="idle", complete=0.0, files=0, chunks=0, message="Nothing is indexed yet."
            )
        return tree.state()

    async def wait(self) -> IndexState:
        """Returns when the whole tree is indexed.

        Raises:
            IndexUnavailable: The index file cannot be used.
            TreeMissing: There is no folder to index.
        """
        tree = await self._tree()
        refresh = self._refreshed(tree)
        await asyncio.wait({refresh})
        self._check(tree, refresh)
        if tree.reading is not None:
            await asyncio.wait({tree.reading})
        return tree.state()

    async def close(self) -> None:
        """Ends background work and closes the index files."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        async with self._opening:
            await self._retire()

    async def _resolved(self) -> Path:
        root = await self._root()
        return await self._asking.run(root.resolve)

    async def _from_the_root(self, query: SearchQuery) -> SearchQuery:
        """The question with the pattern of an absolute path as one of the project."""
        path = query.path
        if path is None or not path.removeprefix("!").startswith(os.sep):
            return query
        for root in (await self._root(), await self._resolved()):
            path = within(path, str(root))
        return query.model_copy(update={"path": path})

    async def _tree(self) -> Tree:
        if self._closed:
            raise _closed()
        root, there = await self._asking.run(_looked_up, await self._root())
        if not there:
            raise TreeMissing(
                f"There is no folder {root} to search in.",
                next_step="Set project_path to a folder that exists.",
            )
        async with self._opening:
            if root not in self._trees:
                await self._retire()
                self._trees[root] = Tree(await self._keeping.run(self._index_of, root))
            if self._closed:
                raise _closed()
            return self._trees[root]

    async def _retire(self) -> None:
        """Ends the work on every tree there is."""
        trees = list(self._trees.values())
        self._trees.clear()
        for tree in trees:
            tree.stop.set()
        for tree in trees:
            tasks = [task for task in (tree.task, tree.queued) if task is not None]
            await asyncio.gather(*tasks, return_exceptions=True)
            tasks = [task for task in (tree.reading, tree.settling) if task is not None]
            await asyncio.gather(*tasks, return_exceptions=True)
        for tree in trees:
            await self._keeping.run(tree.index.close)

    def _index_of(self, root: Path) -> CodeIndex:
        means = opened(self._embedding)
        self._notice = means.notice
        delete_unused(self._folder)
        return CodeIndex(
            root,
            file_in(self._folder),  # of all trees of a board: linked worktrees have most in common
            max_file_bytes=self._max_file_bytes,
            exclude=self._exclude,
            workers=self._workers,
            table=means.table,
            encoder=means.encoder,
            watch=self._watch,
            history=self._history,
            most_files=MOST_AT_LARGE if root in self._wide else None,
        )

    def _refreshed(self, tree: Tree) -> asyncio.Task[None]:
        """A refresh that begins after now: one that runs already may have missed a change."""
        if tree.task is None or tree.task.done():
            tree.task = asyncio.create_task(self._refresh(tree))
            tree.began = time.monotonic()
            return tree.task
        if tree.queued is None:
            tree.queued = asyncio.create_task(self._refresh_after(tree, tree.task))
        return tree.queued

    async def _refresh_after(self, tree: Tree, running: asyncio.Task[None]) -> None:
        await asyncio.wait({running})
        tree.task, tree.queued = tree.queued, None
        tree.began = time.monotonic()
        await self._refresh(tree)

    async def _refresh(self, tree: Tree) -> None:
        try:
            changed = await self._keeping.run(tree.index.refresh, tree.stop.is_set)
        except Stopped:
            return
        except DomainError as error:
            if str(error) != str(tree.failure):
                _log.warning("the code index could not be built: %s", error)
            tree.failure = error
            return
        tree.refreshed(time.monotonic() - tree.began, changed=changed)
        if tree.reading is None or tree.reading.done():
            tree.reading = asyncio.create_task(self._read_history(tree))
        if tree.settling is None or tree.settling.done():
            tree.settling = asyncio.create_task(self._settle(tree, tree.reading))
        if changed:
            await self._tell("built")

    async def _read_history(self, tree: Tree) -> None:
        """Takes in what commits say; no question waits for it or fails for the lack of it."""
        with suppress(Stopped):
            try:
                await self._keeping.run(tree.index.read_history, tree.stop.is_set)
            except DomainError as error:
                _log.info("what commits say is not read: %s", error)

    async def _settle(self, tree: Tree, reading: asyncio.Task[None]) -> None:
        """Does what makes questions faster; none waits for it or fails for the lack of it."""
        await asyncio.wait({reading})
        try:
            while not tree.stop.is_set() and await self._keeping.run(tree.index.settle):
                pass
        except DomainError as error:
            _log.info("what makes questions faster is left for later: %s", error)

    @staticmethod
    def _check(tree: Tree, refresh: asyncio.Task[None]) -> None:
        refresh.result()
        if tree.failure is not None:
            raise tree.failure

    async def _tell(self, action: str) -> None:
        for listener in self._listeners:
            await listener(action)

    async def _keep_watch(self) -> None:
        while True:
            seconds = WATCH_SECONDS
            try:
                tree = await self._tree()
                await asyncio.shield(self._refreshed(tree))
                seconds = max(seconds, _WATCH_SHARE * tree.seconds)
            except DomainError as error:
                _log.info("nothing is indexed: %s", error)
            if not self._watch:
                return
            await asyncio.sleep(seconds)


def _looked_up(root: Path) -> tuple[Path, bool]:
    """A folder without links, and whether it is there."""
    resolved = root.resolve()
    return resolved, resolved.is_dir()


def _asked(tree: Tree, query: SearchQuery) -> tuple[bool, list[SearchHit] | None]:
    """Takes in what is known to have changed, then asks; None where only a look can tell."""
    try:
        changed = tree.index.catch_up(tree.stop.is_set)
    except (DomainError, Stopped):
        return False, None
    return bool(changed), None if changed is None else tree.index.ask(query)


def _patience(tree: Tree) -> float:
    """How long a question waits for the look at the tree, in seconds from now."""
    if tree.built and tree.expected > QUICK:
        return HASTE
    return max(0.0, PATIENCE - (time.monotonic() - tree.began))


def _closed() -> SearchClosed:
    return SearchClosed("The search service is closed.", next_step="Start the server again.")
