"""What every test stands on: a home of its own, a held clock, a really migrated board."""

import asyncio
import gc
import os
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import respx

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.db.engine import Database
from claudetask_core.db.migrate import bring_to_head
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.home import Home
from claudetask_core.services.analysis import analyses as analysis
from claudetask_core.services.setup import ground as setup_ground
from claudetask_core.services.tasks.claims import Caller
from tests.postgresql_server import Server, binaries, running
from tests.support import HeldClock
from tests.tracing import begin_threads_one_at_a_time

LOOPBACK = ("127.0.0.1", "localhost", "::1")
IN_A_SERVER = "--postgresql"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        IN_A_SERVER, action="store_true", help="every board in a database of a PostgreSQL server"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is about the board as a file, or about none, where it is in a server.

    What is slow goes untraced: coverage makes it take nearly twice as long, and what it runs the
    others have run, but not as often or not by as many.
    """
    for item in items:
        if item.get_closest_marker("slow") is not None:
            item.add_marker("no_cover")
    if not config.getoption(IN_A_SERVER):
        return
    for item in items:
        mark = item.get_closest_marker("embedded")
        if item.get_closest_marker("boardless") is not None:
            item.add_marker(pytest.mark.skip(reason="asks no board"))
        elif mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"embedded: {mark.kwargs['reason']}"))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A PostgreSQL server with a template of migrated boards."""
    programs = binaries()
    if programs is None:
        pytest.skip("NO POSTGRESQL: install Debian's package postgresql")
    with running(programs) as server:
        yield server.migrate()


@pytest.fixture
def database_url(postgresql: Server) -> Generator[str]:
    """The address of a migrated board of the test's own, in the server."""
    name = f"board_{secrets.token_hex(6)}"
    yield postgresql.create(name)
    postgresql.drop(name)


@pytest.fixture(autouse=True)
def in_a_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the option, all settings name a database of the server, those of children too."""
    if request.config.getoption(IN_A_SERVER):
        address = request.getfixturevalue("database_url")
        monkeypatch.setenv("CLAUDETASK_DATABASE_URL", address)


@pytest.fixture(scope="session", autouse=True)
def collected_less_often() -> None:
    """Tests throw whole servers away; looking for them took an eighth of all time."""
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def tracing() -> None:
    """Where coverage traces, no thread dies of another that begins."""
    begin_threads_one_at_a_time()


@pytest.fixture(autouse=True)
def untraced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test is not measured, the programs that it starts are not either."""
    if request.node.get_closest_marker("no_cover") is not None:
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test sees the developer's home, settings or git configuration."""
    home = tmp_path_factory.mktemp("home")
    for name in [n for n in os.environ if n.startswith(("CLAUDE", "GIT_", "ANTHROPIC", "XDG_"))]:
        del os.environ[name]
    os.environ.update(
        HOME=str(home),
        XDG_CONFIG_HOME=str(home / ".config"),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_AUTHOR_NAME="A",
        GIT_AUTHOR_EMAIL="a@example.invalid",
        GIT_COMMITTER_NAME="A",
        GIT_COMMITTER_EMAIL="a@example.invalid",
    )
    setup_ground.MANAGED = home / "managed"
    return home


@pytest.fixture(scope="session", autouse=True)
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs that tests start compile their libraries once, also where Python is to keep none."""
    if sys.dont_write_bytecode:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("bytecode"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Nothing leaves the machine: no socket and no request by httpx beyond loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
            raise PermissionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    with respx.mock(assert_all_called=False) as router:
        router.route(host__in=LOOPBACK).pass_through()
        yield


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What still runs when a board is closed has the time to end, on however busy a machine."""
    monkeypatch.setattr(analysis, "CLOSE_SECONDS", 30)


@pytest.fixture(scope="session")
def migrated_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board made by the real migrations, once; tests copy it."""
    folder = tmp_path_factory.mktemp("template")

    async def make() -> None:
        database = Database(sqlite_url(folder / DATABASE))
        await bring_to_head(database, folder / "migrate.lock")
        await database.close()

    asyncio.run(make())
    return folder / DATABASE


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def make_project(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_board: Path
) -> Callable[[str], Path]:
    """Makes project folders, each with an empty board of its own; in a server all have one."""
    in_a_file = not request.config.getoption(IN_A_SERVER)

    def make(name: str) -> Path:
        board = tmp_path / name / ".claudetask"
        board.mkdir(mode=0o700, parents=True)
        if in_a_file:
            shutil.copy(migrated_board, board / DATABASE)
        return tmp_path / name

    return make


@pytest.fixture
def project(make_project: Callable[[str], Path]) -> Path:
    return make_project("a project")


@pytest.fixture
def settings() -> Settings:
    """Defaults, with the limits out of the way and no Claude to call."""
    return Settings(rate_limit_enabled=False, analysis_provider="none")


@pytest.fixture
async def core(
    project: Path, clock: HeldClock, settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    async with open_core(settings, start=project, home=Home(own_home), clock=clock) as opened:
        yield opened


@pytest.fixture
def alice() -> Caller:
    return Caller("alice", "/somewhere")


@pytest.fixture
def bob() -> Caller:
    return Caller("bob")
