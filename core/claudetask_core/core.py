"""One open project: its services, and the only lifespan that opens and closes them."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from claudetask_core.clock import Clock, SystemClock
from claudetask_core.config import Settings
from claudetask_core.db.engine import Database, make_private_file
from claudetask_core.db.migrate import bring_to_head
from claudetask_core.db.sqlite import file_of, sqlite_url
from claudetask_core.home import Home
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.project import ProjectStatus
from claudetask_core.services.access.audit import AuditService
from claudetask_core.services.access.tokens import TokenService
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.analysis.analyses import AnalysisService
from claudetask_core.services.analysis.context import AnalysisContext
from claudetask_core.services.board.backup import FOLDER, Backups
from claudetask_core.services.board.flow import FlowService
from claudetask_core.services.board.overview import OverviewService
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.code.embedding import Embedding
from claudetask_core.services.code.search import SearchService
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk_watch import DiskWatch
from claudetask_core.services.events import EventService
from claudetask_core.services.pack import PackService
from claudetask_core.services.project import ProjectRoot, ProjectService
from claudetask_core.services.repository.branches import BranchService
from claudetask_core.services.repository.locate import (
    Places,
    locate,
    prepare_board,
    refuse_links_out,
    refuse_misplaced,
)
from claudetask_core.services.repository.machine import this_machine
from claudetask_core.services.repository.standing import Standing, Whereabouts
from claudetask_core.services.resume import ResumeService
from claudetask_core.services.similar.similar import SimilarService
from claudetask_core.services.tasks.links import LinkService
from claudetask_core.services.tasks.notes import NoteService
from claudetask_core.services.tasks.queue import QueueService
from claudetask_core.services.tasks.recommend import RecommendService
from claudetask_core.services.tasks.tasks import TaskService
from claudetask_core.services.tasks.warming import Warming
from claudetask_core.services.tasks.writes import TaskWrites
from claudetask_core.services.verify.trust import Trust
from claudetask_core.services.verify.verify import VerifyService

DATABASE = "claudetask.db"
INDEX = "index"
"""In this folder of the board is what may be deleted at any time."""
SETS = "sets"


def backups_of(settings: Settings, places: Places, clock: Clock) -> Backups | None:
    """The copies of the board's file; None where the board is no file."""
    named = settings.database_url
    file = places.board / DATABASE if named is None else file_of(named)
    if file is None:
        return None
    return Backups(file, places.board / FOLDER, clock, keep=settings.backup_keep)


@dataclass(frozen=True)
class Core:
    """The services of one project; both faces call these and nothing below them."""

    settings: Settings
    places: Places
    clock: Clock
    database: Database
    events: EventService
    disk: DiskWatch
    project: ProjectService
    tasks: TaskService
    links: LinkService
    notes: NoteService
    queue: QueueService
    pack: PackService
    similar: SimilarService
    search: SearchService
    agents: AgentService
    claude_md: ClaudeMdService
    analysis: AnalysisService
    resume: ResumeService
    overview: OverviewService
    flow: FlowService
    recommend: RecommendService
    branches: BranchService
    tokens: TokenService
    audit: AuditService
    warming: Warming

    async def status(self) -> ProjectStatus:
        """Settings, counts per status, the index and the jobs that are not finished."""
        return ProjectStatus(
            settings=await self.project.settings(),
            counts=await self.tasks.counts(),
            index=await self.search.state(),
            jobs=await self.analysis.unfinished(),
        )

    async def ready(self) -> None:
        """Touches the database; raises Unavailable where it does not answer or take writes."""
        await self.events.latest()
        async with self.database.read() as session:
            await self.database.backend.refuse_read_only(session)


@asynccontextmanager
async def open_core(
    settings: Settings,
    *,
    start: Path,
    home: Home | None,
    refine: Callable[[Path], Settings] | None = None,
    clock: Clock | None = None,
    trusted: Path | None = None,
    client: Whereabouts | None = None,
) -> AsyncGenerator[Core]:
    """Finds the project, opens its board (migrated where needed) and, at the end, closes all.

    Args:
        settings: What the entry point read; `project_path` beats `start`.
        start: The folder to look for the project from.
        home: The user's home, whose agents and CLAUDE.md are shown; None shows none.
        refine: Reads the settings again once the board's folder, which may hold a config.toml,
            is known.
        clock: What time it is.
        trusted: The folder that records which projects' commands a person trusts; None trusts
            none.
        client: Says the folder that the client is in, which is followed into worktrees where no
            setting names the project.

    Raises:
        ProjectMissing, FolderNotUtf8, MainWorktreeMissing, BoardIsProject, BoardLeadsOut,
            ConfigurationInvalid, BoardUnwritable, BoardBroken, BoardGone, BoardTooNew,
            WorkflowLosesTasks: as their sentences say.
    """
    clock = clock or SystemClock()
    named = settings.project_path
    places = await locate(named or start, exact=named is not None, board=settings.data_dir)
    await asyncio.to_thread(refuse_links_out, places.board)
    if refine is not None:
        settings = refine(places.board)
    backups = backups_of(settings, places, clock)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_board(settings, places, backups))
        standing = Standing(places, client if named is None else None)
        verify = VerifyService(board=places.board, root=standing, trust=Trust(trusted))
        core = _assemble(settings, places, clock, database, home, verify, standing)
        await core.tasks.adopt_workflow()
        stack.push_async_callback(core.events.close)
        stack.push_async_callback(core.tokens.close)
        stack.push_async_callback(core.search.close)
        stack.push_async_callback(core.analysis.close)
        stack.push_async_callback(core.disk.close)
        if backups is not None:
            stack.push_async_callback(backups.close)
            backups.start()
        core.disk.start()
        stack.push_async_callback(core.warming.close)
        core.warming.start()
        yield core


