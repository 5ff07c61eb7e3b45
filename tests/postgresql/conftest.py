"""Boards in a server, and servers of a test's own, that it may stop."""

from collections.abc import Generator

import pytest

from tests.postgresql_server import Server, binaries, running


@pytest.fixture
def own_server() -> Generator[Server]:
    """A server that the test may stop."""
    programs = binaries()
    if programs is None:
        pytest.skip("NO POSTGRESQL: install Debian's package postgresql")
    with running(programs) as server:
        yield server
