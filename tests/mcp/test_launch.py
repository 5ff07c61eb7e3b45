"""Which command is written down to start the program again, from wherever it was installed."""

import json
from importlib import metadata
from pathlib import Path

import pytest

from claudetask_mcp import launch
from claudetask_mcp.launch import CommandUnusable, Site, Start, given_start, start_of

pytestmark = pytest.mark.boardless

PROGRAM = "claudetask-mcp"


class Installed:
    """A distribution that says where it came from."""

    def __init__(self, url: object) -> None:
        self.url = url

    def __call__(self, _: str) -> "Installed":
        return self

    def read_text(self, _: str) -> str | None:
        return None if self.url is None else json.dumps(self.url)


@pytest.fixture(autouse=True)
def from_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "distribution", Installed(None))


def environment(folder: Path) -> Path:
    """An environment with our script in it."""
    script = folder / "bin" / PROGRAM
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    return script


def test_a_virtual_environment_is_named_by_the_full_path_of_its_script(tmp_path: Path) -> None:
    script = environment(tmp_path / "venv")
    on_path = f"{tmp_path}/venv/bin:/usr/bin"
    for active, path in ((None, "/usr/bin"), (None, on_path), (str(tmp_path / "venv"), on_path)):
        site = Site(tmp_path / "venv", in_environment=True, path=path, active=active)
        assert start_of(site, full_path=False) == Start(str(script), only_here=True)


def test_a_tool_on_the_path_for_good_is_named_by_its_name(tmp_path: Path) -> None:
    """As pipx and `uv tool install` lay it: a link in ~/.local/bin."""
    script = environment(tmp_path / "pipx" / "venvs" / PROGRAM)
    shim = tmp_path / "local" / PROGRAM
    shim.parent.mkdir()
    shim.symlink_to(script)
    site = Site(script.parent.parent, in_environment=True, path=f":{shim.parent}:/usr/bin")
    assert start_of(site, full_path=False) == Start(PROGRAM)
    assert start_of(site, full_path=True) == Start(str(shim), only_here=True)


def test_another_program_of_that_name_on_the_path_is_not_taken_for_ours(tmp_path: Path) -> None:
    script = environment(tmp_path / "venv")
    environment(tmp_path / "other")
    site = Site(tmp_path / "venv", in_environment=True, path=str(tmp_path / "other" / "bin"))
    assert start_of(site, full_path=False).command == str(script)


def test_an_installation_outside_of_any_environment_is_named_by_its_name(tmp_path: Path) -> None:
    environment(tmp_path / "usr")
    site = Site(tmp_path / "usr", in_environment=False, path=str(tmp_path / "usr" / "bin"))
    assert start_of(site, full_path=False) == Start(PROGRAM)


def test_without_a_script_python_starts_the_module(tmp_path: Path) -> None:
    site = Site(tmp_path, in_environment=True, path="/nowhere")
    start = start_of(site, full_path=False)
    assert start.arguments == ("-I", "-m", "claudetask_mcp")
    assert start.command == str(tmp_path / "bin" / "python")
    monkey = Site(tmp_path, in_environment=True, path=str(tmp_path))
    (tmp_path / PROGRAM).touch(mode=0o755)
    assert start_of(monkey, full_path=False).command == start.command


def test_what_uvx_borrowed_is_borrowed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = tmp_path / "cache" / "uv" / "archive-v0" / "abc"
    site = Site(prefix, in_environment=True, path="/nowhere", uv="/opt/uv")
    assert start_of(site, full_path=False) == Start(
        "/opt/uv", ("tool", "run", PROGRAM), only_here=True
    )
    (tmp_path / "uvx").touch(mode=0o755)
    site = Site(prefix, in_environment=True, path=str(tmp_path), uv="/opt/uv")
    assert start_of(site, full_path=False) == Start("uvx", (PROGRAM,))
    monkeypatch.setattr(launch, "distribution", Installed({"url": "file:///d/c.whl"}))
    assert start_of(site, full_path=True).arguments == ("--from", "file:///d/c.whl", PROGRAM)
    vcs = {"url": "https://x/r", "vcs_info": {"vcs": "git", "commit_id": "1f"}}
    monkeypatch.setattr(launch, "distribution", Installed(vcs))
    assert start_of(site, full_path=True).arguments[1] == "git+https://x/r@1f"


def test_what_pipx_borrowed_is_borrowed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(launch, "distribution", missing)
    site = Site(tmp_path / "pipx" / ".cache" / "abc", in_environment=True, path="")
    assert start_of(site, full_path=False) == Start("pipx", ("run", PROGRAM))


def test_a_command_that_a_person_gives_is_taken_apart_like_a_shell_does() -> None:
    assert given_start("uvx 'a b' c") == Start("uvx", ("a b", "c"))
    for line in ("", "  ", "a 'b"):
        with pytest.raises(CommandUnusable):
            given_start(line)
