import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.schemas.project import ProjectSettingsUpdate


async def test_the_settings_begin_with_the_folder_itself(core: Core, project: Path) -> None:
    settings = await core.project.settings()
    assert (settings.id, settings.project_path, settings.github_repo) == (1, str(project), None)
    assert (settings.claude_config, settings.version) == ("", 1)


async def test_a_change_is_kept_and_announced(core: Core) -> None:
    wanted = ProjectSettingsUpdate(github_repo="owner/name")
    assert (await core.project.update(wanted, "rest")).github_repo == "owner/name"
    assert (await core.project.settings()).version == 2
    assert (await core.events.since(0))[-1].type == "project"
    emptied = await core.project.update(ProjectSettingsUpdate(github_repo=None), "rest")
    assert emptied.github_repo is None


async def test_the_text_of_claude_md_is_shown_and_written(core: Core, project: Path) -> None:
    await core.project.update(ProjectSettingsUpdate(claude_config="# Rules\n"), "rest")
    assert (project / "CLAUDE.md").read_text() == "# Rules\n"
    (project / "CLAUDE.md").write_text("# Others\n")
    assert (await core.project.settings()).claude_config == "# Others\n"


async def test_another_folder_moves_what_is_looked_at_but_not_the_board(
    core: Core, make_project: Callable[[str], Path], settings: Settings, project: Path
) -> None:
    other = make_project("another")
    (other / "CLAUDE.md").write_text("other\n")
    changed = await core.project.update(ProjectSettingsUpdate(project_path=str(other)), "rest")
    assert (changed.project_path, changed.claude_config) == (str(other), "other\n")
    assert changed.board_path == str(project / ".claudetask")
    async with open_core(settings, start=project, home=None) as second:
        assert (await second.claude_md.read()).content == "other\n"
        await second.claude_md.write(ClaudeMdWrite(content="x\n"), "a", require_hash=False)
    assert (other / "CLAUDE.md").read_text() == "x\n"


async def test_sending_the_settings_back_changes_nothing(core: Core, project: Path) -> None:
    before = await core.project.settings()
    same = ProjectSettingsUpdate(project_path=before.project_path, github_repo=before.github_repo)
    assert await core.project.update(same, "rest") == before
    assert await core.events.since(0) == []


async def test_a_folder_that_cannot_be_worked_in_is_refused_with_its_problems(
    core: Core, tmp_path: Path
) -> None:
    with pytest.raises(DomainError) as refusal:
        await core.project.update(ProjectSettingsUpdate(project_path=str(tmp_path / "no")), "rest")
    assert refusal.value.code == "project_path_invalid"
    assert "does not exist" in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("{root}/missing", "does not exist"),
        ("{root}/file", "is a file"),
        ("relative/path", "must be absolute"),
        ("{root}/" + "x" * 300, ""),
        ("{root}/nul\x00byte", "not a usable path"),
        ("~nobody-of-this-name/x", ""),
        ("", "is empty"),
        ("/" + "x" * 5000, "longer than 4,096 characters"),
    ],
)
async def test_what_is_wrong_with_a_path_is_said_in_a_sentence(
    core: Core, tmp_path: Path, path: str, problem: str
) -> None:
    (tmp_path / "file").touch()
    report = await core.project.validate_path(path.replace("{root}", str(tmp_path)))
    assert not report.valid
    assert len(report.problems) == 1
    assert problem in report.problems[0]


async def test_a_good_path_is_described(core: Core, project: Path) -> None:
    (project / ".claude").mkdir()
    (project / ".claude" / "CLAUDE.md").touch()
    report = await core.project.validate_path(f"{project}/../{project.name}")
    assert report.valid
    assert (report.path, report.has_claude_md, report.is_git_repository) == (
        str(project),
        True,
        False,
    )


def refused(_path: Path, _mode: int) -> bool:
    return False


async def test_a_folder_without_rights_is_not_valid(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", refused)  # root never is
    report = await core.project.validate_path(str(tmp_path))
    assert (report.valid, report.readable, report.writable) == (False, False, False)
    assert len(report.problems) == 2


async def test_the_status_gathers_settings_counts_index_and_jobs(core: Core) -> None:
    status = await core.status()
    assert sum(status.counts.values()) == 0
    assert next(iter(status.counts)) == "Backlog"
    assert status.jobs == []
    await core.ready()


async def test_a_claude_md_that_may_not_be_read_does_not_hide_the_settings(
    core: Core, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("secret\n")
    (project / "CLAUDE.md").symlink_to(tmp_path / "secret.md")
    assert (await core.project.settings()).claude_config == ""
    with pytest.raises(DomainError) as refusal:
        await core.project.update(ProjectSettingsUpdate(claude_config="x"), "rest")
    assert refusal.value.code == "outside_project"
    assert (tmp_path / "secret.md").read_text() == "secret\n"


@pytest.mark.parametrize("name", ["project_path", "claude_config"])
def test_a_null_that_would_empty_what_cannot_be_empty_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must not be null"):
        ProjectSettingsUpdate.model_validate({name: None})


@pytest.mark.parametrize(
    "name",
    [
        *("owner/..", "owner/.", "owner/.../", "https://github.com/owner/.."),
        *("owner/" + "n" * 101, "owner/" + "." * 60 + "n" * 60),
    ],
)
def test_dots_alone_or_too_many_characters_are_no_repository(name: str) -> None:
    """As a link it led to the page of somebody or something else."""
    with pytest.raises(ValidationError):
        ProjectSettingsUpdate(github_repo=name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        *[
            (given, "https://github.com/own-er/na.me")
            for given in (
                "https://github.com/own-er/na.me",
                "https://github.com/own-er/na.me/",
                "http://github.com/own-er/na.me",
                "https://www.github.com/own-er/na.me.git",
                "www.github.com/own-er/na.me",
                "github.com/own-er/na.me",
                "git@github.com:own-er/na.me.git",
                "ssh://git@github.com/own-er/na.me.git",
                "git://github.com/own-er/na.me.git",
                " https://GitHub.com/own-er/na.me ",
            )
        ],
        ("owner/name.git", "owner/name"),
        ("owner/name/", "owner/name"),
        ("owner/" + "n" * 100 + ".git", "owner/" + "n" * 100),
    ],
)
def test_any_address_that_github_gives_is_taken_and_kept_in_one_form(given: str, kept: str) -> None:
    assert ProjectSettingsUpdate(github_repo=given).github_repo == kept
    assert ProjectSettingsUpdate(github_repo=kept).github_repo == kept


@pytest.mark.parametrize(
    "name",
    [
        *("git@gitlab.com:owner/name.git", "https://github.com.evil.example/owner/name"),
        *("https://me:secret@github.com/owner/name", "owner/.git", "git@github.com:o/..git"),
        *("https://github.com/owner/name/tree/main", "javascript://github.com/owner/name"),
    ],
)
def test_no_other_address_is_a_repository(name: str) -> None:
    with pytest.raises(ValidationError):
        ProjectSettingsUpdate(github_repo=name)


@pytest.mark.parametrize("name", ["owner/.github", "owner/a..b", "owner/" + "n" * 100])
def test_a_repository_may_have_dots_in_its_name(name: str) -> None:
    assert ProjectSettingsUpdate(github_repo=name).github_repo == name
