from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.home import Home
from claudetask_core.schemas.event import EventType
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.announce import Announce
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.kept import KeptCopies

Told = list[tuple[str, str, str, str]]
PutAgent = Callable[[str, str | bytes], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def board(root: Path) -> Path:
    return root / ".claudetask"


@pytest.fixture
def kept(board: Path) -> KeptCopies:
    return KeptCopies(board / "kept")


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def where(root: Path) -> RootSource:
    async def source() -> Path:
        return root

    return source


@pytest.fixture
def announce(told: Told) -> Announce:
    async def tell(type: EventType, action: str, id: str, actor: str) -> None:  # noqa: A002 — as the protocol has it
        told.append((type.value, action, id, actor))

    return tell


@pytest.fixture
def agents(where: RootSource, home: Path, kept: KeptCopies, announce: Announce) -> AgentService:
    return AgentService(root=where, home=Home(home), kept=kept, announce=announce)


@pytest.fixture
def claude_md(
    where: RootSource, home: Path, kept: KeptCopies, announce: Announce
) -> ClaudeMdService:
    return ClaudeMdService(root=where, home=Home(home), kept=kept, announce=announce)


def _put(folder: Path) -> PutAgent:
    def put(name: str, text: str | bytes) -> Path:
        path = folder / ".claude" / "agents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return put


@pytest.fixture
def put_agent(root: Path) -> PutAgent:
    return _put(root)


@pytest.fixture
def put_user_agent(home: Path) -> PutAgent:
    return _put(home)
