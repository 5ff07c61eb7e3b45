"""The project a board serves, its settings, and what a path is good for."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from claudetask_core.schemas.base import OnDisk, ReadModel, Text, WriteModel
from claudetask_core.schemas.claude_md import ClaudeMdContent
from claudetask_core.schemas.forms import GITHUB_REPO
from claudetask_core.schemas.job import Job
from claudetask_core.schemas.search import IndexState
from claudetask_core.schemas.task import Status

LONGEST_PATH: Final = 4096
PathText = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_PATH)]
LONGEST_NAME: Final = 100


def _named_as_github_has_it(repository: str) -> str:
    """`owner/name` as it is, and every address in the one form that a browser shows.

    The pattern lets a name that begins with dots be longer.
    """
    *address, owner, written = re.split("[/:]", repository.rstrip("/"))
    name = written.removesuffix(".git")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a repository's name has at most {LONGEST_NAME} characters")
    if not name.strip("."):
        raise ValueError("a repository's name is more than dots")
    return f"https://github.com/{owner}/{name}" if address else f"{owner}/{name}"


GithubRepo = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=300,
        pattern=GITHUB_REPO,
    ),
    AfterValidator(_named_as_github_has_it),
]


class ProjectSettings(ReadModel):
    """The one row: `claude_config` is CLAUDE.md's text, empty where there is none."""

    id: int
    project_path: OnDisk
    github_repo: str | None
    claude_config: OnDisk
    board_path: OnDisk
    version: int


class ProjectSettingsUpdate(WriteModel):
    project_path: PathText | None = None
    github_repo: GithubRepo | None = None
    claude_config: ClaudeMdContent | None = None

    @model_validator(mode="after")
    def _only_the_repository_may_be_null(self) -> Self:
        for name in self.model_fields_set & {"project_path", "claude_config"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null; leave it out to keep it as it is")
        return self


class PathReport(ReadModel):
    """What stands at a path; `problems` says in sentences why it is not valid."""

    valid: bool
    path: OnDisk
    exists: bool
    is_directory: bool
    readable: bool
    writable: bool
    is_git_repository: bool
    has_claude_md: bool
    problems: list[OnDisk]


class PathQuestion(WriteModel):
    """Any text: what no path can be is not valid either, and the answer says why."""

    path: str


class ProjectStatus(ReadModel):
    settings: ProjectSettings
    counts: dict[Status, int]
    index: IndexState
    jobs: list[Job]
