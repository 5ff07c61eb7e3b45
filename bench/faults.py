"""Does to a server what goes wrong in the world, and looks what became of what it acknowledged.

    python -m bench.faults [--times 3] [--minutes M] [--only NAME ...] [--seed N]
                           [--lock-seconds 60]

When a process is killed, which page is damaged and how far a clock jumps is drawn anew each time;
the seed that is printed draws the same again.
Each fault has a server and a board of its own. After it: nothing that was acknowledged is lost, the
error said what to do, and the next call is answered. Prints a table; the exit code is 1 where that
is not so. Some faults need a mount, which only root may make, or PostgreSQL's programs; they say so
where they are left out.
"""

import argparse
import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bench.fault import disk, surroundings, team
from bench.fault.server import Outcome, Terms

Fault = Callable[[Terms], Awaitable[Outcome | None]]
FAULTS: Final[dict[str, tuple[str, Fault]]] = {
    "kill": ("kill -9 while four clients write", surroundings.killed),
    "full": ("full disk (a tmpfs of 4 MB)", disk.full_disk),
    "limit": ("no file may grow (RLIMIT_FSIZE)", disk.size_limit),
    "read-only": ("read-only folder", disk.read_only),
    "clock": ("clock jumps by days and years", surroundings.clock_jumps),
    "board": ("damaged pages of the board", disk.corrupt_board),
    "page": ("one damaged page of the board", disk.corrupt_page),
    "index": ("damaged pages of the code index", disk.corrupt_index),
    "locked": ("board locked by another program", disk.locked),
    "git": ("git hangs", surroundings.git_hangs),
    "claude": ("claude hangs", surroundings.claude_hangs),
    "handles": ("out of file handles", surroundings.out_of_handles),
    "slow": ("clients that never read", surroundings.never_read),
    "journal": ("damaged journal of a killed server", disk.damaged_journal),
    "database": ("kill -9 of a team's PostgreSQL", team.database_killed),
    "sessions": ("all sessions of a team's PostgreSQL ended", team.sessions_ended),
    "line": ("a silent line to a team's PostgreSQL", team.line_silent),
}


async def campaign(
    names: Sequence[str], times: int, until: float, lock_seconds: float, seed: int
) -> dict[str, Outcome]:
    """Each fault so many times, and again until that moment; those that cannot be are left out."""
    print(f"seed {seed}", flush=True)
    outcomes: dict[str, Outcome] = {}
    done = 0
    while done < times or time.monotonic() < until:
        done += 1
        for name in names:
            drawn = random.Random(f"{seed} {name} {done}")  # noqa: S311 — moments and places
            found = await FAULTS[name][1](Terms(drawn, lock_seconds))
            if found is None:
                print(f"{name}: left out, it needs a mount or PostgreSQL", flush=True)
                continue
            outcomes.setdefault(name, Outcome()).add(found)
            print(f"round {done}: {name} {'good' if found.good else found}", flush=True)
    return outcomes


def table(outcomes: dict[str, Outcome]) -> str:
    """The figures as docs/reliability.md has them."""
    rows = [
        f"| {FAULTS[name][0]} | {one.injected} | {one.lost} | {one.answered} |"
        for name, one in outcomes.items()
    ]
    return "\n".join(["| fault | injected | lost | answered |", "| --- | --- | --- | --- |", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--lock-seconds", type=float, default=60)
    asked = parser.parse_args()
    began = time.monotonic()
    until = began + asked.minutes * 60
    outcomes = asyncio.run(campaign(asked.only, asked.times, until, asked.lock_seconds, asked.seed))
    print(f"\n{table(outcomes)}\n\n{time.monotonic() - began:.0f} s")
    wrong = [line for one in outcomes.values() for line in one.unclear]
    print("\n".join(wrong))
    return int(not all(one.good for one in outcomes.values()))


if __name__ == "__main__":
    raise SystemExit(main())
