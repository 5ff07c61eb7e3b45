"""Where the project stands."""

from claudetask_core.schemas.job import Job
from claudetask_core.schemas.project import ProjectStatus
from claudetask_core.schemas.search import IndexState
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import ACKNOWLEDGEMENT, clip, count, fitting

JOBS = 2000


@legibly
def status(state: ProjectStatus) -> str:
    settings = state.settings
    total = sum(state.counts.values())
    counts = " · ".join(f"{status} {number}" for status, number in state.counts.items() if number)
    config = settings.claude_config
    lines = [
        f"project {clip(settings.project_path, 1000)}",
        f"board {clip(settings.board_path, 1000)}",
        f"github {clip(settings.github_repo or 'not set', 300)}",
        f"CLAUDE.md {count(len(config), 'character') if config else 'missing or empty'}",
        f"tasks {total}" + (f": {counts}" if counts else ""),
        index(state.index),
    ]
    jobs = fitting([job(item) for item in state.jobs], JOBS)
    lines += jobs or ["jobs none running"]
    if len(jobs) < len(state.jobs):
        lines.append(f"… and {len(state.jobs) - len(jobs)} more; claudetask://project has them all")
    return "\n".join(lines)


def index(state: IndexState) -> str:
    text = (
        f"index {state.state}, {int(state.complete * 100)} % complete, "
        f"{count(state.files, 'file')}, {count(state.chunks, 'chunk')}"
    )
    return text + (f": {clip(state.message, 300)}" if state.message else "")


def job(item: Job) -> str:
    text = f"job {item.id} {item.kind} of #{item.task_id}: {item.status}"
    text += f", {int(item.progress * 100)} %"
    return text + (f", {clip(item.message, 160)}" if item.message else "")


@legibly
def ended(item: Job) -> str:
    took = f"{item.duration_seconds:.0f} s" if item.duration_seconds is not None else "no time"
    facts = [took, f"{item.turns} turns" if item.turns else ""]
    facts.append(f"{item.cost_usd:.2f} USD" if item.cost_usd is not None else "")
    text = f"Analysis of #{item.task_id} {item.status} ({', '.join(filter(None, facts))})"
    rest = item.error or f"get_task({item.task_id}) shows it."
    return clip(f"{text}. {rest}", ACKNOWLEDGEMENT)


@legibly
def started(item: Job) -> str:
    return clip(
        f"Analysis of #{item.task_id} is {item.status} as job {item.id} ({item.provider}). It runs "
        "in the background and writes the task's analysis; project_status shows how far it is, "
        f"get_task({item.task_id}) the result.",
        ACKNOWLEDGEMENT,
    )
