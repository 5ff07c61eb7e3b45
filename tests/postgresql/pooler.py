"""PgBouncer before a test's server."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.postgresql_server import UNPRIVILEGED
from tests.support import eventually

SECONDS = 20
LINES = """[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = md5
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 30
unix_socket_dir =
logfile = {folder}/log
"""


def program() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.asynccontextmanager
async def pooled(url: str, mode: str, folder: Path) -> AsyncGenerator[str]:
    """The address of the same database through a pooler."""
    found = program()
    assert found is not None
    address = make_url(url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    values = {"server": address.port, "port": port, "folder": folder, "mode": mode}
    (folder / "users").write_text(f'"{address.username}" "{address.password}"\n', "utf-8")
    (folder / "ini").write_text(LINES.format(**values), "utf-8")
    user = UNPRIVILEGED[1] if os.geteuid() == 0 else None  # it refuses to run as root
    if user is not None:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
    process = await asyncio.create_subprocess_exec(
        *(found, "-q", str(folder / "ini")), user=user, cwd="/"
    )
    try:
        await eventually(lambda: _answers(port), SECONDS)
        yield address.set(port=port).render_as_string(hide_password=False)
    finally:
        process.terminate()
        await process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
