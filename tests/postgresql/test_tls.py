"""An encrypted line to the server, and what is said where it cannot be trusted."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from claudetask_core.db.engine import Database
from claudetask_core.errors import DomainError
from tests.postgresql_server import Server
from tests.support import eventually

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="NO OPENSSL: install Debian's openssl")
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
ENCRYPTED = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


def openssl(*arguments: str) -> None:
    subprocess.run([str(OPENSSL), *arguments], check=True, capture_output=True)


@pytest.fixture
async def authority(own_server: Server, tmp_path: Path) -> Path:
    """The certificate of an authority that vouches for the server as localhost."""
    data, made = own_server.folder / "data", tmp_path / "made"
    made.mkdir()
    (made / "names").write_text("subjectAltName=DNS:localhost", "ascii")
    signing = ("-keyout", str(made / "ca.key"), "-out", str(made / "ca.crt"), "-subj", "/CN=us")
    openssl("req", "-x509", *KEY, "-days", "2", *signing)
    asking = ("-keyout", str(data / "server.key"), "-out", str(made / "asked"))
    openssl("req", *KEY, *asking, "-subj", "/CN=localhost")
    given = ("-in", str(made / "asked"), "-extfile", str(made / "names"), "-CAcreateserial")
    by = ("-CA", str(made / "ca.crt"), "-CAkey", str(made / "ca.key"), "-days", "2")
    openssl("x509", "-req", *given, *by, "-out", str(data / "server.crt"))
    for file in (data / "server.key", data / "server.crt"):
        owner = pwd.getpwuid(data.stat().st_uid)
        os.chown(file, owner.pw_uid, owner.pw_gid)
        file.chmod(0o600)
    own_server.execute("ALTER SYSTEM SET ssl = on")
    own_server.execute("SELECT pg_reload_conf()")
    await eventually(lambda: own_server.rows("SHOW ssl", "postgres") == [("on",)])
    return made / "ca.crt"


def address(server: Server, options: str, host: str = "localhost") -> str:
    return server.url("postgres").replace("127.0.0.1", host) + options


async def encrypted(url: str) -> bool:
    database = Database(url)
    try:
        async with database.read() as session:
            return bool(await session.scalar(ENCRYPTED))
    finally:
        await database.close()


async def refusal(url: str) -> str:
    with pytest.raises(DomainError) as refused:
        await encrypted(url)
    return str(refused.value)


@pytest.mark.parametrize(
    "options", ["?sslmode=verify-full", "?ssl=verify-full", "?sslmode=require"]
)
async def test_a_line_is_encrypted_to_a_server_whose_authority_is_known(
    own_server: Server, authority: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", str(authority))
    assert await encrypted(address(own_server, options))


async def test_what_cannot_be_trusted_is_told_as_such_and_what_to_name(
    own_server: Server, authority: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    strict = address(own_server, "?sslmode=verify-full")
    without = await refusal(strict)
    assert "root.crt" in without
    assert "HINT" not in without
    assert "PGSSLROOTCERT" in without

    monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "nothing"))
    assert "PGSSLROOTCERT names a file that is not there" in await refusal(strict)

    monkeypatch.setenv("PGSSLROOTCERT", str(authority))
    elsewhere = await refusal(address(own_server, "?sslmode=verify-full", "127.0.0.1"))
    assert "is not to be trusted: IP address mismatch" in elsewhere
    assert "by the name that is in its own" in elsewhere

    openssl("req", "-x509", *KEY, "-days", "2", "-subj", "/CN=others",
            *("-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "others.crt")))  # fmt: skip
    monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "others.crt"))
    assert "is not to be trusted" in await refusal(strict)
