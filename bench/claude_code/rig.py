"""A project, our server in it, and the processes that this leaves behind."""

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

PROGRAM: Final = [sys.executable, "-I", "-m", "claudetask_mcp"]
SOON: Final = 60.0
STEP: Final = 0.05
MARK: Final = "ANALYSIS_RIG"
BOARD: Final = ".claudetask"
FILES: Final = {
    "CLAUDE.md": "# Shop\n\nRun `pytest`.\n",
    "login.py": "def login(now):\n    return now.hour < 24\n",
    "clock.py": "def midnight(now):\n    return now.hour == 0\n",
    ".env": "SECRET=hunter2\n",
    ".claude/agents/fixer.md": "---\nname: fixer\ndescription: Fixes the login.\n---\nFix it.\n",
}

Json = dict[str, Any]


class Late(Exception):
    """Something did not come in time."""


def wait(holds: Callable[[], Any], what: str, seconds: float = SOON) -> Any:
    """What `holds` answers, once that is something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = holds()
        if found:
            return found
        time.sleep(STEP)
    raise Late(what)


@dataclass(frozen=True)
class Rig:
    """A project with a home of its own; `mark` is in the environment of all that runs for it."""

    folder: Path
    url: str
    binary: str
    mark: str

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def environment(self, **settings: str) -> dict[str, str]:
        home = self.folder / "home"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(home / ".claude"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": "sk-ant-scripted",
            "DISABLE_AUTOUPDATER": "1",
            "IS_SANDBOX": "1",
            MARK: self.mark,
            "CLAUDETASK_CLAUDE_BIN": self.binary,
            "CLAUDETASK_ANALYSIS_PROVIDER": "claude-code",
            "CLAUDETASK_INDEX_WATCH": "false",
            **settings,
        }

    def make(self, files: Mapping[str, str]) -> None:
        for folder in (self.project, self.folder / "home" / ".claude", self.folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
            who = ["-c", "user.name=a", "-c", "user.email=a@b"]
            subprocess.run(["git", *who, *command], cwd=self.project, check=True)

    def tree(self) -> dict[str, str]:
        """Every file of the working tree but the board's, by what it holds."""
        return {
            path.relative_to(self.project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.project.rglob("*"))
            if path.is_file() and BOARD not in path.parts and ".git" not in path.parts
        }

    def processes(self) -> list[int]:
        """What runs for this rig now, but the dead that nobody has reaped."""
        return [pid for pid in map(int, _numbers()) if self._is_ours(pid)]

    def clients(self) -> list[int]:
        """The clients that run."""
        real = os.path.realpath(self.binary)
        return [pid for pid in self.processes() if _executable(pid) == real]

    def _is_ours(self, pid: int) -> bool:
        try:
            said = Path(f"/proc/{pid}/environ").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return False
        return f"{MARK}={self.mark}".encode() in said and state.rpartition(")")[2].split()[0] != "Z"


def _numbers() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 — names alone


def _executable(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.path.realpath(f"/proc/{pid}/exe")
    return ""


@dataclass(frozen=True)
class Server:
    """Our server, spoken to over REST."""

    process: subprocess.Popen[str]
    client: httpx.Client

    def start(self, title: str) -> tuple[int, str]:
        """A new task, and the job of its analysis."""
        task = self.client.post("/api/tasks", json={"title": title}).raise_for_status().json()["id"]
        return task, self.analyze(task)

    def analyze(self, task: int) -> str:
        answer = self.client.post(f"/api/tasks/{task}/analyze").raise_for_status()
        job: str = answer.json()["id"]
        return job

    def job(self, job_id: str) -> Json:
        found: Json = self.client.get(f"/api/jobs/{job_id}").raise_for_status().json()
        return found

    def ended(self, job_id: str) -> Json:
        def over() -> Json | None:
            job = self.job(job_id)
            return job if job["finished_at"] else None

        found: Json = wait(over, f"the end of job {job_id}")
        return found

    def task(self, task_id: int) -> Json:
        found: Json = self.client.get(f"/api/tasks/{task_id}").raise_for_status().json()
        return found

    def notes(self, task_id: int) -> list[str]:
        found = self.client.get(f"/api/tasks/{task_id}/notes").raise_for_status().json()
        return [note["text"] for note in found]


@contextmanager
def server(rig: Rig, **settings: str) -> Generator[Server]:
    """Our server in the rig's project, until the end of the block."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--project", str(rig.project)],
        env=rig.environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None  # noqa: S101 — asked for above
        said = ""
        for line in process.stderr:
            said += line
            found = re.search(r"Listening on (\S+)", line)
            if found:
                break
        else:
            raise Late(said)
        with httpx.Client(base_url=found[1], timeout=SOON) as client:
            yield Server(process, client)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