def _wide(home: Home | None) -> Collection[Path]:
    """Where a session begins that is about no project: the root of all, and the user's home."""
    return {Path("/"), *([] if home is None else [home.folder.resolve()])}


@asynccontextmanager
async def open_board(
    settings: Settings, places: Places, backups: Backups | None
) -> AsyncGenerator[Database]:
    """Opens the board alone, migrated where needed.

    Raises:
        MainWorktreeMissing, NoProject, BoardIsProject, BoardUnwritable, BoardBroken, BoardGone,
            BoardTooNew: As their sentences say.
    """
    file = places.board / DATABASE
    await asyncio.to_thread(refuse_misplaced, places, file, settings)
    prepare_board(places)
    if backups is not None:
        await asyncio.to_thread(backups.refuse_loss)
    if settings.database_url is None:
        make_private_file(file)
    url = settings.database_url or sqlite_url(file)
    database = Database(url, sets=places.board / INDEX / SETS)
    try:
        await bring_to_head(database, places.board / "migrate.lock")
        yield database
    finally:
        await database.close()


def _assemble(
    settings: Settings,
    places: Places,
    clock: Clock,
    database: Database,
    home: Home | None,
    verify: VerifyService,
    standing: Standing,
) -> Core:
    machine = this_machine() if database.backend.shared else ""
    events = EventService(database, clock)
    root = ProjectRoot(database, standing, machine)
    branches = BranchService(root)
    writes = TaskWrites(
        events,
        clock,
        branches,
        lease_seconds=settings.lease_seconds,
        workflow=settings.workflow,
        machine=machine,
    )
    kept = KeptCopies(places.board / "kept")
    claude_md = ClaudeMdService(root=root, home=home, kept=kept, announce=events.announce)
    agents = AgentService(root=root, home=home, kept=kept, announce=events.announce)
    similar = SimilarService(database, branches.files)
    tasks = TaskService(database, writes, similar, verify)
    search = SearchService(
        root=root,
        folder=places.board / INDEX,
        max_file_bytes=settings.index_max_file_bytes,
        exclude=settings.index_exclude,
        watch=settings.index_watch,
        history=settings.index_history,
        embedding=Embedding(
            settings.search_embedding,
            settings.search_embedding_model,
            settings.search_embedding_key.get_secret_value()
            if settings.search_embedding_key
            else None,
        ),
        workers=min(2, os.cpu_count() or 1),
        wide=_wide(home) if settings.project_path is None else (),
    )

    async def index_changed(action: str) -> None:
        await events.announce(EventType.INDEX, action, "index", "index")

    search.on_change(index_changed)
    return Core(
        settings=settings,
        places=places,
        clock=clock,
        database=database,
        events=events,
        disk=DiskWatch(root, events, clock),
        project=ProjectService(database, events, clock, places, standing, claude_md, machine),
        tasks=tasks,
        links=LinkService(database, writes.workflow),
        notes=NoteService(database, writes),
        queue=QueueService(database, writes),
        pack=PackService(tasks, NoteService(database, writes), search, similar),
        similar=similar,
        search=search,
        agents=agents,
        claude_md=claude_md,
        analysis=AnalysisService(
            database=database,
            events=events,
            clock=clock,
            tasks=tasks,
            root=root,
            settings=settings,
            context=AnalysisContext(
                done=settings.workflow.done,
                notes=NoteService(database, writes),
                search=search,
                similar=similar,
                agents=agents,
                claude_md=claude_md,
            ),
        ),
        resume=ResumeService(database, clock, places, machine),
        overview=OverviewService(database, settings.workflow),
        flow=FlowService(database, clock, settings.workflow),
        recommend=RecommendService(agents, settings.workflow),
        branches=branches,
        tokens=TokenService(database, clock),
        audit=AuditService(database),
        warming=Warming(database),
    )
