"""A PostgreSQL server for tests: on loopback, in a folder of its own, by a user without rights."""

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import make_url

from claudetask_core.db.engine import Database
from claudetask_core.db.migrate import bring_to_head
from tests import postgresql_guard

OWNER = "board"
TEMPLATE = "migrated"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
UNPRIVILEGED = ("postgres", "nobody")
SECONDS = 60
MEMORY = "/dev/shm"  # noqa: S108 — the folder in it is made by mkdtemp
ROOM = 2 << 30


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: by pg_config, as Debian has them, or on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], check=False, capture_output=True, text=True)
        found.insert(0, Path(said.stdout.strip()))
    if server := shutil.which("postgres"):
        found.append(Path(server).resolve().parent)
    return next((f for f in found if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


class Server:
    """A server; `url` names a database of it, which `create` has made."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.port = 0
        self._programs = programs
        self._user = next((u for u in UNPRIVILEGED if _exists(u)), None) if _is_root() else None
        self._password = secrets.token_hex(16)

    def initialise(self) -> Self:
        password = self.folder / "password"
        password.write_text(self._password, "ascii")
        if self._user is not None:
            shutil.chown(self.folder, self._user)
            shutil.chown(password, self._user)
        self._run(
            "initdb",
            *("-D", str(self.folder / "data"), "-U", OWNER, "-A", "md5", "--no-sync"),
            *("--pwfile", str(password), "-E", "UTF8", "--locale=C"),
        )
        return self

    def start(self) -> Self:
        """Starts it, on the port that it had before."""
        self.port = self.port or _free_port()
        options = ["-p", str(self.port), "-k", str(self.folder), "-c", "max_connections=200"]
        for option in ("listen_addresses=127.0.0.1", *FAST):
            options += ["-c", option]
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", *self._data, "-l", log, "-o", " ".join(options), "start")
        return self

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", *self._stopping(mode))

    @property
    def ending(self) -> list[str]:
        """The command that ends it at once, for its own user."""
        return [str(self._programs / "pg_ctl"), *self._stopping("immediate")]

    def _stopping(self, mode: str) -> list[str]:
        return ["-w", *self._data, "-m", mode, "stop"]

    @property
    def _data(self) -> list[str]:
        return ["-D", str(self.folder / "data")]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            timeout=SECONDS,
        )
        assert done.returncode == 0, (program, arguments, done.stdout, self._log())

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""

    def url(self, database: str) -> str:
        where = f"{OWNER}:{self._password}@127.0.0.1:{self.port}/{database}"
        return f"postgresql+asyncpg://{where}"

    def admin(self, act: Callable[[Any], Awaitable[Any]], database: str = "postgres") -> Any:
        """Does something over a connection of the administrator's."""

        async def over() -> Any:
            connection: Any = await asyncpg.connect(
                host="127.0.0.1",
                port=self.port,
                user=OWNER,
                password=self._password,
                database=database,
            )
            try:
                return await act(connection)
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as beside:  # a loop may be running here already
            return beside.submit(asyncio.run, over()).result(SECONDS)

    def execute(self, sql: str, database: str = "postgres") -> None:
        self.admin(lambda connection: connection.execute(sql), database)

    def rows(self, sql: str, database: str) -> list[tuple[Any, ...]]:
        found = self.admin(lambda connection: connection.fetch(sql), database)
        return [tuple(row) for row in found]

    def migrate(self) -> Self:
        """Makes the template of boards, by the real migrations."""
        self.execute(f"CREATE DATABASE {TEMPLATE}")

        async def to_head() -> None:
            database = Database(self.url(TEMPLATE))
            await bring_to_head(database, self.folder / "unused.lock")
            await database.close()

        asyncio.run(to_head())
        return self

    def create(self, name: str, template: str = TEMPLATE) -> str:
        """The address of a new database."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def another(url: str) -> str:
    """The address of one more board in the same server."""
    address = make_url(url)
    name = f"another_{secrets.token_hex(6)}"
    connection: Any = await asyncpg.connect(
        host=address.host,
        port=address.port,
        user=address.username,
        password=address.password,
        database="postgres",
    )
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    await connection.close()
    return address.set(database=name).render_as_string(hide_password=False)


@contextlib.contextmanager
def running(programs: Path) -> Generator[Server]:
    """A server that is gone afterwards, with its folder, also where this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix="claudetask-pg-", dir=_in_memory()))
    server = Server(folder, programs)
    guard = (sys.executable, "-I", "-S", postgresql_guard.__file__)
    guarding = [*guard, str(folder), *server.ending]
    with subprocess.Popen(guarding, stdin=subprocess.PIPE, start_new_session=True):
        try:
            server.initialise().start()
            try:
                yield server
            finally:
                if (folder / "data" / "postmaster.pid").exists():
                    server.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> str | None:
    """A folder in memory with room for boards, where a database is copied twice as fast."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if free > ROOM and os.access(MEMORY, os.W_OK | os.X_OK) else None


def _is_root() -> bool:
    return os.geteuid() == 0


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
