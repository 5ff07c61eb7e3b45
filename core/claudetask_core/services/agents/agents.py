"""Claude Code's subagents: `.claude/agents/**/*.md` of the project, and the user's to read."""

from anyio import to_thread

from claudetask_core.home import Home
from claudetask_core.schemas.agent import Agent, AgentCreate, AgentFix, AgentUpdate, FileVersion
from claudetask_core.schemas.event import EventType
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.announce import Announce, tell
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.kept import KeptCopies


class AgentService:
    """Lists, reads and writes agent files; the disk is the only truth.

    Args:
        root: Where the project is.
        home: The user's home, whose agents are read; None for no user scope.
        kept: Where previous contents go before a write.
        announce: Tells the board's watchers.
    """

    def __init__(
        self, *, root: RootSource, home: Home | None, kept: KeptCopies, announce: Announce
    ) -> None:
        self._root = root
        self._home = home
        self._kept = kept
        self._announce = announce

    async def find(self) -> list[Agent]:
        """Every agent, the project's first, by name; broken files with their problems."""
        store = await self._store()
        return await to_thread.run_sync(store.find)

    async def get(self, agent_id: str) -> Agent:
        """One agent; of several files with its name the first.

        Raises:
            AgentNotFound: No file has that name.
            DomainError: The file cannot be read (it leads out of the project, is too large …).
        """
        store = await self._store()
        return await to_thread.run_sync(store.get, agent_id)

    async def create(self, data: AgentCreate, actor: str) -> Agent:
        """Write a new file `.claude/agents/<name>.md`.

        Raises:
            AgentExists: The project has an agent, or a file, of that name.
            NotWritable: The system refuses.
        """
        store = await self._store()
        agent = await to_thread.run_sync(store.create, data)
        await tell(self._announce, EventType.AGENT, "created", agent.id, actor)
        return agent

    async def install(self, name: str, actor: str) -> Agent:
        """Write one of our templates as `.claude/agents/<name>.md`.

        Raises:
            TemplateNotFound: None has that name.
            AgentExists: The project has an agent, or a file, of that name.
            NotWritable: The system refuses.
        """
        store = await self._store()
        agent = await to_thread.run_sync(store.install, name)
        await tell(self._announce, EventType.AGENT, "created", agent.id, actor)
        return agent

    async def fix(
        self,
        agent_id: str,
        actor: str,
        *,
        expected_hash: str | None = None,
        dry_run: bool = False,
    ) -> AgentFix:
        """Mend in a file what can be mended without asking its author.

        Raises:
            AgentNotFound: No file has that name.
            UserScopeReadOnly: It is the user's.
            ChangedUnderneath: It is no longer what the caller read.
            NotWritable: The system refuses; the file is as it was.
        """
        store = await self._store()
        done = await to_thread.run_sync(lambda: store.fix(agent_id, expected_hash, dry_run=dry_run))
        if done.fixed and not dry_run:
            await tell(self._announce, EventType.AGENT, "updated", done.agent.id, actor)
        return done

    async def update(
        self, agent_id: str, data: AgentUpdate, actor: str, *, expected_hash: str | None = None
    ) -> Agent:
        """Change what `data` names and nothing else; a new name moves a file named after it.

        Raises:
            AgentNotFound: No file has that name.
            UserScopeReadOnly: It is the user's.
            ChangedUnderneath: It is no longer what the caller read.
            AgentExists: Another agent has the new name.
            FrontmatterNotEditable: A key cannot be set without harm to the rest of the file.
            NotWritable: The system refuses; the file is as it was.
        """
        store = await self._store()
        agent, changed = await to_thread.run_sync(store.update, agent_id, data, expected_hash)
        if changed:
            await tell(self._announce, EventType.AGENT, "updated", agent.id, actor)
        return agent

    async def delete(self, agent_id: str, actor: str, *, expected_hash: str | None = None) -> None:
        """Remove the file; its contents stay among the kept copies.

        Raises:
            AgentNotFound: No file has that name.
            UserScopeReadOnly: It is the user's.
            ChangedUnderneath: It is no longer what the caller read.
        """
        store = await self._store()
        await to_thread.run_sync(store.delete, agent_id, expected_hash)
        await tell(self._announce, EventType.AGENT, "deleted", agent_id, actor)

    async def versions(self, agent_id: str) -> list[FileVersion]:
        """The kept copies, newest first, also of an agent that was deleted.

        Raises:
            AgentNotFound: There is neither a file nor a copy.
        """
        store = await self._store()
        return await to_thread.run_sync(store.versions, agent_id)

    async def restore(self, agent_id: str, version: str, actor: str) -> Agent:
        """Put a kept copy back (`last` for the newest that differs), where the file is or was.

        Raises:
            VersionNotFound: No copy of the agent has that name.
            AgentExists: Another agent stands where it would go.
        """
        store = await self._store()
        agent, changed = await to_thread.run_sync(store.restore, agent_id, version)
        if changed:
            await tell(self._announce, EventType.AGENT, "restored", agent.id, actor)
        return agent

    async def _store(self) -> AgentStore:
        return AgentStore(await self._root(), self._home, self._kept)
