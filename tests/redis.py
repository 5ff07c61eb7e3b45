"""A real Redis on a free loopback port, for the tests that need one."""

import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = shutil.which("redis-server")
SECONDS = 20
PASSWORD = "a-password-of-redis"


class Redis:
    """A server that can be stopped and started again under its address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--dir": str(self._folder),
            "--save": "",
            "--requirepass": PASSWORD,
        }
        given = [part for option in options.items() for part in option]
        self.process = subprocess.Popen([PROGRAM, *given], stdout=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not self._answers():
            assert time.monotonic() < end, "Redis does not answer"
            assert self.process.poll() is None, "Redis ended"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as talk:
                talk.sendall(b"PING\r\n")
                return talk.recv(64).startswith(b"-NOAUTH")
        except OSError:
            return False

    def set(self, name: str, value: str) -> None:
        """Changes a setting while it runs."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as talk:
            talk.sendall(f"AUTH {PASSWORD}\r\nCONFIG SET {name} {value}\r\n".encode())
            said = talk.makefile("rb")
            assert [said.readline(), said.readline()] == [b"+OK\r\n"] * 2

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(SECONDS)
            self.process = None


@contextmanager
def real_redis(folder: Path) -> Generator[Redis]:
    if PROGRAM is None:
        pytest.skip("NO REDIS on PATH: shared limits are not tested (apt-get install redis-server)")
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()
