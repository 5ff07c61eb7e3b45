"""The page's files as the server gives them."""

import re

import pytest
from httpx2 import AsyncClient

from claudetask_api.dashboard import shell

pytestmark = pytest.mark.boardless

SOURCES = {name: file.content.decode() for name, file in shell.files().items()}
MAKES_HTML_OF_TEXT = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "DOMParser",
    "createContextualFragment",
    "setHTMLUnsafe",
    "srcdoc",
)


async def test_the_page_comes_with_a_policy_that_lets_it_load_its_own_alone(
    client: AsyncClient,
) -> None:
    answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert (await client.get("/docs")).status_code == 200


async def test_after_an_upgrade_the_page_is_still_the_one_that_fits_the_server(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "FOLDER", shell.FOLDER / "of_another_version")
    answer = await client.get("/")
    assert (answer.status_code, answer.content) == (200, SOURCES["index.html"].encode())


@pytest.mark.parametrize("name", sorted(shell.files()))
async def test_every_file_is_served_as_what_it_is_and_once_until_it_changes(
    client: AsyncClient, name: str
) -> None:
    answer = await client.get(f"/dashboard/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == shell.KINDS[name[name.rindex(".") :]]
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get(
        f"/dashboard/{name}", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.js", "../shell.py", "%2e%2e/shell.py", "js/../../shell.py", "", "js"]
)
async def test_nothing_but_its_files_can_be_asked_for(client: AsyncClient, name: str) -> None:
    answer = await client.get(f"/dashboard/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "path_not_found"


async def test_a_file_can_only_be_read(client: AsyncClient) -> None:
    assert (await client.head("/dashboard/js/main.js")).status_code == 200
    assert (await client.post("/dashboard/js/main.js")).status_code == 405


def test_the_page_names_no_other_host_and_holds_no_script_or_style_of_its_own() -> None:
    for name, text in SOURCES.items():
        hosts = re.sub(r"http://www\.w3\.org/2000/svg", "", text)
        assert not re.search(r"https?://(?!\))", hosts), name
    page = SOURCES[shell.INDEX]
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)


def test_no_script_makes_html_of_text() -> None:
    for name, text in SOURCES.items():
        assert [one for one in MAKES_HTML_OF_TEXT if one in text] == [], name


def test_every_script_that_another_names_is_there() -> None:
    for name, text in SOURCES.items():
        for target in re.findall(r'(?:from|import\()\s*"\./([\w.]+)"', text):
            assert f"js/{target}" in SOURCES, name


def test_no_script_is_two_things_in_one() -> None:
    assert [name for name, text in SOURCES.items() if len(text.splitlines()) > 300] == []
