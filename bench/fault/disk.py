"""Faults of the disk and of the board's file."""

import asyncio
import os
import resource
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import httpx

from bench.fault.server import (
    OK,
    NotStartedError,
    Outcome,
    Server,
    Terms,
    board_of,
    command,
    fill,
    folder,
    lost,
    mounted,
    refusal,
    remount,
    serving,
    spoil,
)

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


async def full_disk(_: Terms) -> Outcome | None:
    """A small file system of its own is filled while tasks are created, then has room again."""
    tried = Outcome()
    async with folder() as place, mounted(place, "-t", "tmpfs", "-o", "size=4m", "none") as done:
        if not done:
            return None
        made: dict[int, str] = {}
        async with serving(place) as server:
            await fill(server, 3, made)
            filler = place / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
            said = None
            for number in range(1000):
                said = await server.create(f"full {number} {'x' * 150}", made)
                if said is not None:
                    break
            tried.expect(said, "503 board_unwritable", "Free some disk space")
            filler.unlink()
            tried.injected += 1
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def size_limit(_: Terms) -> Outcome:
    """No file may grow any more (the quota of a user, say), then they may again."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place, serving(place) as server:
        await fill(server, 3, made)
        journal = board_of(place).with_name("claudetask.db-wal")
        limit = max(journal.stat().st_size, 1) if journal.exists() else 4096
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, UNLIMITED[1]))
        said = None
        for number in range(1000):
            said = await server.create(f"limited {number} {'x' * 150}", made)
            if said is not None:
                break
        tried.expect(said, "503 board_unwritable", "Free some disk space")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def read_only(_: Terms) -> Outcome | None:
    """The board's folder cannot be written to when a server starts."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        async with serving(place) as server:
            await fill(server, 3, made)
        board = place / ".claudetask"
        async with mounted(board, "--bind", str(board)) as done:
            if done:
                await remount(board, "remount,ro,bind")
            elif os.getuid():
                board.chmod(0o500)
            else:
                return None
            tried.expect(await _refused(place), "permissions")
        if not done:
            board.chmod(0o700)
        async with serving(place) as server:
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def _refused(place: Path) -> str | None:
    """What a server says that does not start or, where it starts, of a write."""
    try:
        async with serving(place) as server:
            return await server.create("refused", {})
    except NotStartedError as error:
        return str(error)


async def corrupt_board(_: Terms) -> Outcome:
    """Pages of the board are damaged; a copy is there, and the refusal leads to it."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        async with serving(place) as server:
            await fill(server, 20, made)
            code, said = await command(place, "board", "backup")
            tried.expect(said if not code else None, "Copied to")
        spoil(board_of(place), range(1, 60))
        tried.expect(await _refused(place), "damaged", "board restore")
        code, said = await command(place, "board", "check")
        tried.expect(said if code == 1 else None, "wrong", "board restore")
        code, said = await command(place, "board", "restore", "--yes")
        tried.expect(said if not code else None, "Restored 20 tasks")
        async with serving(place) as server:
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def corrupt_page(terms: Terms) -> Outcome:
    """Any one page of the board is damaged: reads are right or refused, and all comes back."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        async with serving(place) as server:
            await fill(server, 20, made)
            await command(place, "board", "backup")
        file = board_of(place)
        spoil(file, [terms.chance.randrange(file.stat().st_size // 4096)])
        try:
            async with serving(place) as server:
                await _read_all(server, made, tried)
        except NotStartedError as error:
            tried.expect(str(error), "damaged", "board restore")
        code, said = await command(place, "board", "check")
        if code:
            tried.expect(said, "wrong", "board restore")
            code, said = await command(place, "board", "restore", "--yes")
            tried.expect(said if not code else None, "Restored 20 tasks")
        async with serving(place) as server:
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def _read_all(server: Server, made: dict[int, str], tried: Outcome) -> None:
    for number, title in made.items():
        read = await server.client.get(f"/api/tasks/{number}")
        if read.status_code != OK:
            tried.expect(refusal(read), "503 board_broken", "board restore")
        elif read.json()["title"] != title:
            tried.lost += 1


async def damaged_journal(terms: Terms) -> Outcome:
    """The journal of a server that was killed is damaged, some seconds after the last write."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        journal = board_of(place).with_name("claudetask.db-wal")
        async with serving(place) as server:
            await fill(server, 40, made)
            for _ in range(200):
                if not journal.stat().st_size:
                    break
                await asyncio.sleep(0.1)
            server.kill()
        if journal.exists():
            spoil(journal, [terms.chance.randrange(1 + journal.stat().st_size // 4096)])
        async with serving(place) as server:
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def corrupt_index(_: Terms) -> Outcome:
    """Pages of the code index are damaged; it is made anew without anybody's help."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        async with serving(place) as server:
            await fill(server, 3, made)
            if not await _found(server.address):
                tried.unclear.append("nothing was found before the fault")
        for file in (place / ".claudetask" / "index").glob("*.db"):
            spoil(file, range(1, 400))
        async with serving(place) as server:
            tried.answered += await _found(server.address) and await server.answers()
        tried.lost += lost(place, made)
    return tried


async def _found(address: str) -> bool:
    """Whether the search finds what is in the tree, once the index is complete."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for _ in range(600):
            answer = await client.get("/api/search", params={"query": "refund order"})
            if answer.status_code == OK and answer.json()["results"]:
                return True
            await asyncio.sleep(0.1)
    return False


async def locked(terms: Terms) -> Outcome:
    """Another program holds the board locked; reads go on, writes say so, and then go on too."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place, serving(place) as server:
        await fill(server, 3, made)
        with closing(sqlite3.connect(board_of(place), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < began + terms.lock_seconds:
                read = await server.client.get("/api/tasks")
                if read.status_code != OK or len(read.json()) != len(made):
                    tried.unclear.append(f"a read while locked: {read.text[:200]}")
                said = await server.create("while locked", made)
                tried.expect(said, "503 board_busy", "Try the same call again")
            other.execute("ROLLBACK")
        tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried
