"""Where Claude Code keeps what is a user's own, as seen in runs of 2.1.197 and 2.1.332."""

from pathlib import Path

import pytest

from claudetask_core.home import Home, misnamed, moved_to

START = Path("/start")


def test_all_of_it_is_in_the_home_or_in_the_folder_that_is_named(tmp_path: Path) -> None:
    stays, moved = Home(tmp_path), Home(tmp_path, tmp_path / "conf")
    assert (stays.client, stays.state) == (tmp_path / ".claude", tmp_path / ".claude.json")
    assert (moved.client, moved.state) == (tmp_path / "conf", tmp_path / "conf/.claude.json")


def test_the_former_name_of_its_file_counts_before_the_present_one(tmp_path: Path) -> None:
    for home in (Home(tmp_path), Home(tmp_path, tmp_path / "conf")):
        home.client.mkdir()
        former = home.client / ".config.json"
        former.write_text("{}")
        assert home.state == former


def test_links_may_lead_anywhere_in_the_home_or_else_in_the_folder_alone(tmp_path: Path) -> None:
    home, far = tmp_path / "home", tmp_path / "far"
    for folder in (home / ".claude", far):
        folder.mkdir(parents=True)
    (home / "linked").symlink_to(far)
    assert Home(home).base == home
    assert Home(home, home / "conf").base == home
    assert Home(home, far).base == far
    assert Home(home, home / "linked").base == home / "linked"


def test_a_path_is_shown_as_the_user_writes_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "me")
    assert home.shown(home.client / "rules") == "~/.claude/rules"
    assert home.shown(tmp_path / "far") == str(tmp_path / "far")


@pytest.mark.parametrize(
    ("named", "folder"),
    [
        (None, None),
        ("", None),
        ("/far/", Path("/far")),
        ("conf", START / "conf"),
        ("~/conf", START / "~/conf"),
    ],
)
def test_a_name_is_taken_as_it_stands(named: str | None, folder: Path | None) -> None:
    assert moved_to(named, START) == folder


@pytest.mark.parametrize(
    ("named", "word"), [("", "set and empty"), (" ", "from / on"), ("~/c", "~"), ("c", "is c:")]
)
def test_a_name_that_leads_from_each_folder_to_another_place_is_told(named: str, word: str) -> None:
    assert word in str(misnamed(named))


@pytest.mark.parametrize("named", [None, "/far", "/far/../near"])
def test_a_whole_path_or_none_is_no_fault(named: str | None) -> None:
    assert misnamed(named) is None
