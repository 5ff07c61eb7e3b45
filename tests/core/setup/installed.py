"""A project in which things are installed, and what then stands there."""

import stat
from pathlib import Path

from claudetask_core.services.agents.templates import TEMPLATES
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.setup.ground import Launch, project_ground
from claudetask_core.services.setup.setup import Setup, Wanted

LAUNCH = Launch("claudetask-mcp")
ALL = Wanted(LAUNCH, hooks=True, approve=True, agents=TEMPLATES, block=True)


def made(root: Path) -> Setup:
    store = root / ".claudetask"
    store.mkdir(exist_ok=True)
    return Setup(project_ground(root), store, KeptCopies(store / "kept"))


def tree(root: Path) -> dict[str, object]:
    """Every file's bytes and mode and every folder, but for the board."""
    return {
        str(path.relative_to(root)): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(root.rglob("*"))
        if ".claudetask" not in path.parts
    }


def install(setup: Setup, wanted: Wanted = ALL) -> list[str]:
    plan = setup.plan(wanted)
    setup.apply(plan)
    return [change.name for change in plan.changes]


def uninstall(setup: Setup) -> None:
    setup.apply_removal(setup.plan_removal())
