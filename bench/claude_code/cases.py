"""What the client may bring an analysis, and what then has to stand on the board."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.claude_code.api import Api, Reply, Script, text, use
from bench.claude_code.rig import Rig, Server, server, wait

ANSWER: Final[dict[str, Any]] = {
    "summary": "Logins after midnight fail.",
    "approach": ["Write a test that fails", "Compare the dates"],
    "files": [
        {"path": "login.py", "line": 2, "why": "compares hours"},
        {"path": "clock.py", "line": 1, "why": "says when it is midnight"},
        {"path": "gone.py", "line": 1, "why": "is not there"},
    ],
    "risks": ["Stored hours"],
    "acceptance_criteria": ["A login at 00:30 works"],
    "suggested_agent": "fixer",
    "agent_reason": "it fixes logins",
    "size": "S",
}
CANCEL_SECONDS: Final = 5.0
GONE_SECONDS: Final = 5.0

Act = Callable[[Rig, Server, Api, str], None]


@dataclass(frozen=True)
class Case:
    """A script of the model, what somebody does meanwhile, and how the job has to end."""

    script: Callable[[Path], Script]
    words: str
    status: str = "failed"
    settings: dict[str, str] = field(default_factory=dict[str, str])
    act: Act | None = None


def good(project: Path) -> Script:
    """Reads two files at once, then answers; versions before 2.1.197 let it say something more."""

    def script(turn: int) -> Reply:
        if turn == 0:
            names = ("login.py", "clock.py")
            return Reply(tuple(use("Read", file_path=str(project / name)) for name in names))
        return Reply((use("StructuredOutput", **ANSWER) if turn == 1 else text("Done."),))

    return script


def busy(project: Path) -> Script:
    """Has to be asked twice."""
    asked: list[int] = []

    def script(turn: int) -> Reply:
        asked.append(turn)
        return Reply(status=529) if len(asked) == 1 else good(project)(turn)

    return script


def denied(project: Path) -> Script:
    """Asks first for what it may not have."""

    def script(turn: int) -> Reply:
        if turn == 0:
            outside = use("Read", file_path="/etc/hostname")
            return Reply((outside, use("Bash", command="id", description="who")))
        return good(project)(turn - 1)

    return script


def _always(reply: Reply) -> Callable[[Path], Script]:
    return lambda _project: lambda _turn: reply


def _reads(project: Path) -> Script:
    return lambda _turn: Reply((use("Read", file_path=str(project / "login.py")),))


def _dear(project: Path) -> Script:
    read = use("Read", file_path=str(project / "login.py"))
    return lambda _turn: Reply((read,), tokens=(900_000, 10_000))


HELD: Final = _always(Reply(held=True))


def _is_asked(api: Api) -> None:
    if not api.asked.wait(60):
        raise TimeoutError


def _signalled(number: int) -> Act:
    def act(rig: Rig, _: Server, api: Api, __: str) -> None:
        _is_asked(api)
        for pid in wait(rig.clients, "the client"):
            os.kill(pid, number)

    return act


def _cancel(_: Rig, served: Server, api: Api, job_id: str) -> None:
    _is_asked(api)
    began = time.monotonic()
    served.client.delete(f"/api/jobs/{job_id}").raise_for_status()
    if time.monotonic() - began > CANCEL_SECONDS:
        raise TimeoutError


def _status(status: int, then: str) -> Case:
    return Case(_always(Reply(status=status)), f"The Claude API answered {status}:|{then}")


CASES: Final = {
    "500": _status(500, "Try again later."),
    "529": _status(529, "Try again later."),
    "429": _status(429, "try again later"),
    "401": _status(401, "log in"),
    "403": _status(403, "log in with another one"),
    "400": _status(400, "CLAUDETASK_ANALYSIS_MODEL"),
    "max turns": Case(
        _reads, "CLAUDETASK_ANALYSIS_MAX_TURNS", settings={"CLAUDETASK_ANALYSIS_MAX_TURNS": "2"}
    ),
    "budget": Case(
        _dear,
        "CLAUDETASK_ANALYSIS_MAX_BUDGET_USD",
        settings={"CLAUDETASK_ANALYSIS_MAX_BUDGET_USD": "0.01"},
    ),
    "tokens": Case(
        _dear,
        "CLAUDETASK_ANALYSIS_MAX_TOKENS",
        settings={
            "CLAUDETASK_ANALYSIS_MAX_TOKENS": "1000",
            "CLAUDETASK_ANALYSIS_MAX_BUDGET_USD": "99",
        },
    ),
    "words": Case(_always(Reply((text("I looked."),))), "answered in words"),
    "wrong form": Case(
        _always(Reply((use("StructuredOutput", summary=1),))),
        "did not manage to answer in the form",
    ),
    "refusal": Case(_always(Reply((text("No."),), stop="refusal")), "Claude refused"),
    "SIGTERM": Case(HELD, "ended by signal 15", act=_signalled(signal.SIGTERM)),
    "SIGKILL": Case(HELD, "ended by signal 9", act=_signalled(signal.SIGKILL)),
    "hang": Case(
        HELD,
        "had not finished after 4 seconds",
        settings={"CLAUDETASK_ANALYSIS_TIMEOUT_SECONDS": "4"},
    ),
    "cancel": Case(HELD, "Cancelled by rest", "cancelled", act=_cancel),
}


@dataclass(frozen=True)
class Row:
    """What was seen of a case; `wrong` is empty where it is as it has to be."""

    name: str
    status: str
    words: str
    seconds: float
    wrong: list[str]


def failing(name: str, rig: Rig, api: Api) -> Row:
    """Runs a case that has to fail."""
    case = CASES[name]
    with server(rig, **case.settings) as served:
        before = rig.tree()
        began = time.monotonic()
        task_id, job_id = served.start("Logins fail after midnight")
        if case.act is not None:
            case.act(rig, served, api, job_id)
        job = served.ended(job_id)
        seconds = time.monotonic() - began
        task, notes = served.task(task_id), served.notes(task_id)
        wrong = [] if _leaves_nothing(rig, served) else [f"left running: {rig.processes()}"]
    error = str(job["error"])
    wrong += [
        f"{words!r} is not in the job" for words in case.words.split("|") if words not in error
    ]
    wrong += [] if job["status"] == case.status else [f"the job {job['status']}"]
    wrong += [] if task["status"] == "Backlog" else [f"the task is in {task['status']}"]
    noted = [note for note in notes if error in note]
    wrong += [] if len(noted) == 1 else [f"the notes say {notes}"]
    wrong += [] if rig.tree() == before else ["the working tree was changed"]
    wrong += _after_all(rig)
    return Row(name, f"{job['status']}, task {task['status']}", error, seconds, wrong)


def succeeding(name: str, rig: Rig, api: Api) -> Row:
    """A scripted Claude reads two files and answers."""
    with server(rig) as served:
        before = rig.tree()
        began = time.monotonic()
        task_id, job_id = served.start("Logins fail after midnight")
        job = served.ended(job_id)
        seconds = time.monotonic() - began
        task = served.task(task_id)
        wrong = _wrong_with_success(job, task, api)
        wrong += [] if served.notes(task_id) == [] else ["a note was made"]
        wrong += [] if _leaves_nothing(rig, served) else [f"left running: {rig.processes()}"]
    wrong += [] if rig.tree() == before else ["the working tree was changed"]
    wrong += _after_all(rig)
    said = f"{job['turns']} turns, {job['tokens']} tokens, ${job['cost_usd']:.4f}"
    return Row(name, f"{job['status']}, task {task['status']}", said, seconds, wrong)


def _wrong_with_success(job: dict[str, Any], task: dict[str, Any], api: Api) -> list[str]:
    read = [said for said, failed in api.heard.answers.values() if not failed]
    seen = {
        "the job": job["status"] == "succeeded" and job["progress"] == 1,
        "what it took": job["turns"] > 1 and job["tokens"] > 0 and job["cost_usd"] > 0,
        "the column": task["status"] == "Ready",
        "the analysis": "## Summary\n\nLogins after midnight fail." in (task["analysis"] or ""),
        "the line": "`login.py:2`" in task["analysis"],
        "the missing file": "`gone.py` (not there yet)" in task["analysis"],
        "the agent": "**Suggested agent:** fixer" in task["analysis"],
        "the criteria": [one["text"] for one in task["acceptance_criteria"]]
        == ANSWER["acceptance_criteria"],
        "the links": task["related_files"] == ["login.py", "clock.py"],
        "what was read": any("now.hour < 24" in said for said in read)
        and any("now.hour == 0" in said for said in read),
        "the tools": api.heard.offered == {"Read", "Grep", "Glob", "StructuredOutput"},
    }
    return [f"{what} is wrong" for what, holds in seen.items() if not holds]


def killed_server(name: str, rig: Rig, api: Api) -> Row:
    """The server is killed; what it started ends, and the next server runs the job again, once."""
    api.script = HELD(rig.project)
    with server(rig) as served:
        _, job_id = served.start("Logins fail after midnight")
        _is_asked(api)
        began = time.monotonic()
        served.process.kill()
        served.process.wait(10)
        wait(lambda: not rig.processes(), "the end of the client", GONE_SECONDS)
        seconds = time.monotonic() - began
    api.script = good(rig.project)
    with server(rig) as served:
        job = served.ended(job_id)
        task = served.task(job["task_id"])
    fine = (job["status"], job["attempts"], task["status"]) == ("succeeded", 2, "Ready")
    wrong = [] if fine else [f"then {job['status']}, attempt {job['attempts']}, {task['status']}"]
    said = f"no process after {seconds:.1f} s; attempt {job['attempts']} {job['status']}"
    return Row(
        name, f"{job['status']}, task {task['status']}", said, seconds, wrong + _after_all(rig)
    )


def _leaves_nothing(rig: Rig, served: Server) -> bool:
    """Whether soon nothing runs but the server."""
    try:
        wait(lambda: set(rig.processes()) <= {served.process.pid}, "", GONE_SECONDS)
    except Exception:  # noqa: BLE001 — what is left is told by the caller
        return False
    return True


def _after_all(rig: Rig) -> list[str]:
    left = rig.processes()
    return [f"left running after the server: {left}"] if left else []
