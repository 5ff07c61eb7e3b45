"""What differs between the databases that a board may stand in; all else is the same SQL."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import Column, Table
from sqlalchemy.engine import URL, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from claudetask_core.db.known_sets import KnownSets
from claudetask_core.errors import DomainError

WRITES = "claudetask_write"
"""The option of a connection whose transactions write."""


class Backend(Protocol):
    """One kind of database: how it is opened, what it says, and where it counts and locks."""

    shared: ClassVar[bool]
    """Whether processes of several machines may have the board open."""
    reads: ClassVar[Mapping[str, Any]]
    """The execution options of transactions that only read."""
    url: URL
    where: str
    """What people call it: a file, or a server's database; without its user and password."""

    def options(self) -> dict[str, Any]:
        """What `create_async_engine` is told."""
        ...

    def prepare(self, engine: Engine) -> None:
        """Has each connection and each transaction begin as it must."""
        ...

    def known_sets(self) -> KnownSets[Any]:
        """What is known of which of its tasks match."""
        ...

    def refuse_lost(self) -> None:
        """Looks whether what the last write went into is still where others find it.

        Raises:
            BoardGone: It is not.
        """
        ...

    def translation(self, error: Exception) -> DomainError | None:
        """The board's error for what was raised, or None where it is of another kind."""
        ...

    def is_new(self) -> bool:
        """Whether nobody has opened the database yet, and only one process may."""
        ...

    def alone(
        self, engine: AsyncEngine, lock_file: Path, seconds: float
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for a migration, of one process at a time.

        Raises:
            MigrationBusy: Another process was at it for so many seconds.
        """
        ...

    async def refuse_read_only(self, session: AsyncSession) -> None:
        """Tells a database that takes no writes apart, without one.

        Raises:
            BoardUnwritable: It takes none, or not ours.
        """
        ...

    async def last_number(self, session: AsyncSession, table: Table, column: Column[Any]) -> int:
        """The last number that a table gave to a row, also where that is gone; 0 for none."""
        ...

    async def number_on(
        self, session: AsyncSession, table: Table, column: Column[Any], last: int
    ) -> None:
        """Has the table give the number after `last` next, once the transaction commits."""
        ...

    async def settle(self, engine: AsyncEngine) -> None:
        """Puts what was written where it stays, now that nobody writes for a while."""
        ...

    def hear(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        """Yields once it hears, then after commits of any process; ends where it cannot hear."""
        ...

    async def ended(self, seconds: float) -> bool:
        """Waits so long for what is left of closed connections; whether all of it has ended."""
        ...
