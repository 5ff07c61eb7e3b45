"""What proves a task done beyond its criteria: the project's verify commands.

They come from one place, `[verify]` in `.claudetask/config.toml`, and run only where a person has
trusted that file's very content. The file is read anew for each move to Done: what is hashed is
what is run. Anything else, a changed file or one that cannot be read among it, proves nothing.
"""

import asyncio
import shlex
from dataclasses import dataclass
from pathlib import Path

from claudetask_core.errors import DomainError
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.verify.process import Ran, run
from claudetask_core.services.verify.trust import Config, Trust, read_config

SHOWN_COMMAND = 80
SHOWN_REASON = 200
NOTE_TAIL = 3000
NOT_TRUSTED = (
    "the verify commands of .claudetask/config.toml wait for a person's trust "
    "(claudetask-mcp trust)"
)
NOT_RUN = "the verify commands were not run"


@dataclass(frozen=True)
class Proof:
    """What still speaks against Done, and the commands that were run."""

    open: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()

    @property
    def note(self) -> str | None:
        """The runs as a note for the task, with the end of what each said; None where none ran."""
        if not self.ran:
            return None
        room = NOTE_TAIL // len(self.ran)
        return "\n\n".join(_described(ran, room) for ran in self.ran)


class VerifyService:
    """Asks the project's own commands whether a task is done.

    Args:
        board: The board's folder, whose `config.toml` names the commands.
        root: Says where they run: the worktree that the session is in.
        trust: What a person trusted.
    """

    def __init__(self, *, board: Path, root: RootSource, trust: Trust) -> None:
        self._board = board.resolve()
        self._root = root
        self._trust = trust
        self._one_at_a_time = asyncio.Lock()

    async def names_commands(self) -> bool:
        """Whether there are commands to run; what may not be run counts as none."""
        config, _ = await asyncio.to_thread(self._look)
        return config is not None

    async def prove(self) -> Proof:
        """Runs the commands in order, up to the first that fails."""
        async with self._one_at_a_time:
            config, refusal = await asyncio.to_thread(self._look)
            if config is None:
                return Proof(open=(refusal,) if refusal else ())
            ran: list[Ran] = []
            root = await self._root()
            for command in config.commands:
                ran.append(await run(command, root, config.said.verify.timeout_seconds))
                if not ran[-1].passed:
                    return Proof(open=(_failed(ran[-1]),), ran=tuple(ran))
            return Proof(ran=tuple(ran))

    async def skip(self) -> Proof:
        """Runs nothing, and says what is thereby left unproven."""
        config, refusal = await asyncio.to_thread(self._look)
        if refusal is not None:
            return Proof(open=(refusal,))
        return Proof(open=(NOT_RUN,) if config else ())

    def _look(self) -> tuple[Config | None, str | None]:
        """The config where it names commands that may be run, or why they may not be."""
        try:
            config = read_config(self._board)
        except DomainError as error:
            return None, error.message[:SHOWN_REASON]
        if config is None or not config.commands:
            return None, None
        if not self._trust.holds(config):
            return None, NOT_TRUSTED
        return config, None


def _failed(ran: Ran) -> str:
    last = ran.tail.rsplit("\n", 1)[-1][:SHOWN_REASON]
    return f"`{_shown(ran)}` {ran.ending}" + (f": {last}" if last else "")


def _shown(ran: Ran) -> str:
    line = " ".join(shlex.join(ran.command).split())
    return line if len(line) <= SHOWN_COMMAND else line[: SHOWN_COMMAND - 1] + "…"


def _described(ran: Ran, room: int) -> str:
    head = f"`{_shown(ran)}` {ran.ending} after {ran.seconds:.1f} s"
    tail = ran.tail[-room:] if room < len(ran.tail) else ran.tail
    return f"{head}\n\n```\n{tail.replace('```', chr(39) * 3)}\n```" if tail else head
